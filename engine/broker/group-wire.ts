import {requestProblem} from '../group/request-shape.ts'
import type {GroupApi, GroupRequests, GroupResponses} from '../group/requests.ts'
import type {GroupHandler} from './group-desk.ts'
import {GROUP_HANDLERS} from './group-handlers.ts'
import type {Handler, RequestContext} from './handler.ts'

/** First versions in which an API has the shape that its handler knows. */
const MANY_COORDINATORS = 4
const MANY_MEMBERS = 3
const MANY_GROUPS = 8
/** Before this one a member gets its id with its first place in the group. */
const MEMBER_ID_FIRST = 4
/** From here on a group that is not there is told by an error. */
const NO_SUCH_GROUP = 6
const WHOLE_REBALANCE_MS = 1

/** Asks the handler of a group API; what it could not take ends the connection. */
function ask<Api extends GroupApi>(
  api: Api,
  context: RequestContext,
  asked: GroupRequests[Api],
  answer: (response: GroupResponses[Api]) => void,
): void {
  const problem = requestProblem(api, asked, context.from.clientId)
  if (problem !== undefined) context.close(problem)
  else (GROUP_HANDLERS[api] as GroupHandler<Api>)(context, asked, answer)
}

const findCoordinator: Handler<'FindCoordinator'> = (context, {key, keyType, coordinatorKeys}, answer) => {
  const isOne = context.version < MANY_COORDINATORS
  const asked = {keyType, coordinatorKeys: isOne ? [key] : coordinatorKeys}
  ask('FindCoordinator', context, asked, ({coordinators}) => {
    const listening = new Map(context.desk.listeningBrokers().map(({nodeId, port}) => [nodeId, port]))
    const told = coordinators.map(found => {
      const port = listening.get(found.nodeId)
      if (port !== undefined) return {...found, host: context.host, port}
      // one that nobody reaches is as good as none
      const errorCode = found.errorCode === 'NONE' ? 'COORDINATOR_NOT_AVAILABLE' : found.errorCode
      return {...found, errorCode, nodeId: -1, host: '', port: -1}
    })
    answer(isOne ? told[0]! : {coordinators: told})
  })
}

const joinGroup: Handler<'JoinGroup'> = (context, asked, answer) => {
  const {version} = context
  const rebalanceTimeoutMs = version < WHOLE_REBALANCE_MS ? asked.sessionTimeoutMs : asked.rebalanceTimeoutMs
  const whole = {...asked, rebalanceTimeoutMs}
  ask('JoinGroup', context, whole, told => {
    if (version >= MEMBER_ID_FIRST || told.errorCode !== 'MEMBER_ID_REQUIRED') answer(told)
    else ask('JoinGroup', context, {...whole, memberId: told.memberId}, answer)
  })
}

const leaveGroup: Handler<'LeaveGroup'> = (context, asked, answer) => {
  const {groupId, memberId} = asked
  if (context.version >= MANY_MEMBERS) ask('LeaveGroup', context, asked, answer)
  else
    ask('LeaveGroup', context, {groupId, members: [{memberId}]}, ({errorCode, members}) =>
      answer({errorCode: errorCode === 'NONE' ? (members[0]?.errorCode ?? 'NONE') : errorCode}),
    )
}

const offsetFetch: Handler<'OffsetFetch'> = (context, asked, answer) => {
  const {groupId, topics, requireStable} = asked
  if (context.version >= MANY_GROUPS) ask('OffsetFetch', context, asked, answer)
  else ask('OffsetFetch', context, {groups: [{groupId, topics}], requireStable}, ({groups}) => answer(groups[0]!))
}

const describeGroups: Handler<'DescribeGroups'> = (context, asked, answer) =>
  ask('DescribeGroups', context, asked, ({groups}) => {
    const isOld = context.version < NO_SUCH_GROUP
    answer({
      groups: groups.map(group =>
        isOld && group.errorCode === 'GROUP_ID_NOT_FOUND' ? {...group, errorCode: 'NONE'} : group,
      ),
    })
  })

const as =
  <Api extends 'SyncGroup' | 'Heartbeat' | 'OffsetCommit' | 'ListGroups' | 'DeleteGroups' | 'OffsetDelete'>(
    api: Api,
  ): Handler<Api> =>
  (context, asked, answer) =>
    ask(api, context, asked as GroupRequests[Api], answer as (response: GroupResponses[Api]) => void)

/** The handlers of groups, for requests that come over the wire, in the shapes of all their versions. */
export const GROUP_WIRE: {readonly [Api in GroupApi]: Handler<Api>} = {
  FindCoordinator: findCoordinator,
  JoinGroup: joinGroup,
  SyncGroup: as('SyncGroup'),
  Heartbeat: as('Heartbeat'),
  LeaveGroup: leaveGroup,
  OffsetCommit: as('OffsetCommit'),
  OffsetFetch: offsetFetch,
  DescribeGroups: describeGroups,
  ListGroups: as('ListGroups'),
  DeleteGroups: as('DeleteGroups'),
  OffsetDelete: as('OffsetDelete'),
}

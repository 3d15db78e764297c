import type {
  DeleteGroupsResponse,
  DescribeGroupsResponse,
  GroupApi,
  GroupErrorCode,
  GroupRequests,
  GroupResponses,
  OffsetFetchResponse,
} from '../engine/group/requests.ts'

/** A request cut into those for one coordinator each, and how their answers become one. */
export interface Parts<Api extends GroupApi> {
  readonly list: readonly GroupRequests[Api][]
  /** The parts are for broker 1, 2 …, and not for coordinators of groups. */
  readonly toBroker: boolean
  readonly merge: (answers: readonly GroupResponses[Api][]) => GroupResponses[Api]
}

type AnyParts = Parts<GroupApi>

const single = (body: unknown): AnyParts =>
  ({list: [body], toBroker: false, merge: (answers: unknown[]) => answers[0]}) as unknown as AnyParts

/** Groups that are asked about together may have different coordinators; a list of all groups is every broker's. */
export function partsOf<Api extends GroupApi>(api: Api, body: GroupRequests[Api], brokers: number): Parts<Api> {
  return cut(api, body as never, brokers) as unknown as Parts<Api>
}

function cut(
  api: GroupApi,
  body: GroupRequests['OffsetFetch'] & GroupRequests['DescribeGroups'] & GroupRequests['DeleteGroups'],
  brokers: number,
): AnyParts {
  const parts = (list: readonly object[], merge: (answers: never) => unknown, toBroker = false): AnyParts =>
    ({list, toBroker, merge}) as unknown as AnyParts
  switch (api) {
    case 'OffsetFetch':
      return parts(
        (body.groups as GroupRequests['OffsetFetch']['groups']).map(group => ({...body, groups: [group]})),
        (answers: OffsetFetchResponse[]) => ({groups: answers.flatMap(({groups}) => groups)}),
      )
    case 'DescribeGroups':
      return parts(
        (body.groups as readonly string[]).map(group => ({groups: [group]})),
        (answers: DescribeGroupsResponse[]) => ({groups: answers.flatMap(({groups}) => groups)}),
      )
    case 'DeleteGroups':
      return parts(
        body.groupsNames.map(name => ({groupsNames: [name]})),
        (answers: DeleteGroupsResponse[]) => ({results: answers.flatMap(({results}) => results)}),
      )
    case 'ListGroups':
      return parts(
        Array.from({length: brokers}, () => body),
        (answers: GroupResponses['ListGroups'][]) => ({
          errorCode: answers.find(({errorCode}) => errorCode !== 'NONE')?.errorCode ?? 'NONE',
          groups: answers.flatMap(({groups}) => groups),
        }),
        true,
      )
    default:
      return single(body)
  }
}

/** The group whose coordinator a part is for; undefined where no coordinator is needed. */
export function groupIn(api: GroupApi, body: GroupRequests[GroupApi]): string | undefined {
  switch (api) {
    case 'FindCoordinator':
    case 'ListGroups':
      return undefined
    case 'OffsetFetch':
      return (body as GroupRequests['OffsetFetch']).groups[0]!.groupId
    case 'DescribeGroups':
      return (body as GroupRequests['DescribeGroups']).groups[0]!
    case 'DeleteGroups':
      return (body as GroupRequests['DeleteGroups']).groupsNames[0]!
    default:
      return (body as {groupId: string}).groupId
  }
}

/** What an answer says of the coordinator: the codes that stand for the whole of it. */
export function errorsIn(api: GroupApi, response: GroupResponses[GroupApi]): GroupErrorCode[] {
  switch (api) {
    case 'FindCoordinator':
      return (response as GroupResponses['FindCoordinator']).coordinators.map(({errorCode}) => errorCode)
    case 'OffsetFetch':
      return (response as GroupResponses['OffsetFetch']).groups.map(({errorCode}) => errorCode)
    case 'DescribeGroups':
      return (response as GroupResponses['DescribeGroups']).groups.map(({errorCode}) => errorCode)
    case 'DeleteGroups':
      return (response as GroupResponses['DeleteGroups']).results.map(({errorCode}) => errorCode)
    case 'OffsetCommit':
      return (response as GroupResponses['OffsetCommit']).topics.flatMap(({partitions}) =>
        partitions.map(({errorCode}) => errorCode),
      )
    case 'OffsetDelete': {
      const {errorCode, topics} = response as GroupResponses['OffsetDelete']
      return [errorCode, ...topics.flatMap(({partitions}) => partitions.map(each => each.errorCode))]
    }
    default:
      return [(response as {errorCode: GroupErrorCode}).errorCode]
  }
}

import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {GroupBed, REBALANCE_MS, SESSION_MS, subscription} from '../../property-tests/groups/group-bed.ts'
import type {ErrorCode} from '../errors.ts'
import type {GroupApi, GroupRequests, GroupResponses} from '../group/requests.ts'
import type {GroupDesk, GroupHandler} from './group-desk.ts'
import {GROUP_HANDLERS} from './group-handlers.ts'

const JOIN: GroupRequests['JoinGroup'] = {
  ...{groupId: 'g', memberId: '', protocolType: 'consumer', protocols: [{name: 'range', metadata: subscription('t')}]},
  ...{sessionTimeoutMs: SESSION_MS, rebalanceTimeoutMs: REBALANCE_MS},
}

const EXAMPLES: {readonly [Api in GroupApi]: GroupRequests[Api]} = {
  FindCoordinator: {coordinatorKeys: ['g', 'h']},
  JoinGroup: JOIN,
  SyncGroup: {groupId: 'g', memberId: 'm', generationId: 1, assignments: []},
  Heartbeat: {groupId: 'g', memberId: 'm', generationId: 1},
  LeaveGroup: {groupId: 'g', members: [{memberId: 'm'}]},
  OffsetCommit: {groupId: 'g', topics: [{name: 't', partitions: [{partitionIndex: 0, committedOffset: 7}]}]},
  OffsetFetch: {groups: [{groupId: 'g'}]},
  DescribeGroups: {groups: ['g']},
  ListGroups: {},
  DeleteGroups: {groupsNames: ['g']},
  OffsetDelete: {groupId: 'g', topics: []},
}

/** What a handler answers at a broker that has the coordinator of every group, or has none because of `error`. */
function ask<Api extends GroupApi>(
  api: Api,
  asked: Partial<GroupRequests[Api]> = {},
  {bed = new GroupBed(), error}: {bed?: GroupBed; error?: ErrorCode} = {},
): GroupResponses[Api] {
  const desk: GroupDesk = {
    coordinatorOf: () => error ?? bed.coordinator,
    coordinators: () => error ?? [bed.coordinator, bed.coordinator],
    findCoordinator: (groupId, answer) => answer(error ?? groupId.charCodeAt(0)),
  }
  let told: GroupResponses[Api] | undefined
  const from = {clientId: 'c', clientHost: '/h', inProcess: false}
  const handler: GroupHandler<Api> = GROUP_HANDLERS[api]
  handler({desk, from, now: bed.now}, {...EXAMPLES[api], ...asked}, response => {
    told = response
  })
  assert.ok(told, `${api} is answered`)
  return told
}

const codesIn = (response: object): string[] =>
  [...JSON.stringify(response).matchAll(/"errorCode":"([A-Z_]+)"/g)].map(match => match[1]!)

for (const api of Object.keys(EXAMPLES) as GroupApi[])
  test(`${api} at a broker that does not coordinate the group says so`, () => {
    const codes = codesIn(ask(api, {}, {error: 'NOT_COORDINATOR'}))
    assert.ok(codes.length > 0)
    assert.ok(
      codes.every(code => code === 'NOT_COORDINATOR'),
      codes.join(),
    )
  })

for (const api of ['JoinGroup', 'SyncGroup', 'Heartbeat', 'LeaveGroup'] as const)
  test(`${api} takes no group without a name`, () => {
    assert.equal(codesIn(ask(api, {groupId: ''} as never)), ['INVALID_GROUP_ID'])
  })

test('while its coordinator is loaded a member is told to join anew, and that it is there is taken as said', () => {
  const loading = {error: 'COORDINATOR_LOAD_IN_PROGRESS'} as const
  assert.is(ask('SyncGroup', {}, loading).errorCode, 'REBALANCE_IN_PROGRESS')
  assert.is(ask('Heartbeat', {}, loading).errorCode, 'NONE')
})

test('coordinators are found for groups, and for nothing else', () => {
  assert.equal(
    ask('FindCoordinator').coordinators.map(({key, nodeId}) => [key, nodeId]),
    [
      ['g', 103],
      ['h', 104],
    ],
  )
  assert.equal(codesIn(ask('FindCoordinator', {keyType: 1})), ['INVALID_REQUEST', 'INVALID_REQUEST'])
  assert.equal(ask('FindCoordinator', {coordinatorKeys: []}).coordinators, [])
})

test('each reaches the coordinator', () => {
  const bed = new GroupBed()
  const {memberId, errorCode} = ask('JoinGroup', {}, {bed})
  assert.is(errorCode, 'MEMBER_ID_REQUIRED')
  const joined = bed.join({memberId})
  bed.pass(0)
  assert.is(joined.response?.generationId, 1)
  assert.is(ask('SyncGroup', {memberId}, {bed}).errorCode, 'NONE')
  assert.is(ask('Heartbeat', {memberId}, {bed}).errorCode, 'NONE')
  const commit = {memberId, generationIdOrMemberEpoch: 1}
  assert.equal(codesIn(ask('OffsetCommit', commit, {bed})), ['NONE'])
  assert.is(ask('OffsetFetch', {}, {bed}).groups[0]!.topics[0]!.partitions[0]!.committedOffset, 7)
  assert.is(ask('DescribeGroups', {}, {bed}).groups[0]!.groupState, 'Stable')
  assert.equal(
    ask('ListGroups', {}, {bed}).groups.map(({groupId}) => groupId),
    ['g', 'g'],
  )
  assert.equal(codesIn(ask('LeaveGroup', {members: [{memberId}]}, {bed})), ['NONE', 'NONE'])
  assert.is(ask('OffsetDelete', {}, {bed}).errorCode, 'NONE')
  assert.equal(ask('DeleteGroups', {}, {bed}).results, [{groupId: 'g', errorCode: 'NONE'}])
})

test.run()

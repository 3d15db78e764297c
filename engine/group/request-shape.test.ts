import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {requestProblem} from './request-shape.ts'
import type {GroupApi} from './requests.ts'

const MEMBER = {groupId: 'g', memberId: 'm', generationId: 1}
const JOIN = {
  ...MEMBER,
  ...{sessionTimeoutMs: 1000, rebalanceTimeoutMs: 1000, protocolType: 'consumer'},
  protocols: [{name: 'range', metadata: Buffer.from('x')}],
}
const topics = (partition: object): object => ({groupId: 'g', topics: [{name: 't', partitions: [partition]}]})
const ok = {partitionIndex: 0, committedOffset: 2 ** 40}
const LONG = 'x'.repeat(32_768)

const GOOD: readonly (readonly [GroupApi, object])[] = [
  ['FindCoordinator', {coordinatorKeys: ['g']}],
  ['JoinGroup', JOIN],
  ['SyncGroup', {...MEMBER, assignments: [{memberId: 'm', assignment: new Uint8Array(1)}]}],
  ['Heartbeat', {...MEMBER, groupInstanceId: null}],
  ['LeaveGroup', {groupId: 'g', members: [{memberId: 'm'}]}],
  ['OffsetCommit', topics({...ok, committedMetadata: LONG, committedLeaderEpoch: -1})],
  [
    'OffsetFetch',
    {
      groups: [
        {groupId: 'g', topics: [{name: 't', partitionIndexes: [0]}]},
        {groupId: 'h', topics: null},
      ],
    },
  ],
  ['DescribeGroups', {groups: []}],
  ['ListGroups', {}],
  ['DeleteGroups', {groupsNames: ['g']}],
  ['OffsetDelete', topics({partitionIndex: 0})],
]

for (const [api, body] of GOOD)
  test(`${api} is taken as it should be`, () => assert.is(requestProblem(api, body, 'c'), undefined))

for (const [api, body, problem] of [
  ['Heartbeat', undefined, 'Heartbeat is not an object'],
  ['Heartbeat', {...MEMBER, groupId: 7}, 'Heartbeat.groupId is not a string of at most 32767 bytes'],
  ['Heartbeat', {...MEMBER, generationId: 2 ** 31}, 'Heartbeat.generationId is not a whole number of 32 bits'],
  ['Heartbeat', {...MEMBER, groupId: LONG}, 'Heartbeat.groupId is not a string of at most 32767 bytes'],
  ['JoinGroup', {...JOIN, sessionTimeoutMs: Number.NaN}, 'JoinGroup.sessionTimeoutMs is not a number of milliseconds'],
  ['JoinGroup', {...JOIN, rebalanceTimeoutMs: -1}, 'JoinGroup.rebalanceTimeoutMs is not a number of milliseconds'],
  [
    'JoinGroup',
    {...JOIN, groupInstanceId: LONG.slice(0, 32_760)},
    'JoinGroup.groupInstanceId is not a string of at most 32730 bytes',
  ],
  [
    'JoinGroup',
    {...JOIN, protocols: [{name: 'range', metadata: 'text'}]},
    'JoinGroup.protocols[0].metadata is not a Buffer or Uint8Array',
  ],
  [
    'SyncGroup',
    {...MEMBER, assignments: [{memberId: 'm', assignment: {topics: []}}]},
    'SyncGroup.assignments[0].assignment is not a Buffer or Uint8Array',
  ],
  [
    'OffsetCommit',
    topics({...ok, committedOffset: 1.5}),
    'OffsetCommit.topics[0].partitions[0].committedOffset is not a whole number',
  ],
  ['OffsetFetch', {groups: 'g'}, 'OffsetFetch.groups is not an array'],
  ['Produce', {}, 'there is no request Produce'],
  ['toString', {}, 'there is no request toString'],
] as const)
  test(`refused: ${problem}`, () => assert.is(requestProblem(api as GroupApi, body, 'c'), problem))

test('a client id leaves room for what makes it a member id', () => {
  const body = {groups: []}
  assert.is(requestProblem('DescribeGroups', body, LONG), 'clientId is not a string of at most 32730 bytes')
  assert.is(requestProblem('DescribeGroups', body, LONG.slice(0, 32_730)), undefined)
})

test.run()

import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {GroupBed, REBALANCE_MS, SESSION_MS, subscription} from '../../property-tests/groups/group-bed.ts'
import type {ErrorCode} from '../errors.ts'
import type {GroupApi} from '../group/requests.ts'
import {APIS, type WireRequest, type WireResponse} from '../wire/apis.ts'
import {codecOf} from '../wire/codec.ts'
import {WireReader} from '../wire/wire-reader.ts'
import {WireWriter} from '../wire/wire-writer.ts'
import type {BrokerDesk} from './broker-desk.ts'
import {GROUP_WIRE} from './group-wire.ts'
import type {Handler, RequestContext} from './handler.ts'

interface Surroundings {
  readonly bed?: GroupBed
  readonly found?: number | ErrorCode
  readonly clientId?: string
}

const NOT_YET = 'there is no answer yet'

/** What a client gets for what it sends in a version, both as they are on the wire; or why its connection is ended. */
function ask<Api extends GroupApi>(
  api: Api,
  version: number,
  asked: object,
  {bed = new GroupBed(), found = 2, clientId = 'c'}: Surroundings = {},
): WireResponse<Api> | string {
  const desk = {
    coordinatorOf: () => bed.coordinator,
    coordinators: () => [bed.coordinator],
    findCoordinator: (_: string, answer: (found: number | ErrorCode) => void) => answer(found),
    listeningBrokers: () => [{nodeId: 2, port: 9092}],
  } as unknown as BrokerDesk
  let told: object | string | undefined
  const context: RequestContext = {
    desk,
    from: {clientId, clientHost: '/h', inProcess: false},
    now: bed.now,
    version,
    host: 'here',
    answerBytesMax: () => 1000,
    isOpen: () => true,
    close: reason => {
      told = reason
    },
  }
  const request = onWire(api, 'request', version, asked) as WireRequest<Api>
  const handler = GROUP_WIRE[api] as unknown as Handler<Api>
  handler(context, request, response => {
    told = onWire(api, 'response', version, response)
  })
  bed.pass(0)
  return (told ?? NOT_YET) as WireResponse<Api> | string
}

function onWire(api: GroupApi, side: 'request' | 'response', version: number, message: object): object {
  const writer = new WireWriter()
  const codec = codecOf(APIS[api], side, version)
  codec.write(writer, message)
  return codec.read(new WireReader(Buffer.concat(writer.take())))
}

const JOIN = {
  ...{groupId: 'g', memberId: '', protocolType: 'consumer', protocols: [{name: 'range', metadata: subscription('t')}]},
  ...{sessionTimeoutMs: SESSION_MS, rebalanceTimeoutMs: REBALANCE_MS},
}

test('one coordinator is told to old clients, many to new ones, with the address', () => {
  const old = ask('FindCoordinator', 0, {key: 'g'})
  assert.equal(pick(old, 'errorCode', 'nodeId', 'host', 'port'), ['NONE', 2, 'here', 9092])
  const {coordinators} = ask('FindCoordinator', 4, {coordinatorKeys: ['g', 'h']}) as WireResponse<'FindCoordinator'>
  assert.equal(
    coordinators!.map(each => pick(each, 'key', 'errorCode', 'nodeId', 'host', 'port')),
    ['g', 'h'].map(key => [key, 'NONE', 2, 'here', 9092]),
  )
})

test('a coordinator that does not listen is none', () => {
  for (const found of [1, 'COORDINATOR_NOT_AVAILABLE'] as const)
    assert.equal(pick(ask('FindCoordinator', 2, {key: 'g'}, {found}), 'errorCode', 'nodeId', 'port'), [
      ...['COORDINATOR_NOT_AVAILABLE', -1, -1],
    ])
})

test('an old member gets its id with its first place in the group, a new one before', () => {
  const old = ask('JoinGroup', 3, JOIN)
  assert.equal(pick(old, 'errorCode', 'generationId'), ['NONE', 1])
  const first = ask('JoinGroup', 4, JOIN) as WireResponse<'JoinGroup'>
  assert.equal(pick(first, 'errorCode', 'generationId'), ['MEMBER_ID_REQUIRED', -1])
  assert.match(first.memberId, /^c-/)
})

test('the oldest members have their session for a rebalance', () => {
  const bed = new GroupBed()
  ask('JoinGroup', 0, JOIN, {bed})
  assert.is(ask('JoinGroup', 0, JOIN, {bed}), NOT_YET, 'the first one has time to join again')
})

test('who leaves alone is told of itself', () => {
  const bed = new GroupBed()
  assert.is(
    (ask('LeaveGroup', 2, {groupId: 'g', memberId: 'm'}, {bed}) as {errorCode: string}).errorCode,
    'UNKNOWN_MEMBER_ID',
  )
  const {memberId} = ask('JoinGroup', 3, JOIN, {bed}) as WireResponse<'JoinGroup'>
  assert.is((ask('LeaveGroup', 0, {groupId: 'g', memberId}, {bed}) as {errorCode: string}).errorCode, 'NONE')
  const both = ask('LeaveGroup', 3, {groupId: 'g', members: [{memberId}]}, {bed}) as WireResponse<'LeaveGroup'>
  assert.equal([both.errorCode, both.members![0]!.errorCode], ['NONE', 'UNKNOWN_MEMBER_ID'])
})

test('offsets are told of one group to old clients, of many to new ones', () => {
  const bed = new GroupBed()
  const topics = [{name: 't', partitions: [{partitionIndex: 0, committedOffset: 7, committedMetadata: 'x'}]}]
  const commit = {groupId: 'g', generationIdOrMemberEpoch: -1, memberId: '', topics}
  const committed = ask('OffsetCommit', 2, commit, {bed}) as WireResponse<'OffsetCommit'>
  assert.is(committed.topics[0]!.partitions[0]!.errorCode, 'NONE')
  const asked = [{name: 't', partitionIndexes: [0]}]
  const old = ask('OffsetFetch', 1, {groupId: 'g', topics: asked}, {bed}) as WireResponse<'OffsetFetch'>
  assert.is(old.topics![0]!.partitions[0]!.committedOffset, 7)
  const all = ask('OffsetFetch', 7, {groupId: 'g', topics: null}, {bed}) as WireResponse<'OffsetFetch'>
  assert.equal(pick(all.topics![0]!.partitions[0]!, 'committedOffset', 'metadata'), [7, 'x'])
  const many = ask('OffsetFetch', 8, {groups: [{groupId: 'g', topics: null}]}, {bed}) as WireResponse<'OffsetFetch'>
  assert.is(many.groups![0]!.topics[0]!.partitions[0]!.committedOffset, 7)
})

test('a group that is not there is dead to old clients, and an error to new ones', () => {
  for (const [version, code] of [
    [5, 'NONE'],
    [6, 'GROUP_ID_NOT_FOUND'],
  ] as const) {
    const {groups} = ask('DescribeGroups', version, {groups: ['nobody']}) as WireResponse<'DescribeGroups'>
    assert.equal(pick(groups[0]!, 'groupState', 'errorCode'), ['Dead', code])
  }
})

test('what a coordinator could not store ends the connection', () => {
  assert.type(
    ask('Heartbeat', 4, {groupId: 'g', memberId: 'm', generationId: 1}, {clientId: 'x'.repeat(32_767)}),
    'string',
  )
  assert.type(ask('JoinGroup', 5, {...JOIN, groupInstanceId: 'x'.repeat(32_767)}), 'string')
})

test('what has one shape in all versions is passed on', () => {
  const bed = new GroupBed()
  const {memberId, generationId} = ask('JoinGroup', 3, JOIN, {bed}) as WireResponse<'JoinGroup'>
  const member = {groupId: 'g', memberId, generationId}
  assert.equal(pick(ask('SyncGroup', 0, {...member, assignments: []}, {bed}), 'errorCode'), ['NONE'])
  assert.equal(pick(ask('Heartbeat', 0, member, {bed}), 'errorCode'), ['NONE'])
  const listed = ask('ListGroups', 5, {statesFilter: [], typesFilter: []}, {bed}) as WireResponse<'ListGroups'>
  assert.equal(pick(listed.groups[0]!, 'groupId', 'groupState', 'groupType'), ['g', 'Stable', 'classic'])
  const deleted = ask('DeleteGroups', 1, {groupsNames: ['g']}, {bed}) as WireResponse<'DeleteGroups'>
  assert.is(deleted.results[0]!.errorCode, 'NON_EMPTY_GROUP')
  assert.equal(pick(ask('OffsetDelete', 0, {groupId: 'g', topics: []}, {bed}), 'errorCode'), ['NONE'])
})

function pick(message: object | string, ...names: string[]): unknown[] {
  return names.map(name => (message as Record<string, unknown>)[name])
}

test.run()

import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {ClusterMap} from '../engine/cluster/cluster-map.ts'
import {THREAD} from '../engine/cluster/thread-line.ts'
import {OdradekError} from '../engine/errors.ts'
import type {GroupAsk} from '../engine/group/group-letters.ts'
import type {GroupErrorCode, GroupRequests} from '../engine/group/requests.ts'
import {COORDINATORS_FOUND_MAX} from '../engine/limits.ts'
import type {ClusterLink} from './cluster-link.ts'
import {GroupCalls} from './group-calls.ts'

type Sent = GroupAsk & {readonly to: string}

/** Group calls of a thread. Timers go off when the test says, and answers come when it gives them. */
class Bed {
  readonly map = ClusterMap.allocate({coordinators: 1, brokers: 3, hostsABroker: 1})
  readonly sent: Sent[] = []
  readonly calls: GroupCalls
  holds = 0
  nowMs = 0
  #timer: (() => void) | undefined
  readonly #timers = {setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout}

  constructor(...running: readonly number[]) {
    for (const id of running) this.start(id)
    const link = {
      map: this.map,
      thread: 5,
      parking: {hold: () => this.holds++, release: () => this.holds--},
      mailbox: {send: (to: string, body: object) => void this.sent.push({to, ...body} as Sent)},
    }
    this.calls = new GroupCalls(link as unknown as ClusterLink, {threadId: 99, monotonicMs: () => this.nowMs})
    globalThis.setTimeout = ((callback: () => void) => {
      this.#timer = callback
      return 1
    }) as never
    globalThis.clearTimeout = (() => {
      this.#timer = undefined
    }) as never
  }

  [Symbol.dispose](): void {
    Object.assign(globalThis, this.#timers)
  }

  start(id: number): void {
    this.map.broker(id).startAnew(0)
    this.map.broker(id).publishState(THREAD.running)
  }

  end(id: number): void {
    this.map.broker(id).publishEnded(this.map.broker(id).incarnation)
  }

  pass(ms: number): void {
    this.nowMs += ms
    const timer = this.#timer
    this.#timer = undefined
    timer?.()
  }

  /** The last letter that asked for `api`. */
  last(api: string): Sent {
    const sent = this.sent.filter(each => each.api === api).at(-1)
    assert.ok(sent, `${api} was sent`)
    return sent
  }

  async answer({id}: Sent, response: object): Promise<void> {
    this.calls.take({type: 'groupTold', id, response: response as never})
    await turn()
  }

  /** Answers who looks for a coordinator. */
  async find(nodeId: number, errorCode: GroupErrorCode = 'NONE'): Promise<void> {
    await this.answer(this.last('FindCoordinator'), {coordinators: [{key: 'g', nodeId, errorCode, errorMessage: null}]})
  }

  commit(timeoutMs?: number): Promise<unknown> {
    return this.calls.request('OffsetCommit', COMMIT, timeoutMs === undefined ? {} : {timeoutMs})
  }

  sentTo(api: string): string[] {
    return this.sent.filter(each => each.api === api).map(({to}) => to)
  }
}

const COMMIT: GroupRequests['OffsetCommit'] = {groupId: 'g', topics: []}
const committed = (errorCode: GroupErrorCode) => ({
  topics: [{name: 't', partitions: [{partitionIndex: 0, errorCode}]}],
})
const codeOf = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: OdradekError) => error.code)

/** Lets promises settle. */
async function turn(): Promise<void> {
  for (let i = 0; i < 5; i++) await undefined
}

test('the coordinator is looked for once, then asked; the process is kept up until it answers', async () => {
  using bed = new Bed(1, 2)
  const [first, second] = [bed.commit(), bed.calls.request('OffsetCommit', {...COMMIT, memberId: 'm'})]
  assert.equal(bed.sentTo('FindCoordinator'), ['broker-1'])
  await bed.find(2)
  assert.equal([bed.sentTo('OffsetCommit'), bed.holds], [['broker-2', 'broker-2'], 1])
  const {place, thread, clientId, body} = bed.last('OffsetCommit')
  assert.equal([place, thread, clientId, body], [5, 99, 'odradek', {...COMMIT, memberId: 'm'}])
  for (const sent of bed.sent.filter(({api}) => api === 'OffsetCommit')) await bed.answer(sent, committed('NONE'))
  assert.equal([await first, await second], [committed('NONE'), committed('NONE')])
  assert.is(bed.holds, 0)
  void bed.commit()
  assert.is(bed.sentTo('FindCoordinator').length, 1, 'who coordinates is known from before')
})

for (const error of ['NOT_COORDINATOR', 'COORDINATOR_NOT_AVAILABLE', 'COORDINATOR_LOAD_IN_PROGRESS'] as const)
  test(`after ${error} the coordinator is looked for again`, async () => {
    using bed = new Bed(1, 2)
    const commit = bed.commit()
    await bed.find(2)
    await bed.answer(bed.last('OffsetCommit'), committed(error))
    bed.pass(5)
    await bed.find(1)
    assert.equal(bed.sentTo('OffsetCommit'), ['broker-2', 'broker-1'])
    await bed.answer(bed.last('OffsetCommit'), committed('NONE'))
    assert.equal(await commit, committed('NONE'))
  })

test('every other answer is the caller’s', async () => {
  using bed = new Bed(1)
  const beat = bed.calls.request('Heartbeat', {groupId: 'g', generationId: 1, memberId: 'm'})
  await bed.find(1)
  await bed.answer(bed.last('Heartbeat'), {errorCode: 'REBALANCE_IN_PROGRESS'})
  assert.equal(await beat, {errorCode: 'REBALANCE_IN_PROGRESS'})
})

test('while there is no coordinator, and while no broker runs, it is looked for again and again', async () => {
  using bed = new Bed()
  void bed.commit()
  assert.is(bed.sent.length, 0)
  bed.start(3)
  bed.pass(5)
  assert.equal(bed.sentTo('FindCoordinator'), ['broker-3'])
  await bed.find(-1, 'COORDINATOR_NOT_AVAILABLE')
  bed.pass(5)
  assert.is(bed.sentTo('FindCoordinator').length, 2)
  await bed.find(-1, 'INVALID_REQUEST')
  bed.pass(100)
  bed.pass(5)
  assert.is(bed.sentTo('FindCoordinator').length, 3)
})

test('where the broker that was asked dies, or was started anew, it is asked again', async () => {
  using bed = new Bed(1, 2)
  void bed.commit()
  await bed.find(2)
  bed.end(2)
  bed.pass(100)
  await bed.find(1)
  assert.equal(bed.sentTo('OffsetCommit'), ['broker-2', 'broker-1'])
  bed.end(1)
  bed.start(1)
  bed.pass(100)
  await bed.find(1)
  const ids = bed.sent.filter(({api}) => api === 'OffsetCommit').map(({id}) => id)
  assert.equal(ids, [ids[0], ids[0], ids[0]], 'it is the same request')
})

test('a broker that stands still is not waited for when another one coordinates by then', async () => {
  using bed = new Bed(1, 2)
  void bed.commit()
  await bed.find(2)
  for (let i = 0; i < 10; i++) bed.pass(100)
  assert.is(bed.sentTo('FindCoordinator').length, 2)
  await bed.find(2)
  assert.is(bed.sentTo('OffsetCommit').length, 1, 'it is only slow')
  for (let i = 0; i < 10; i++) bed.pass(100)
  await bed.find(1)
  assert.equal(bed.sentTo('OffsetCommit'), ['broker-2', 'broker-1'])
})

test('who looks for a coordinator asks the next broker when the first stands still', async () => {
  using bed = new Bed(1, 2)
  void bed.commit()
  for (let i = 0; i < 11; i++) bed.pass(100)
  assert.equal(bed.sentTo('FindCoordinator'), ['broker-1', 'broker-2'])
})

test('it is given up when its time is over, when its signal says so, and when the cluster closes', async () => {
  using bed = new Bed(1)
  const late = codeOf(bed.commit(50))
  bed.pass(50)
  assert.is(await late, 'REQUEST_TIMED_OUT')
  assert.is(bed.holds, 0, 'nobody looks for a coordinator that nobody asks')
  const controller = new AbortController()
  const aborted = bed.calls.request('OffsetCommit', COMMIT, {signal: controller.signal}).catch(error => error)
  await turn()
  controller.abort(new Error('enough'))
  assert.is((await aborted).message, 'enough')
  assert.is(
    (await bed.calls.request('ListGroups', {}, {signal: controller.signal}).catch(error => error)).message,
    'enough',
  )
  const closed = codeOf(bed.commit())
  await turn()
  bed.calls.close(new OdradekError('LOG_CLOSED'))
  assert.equal([await closed, await codeOf(bed.commit())], ['LOG_CLOSED', 'LOG_CLOSED'])
  assert.is(bed.holds, 0)
})

test('all brokers are asked for their groups; one that is down has none', async () => {
  using bed = new Bed(1, 2)
  const list = bed.calls.request('ListGroups', {statesFilter: ['Stable']})
  assert.equal(bed.sentTo('ListGroups'), ['broker-1', 'broker-2'])
  const group = (groupId: string) => ({groupId, protocolType: '', groupState: 'Stable', groupType: 'classic'})
  const [one, two] = bed.sent as [Sent, Sent]
  await bed.answer(one, {errorCode: 'COORDINATOR_LOAD_IN_PROGRESS', groups: []})
  bed.pass(5)
  await bed.answer(one, {errorCode: 'NONE', groups: [group('a')]})
  await bed.answer(two, {errorCode: 'NONE', groups: [group('b')]})
  assert.equal(await list, {errorCode: 'NONE', groups: [group('a'), group('b')]})
})

test('where a broker ends before it has told its groups, all are asked again: others have them by then', async () => {
  using bed = new Bed(1, 2)
  const list = bed.calls.request('ListGroups', {})
  const [one] = bed.sent as [Sent]
  await bed.answer(one, {errorCode: 'NONE', groups: []})
  bed.end(2)
  bed.pass(100)
  await turn()
  assert.equal(bed.sentTo('ListGroups'), ['broker-1', 'broker-2', 'broker-1'])
  const groups = [{groupId: 'a', protocolType: '', groupState: 'Stable', groupType: 'classic'}]
  await bed.answer(bed.last('ListGroups'), {errorCode: 'NONE', groups})
  assert.equal(await list, {errorCode: 'NONE', groups})
  const tooLate = codeOf(bed.calls.request('ListGroups', {}, {timeoutMs: 150}))
  bed.start(2)
  bed.pass(150)
  assert.is(await tooLate, 'REQUEST_TIMED_OUT')
  assert.is(bed.holds, 0)
})

test('groups that are asked for together may have different coordinators', async () => {
  using bed = new Bed(1, 2)
  const described = bed.calls.request('DescribeGroups', {groups: ['g', 'h']})
  const fetched = bed.calls.request('OffsetFetch', {groups: [{groupId: 'g'}, {groupId: 'h'}]})
  const deleted = bed.calls.request('DeleteGroups', {groupsNames: ['g', 'h']})
  for (const [i, sent] of bed.sent.filter(({api}) => api === 'FindCoordinator').entries())
    await bed.answer(sent, {coordinators: [{key: '', nodeId: i + 1, errorCode: 'NONE', errorMessage: null}]})
  for (const api of ['DescribeGroups', 'OffsetFetch', 'DeleteGroups'])
    assert.equal(bed.sentTo(api), ['broker-1', 'broker-2'])
  for (const sent of bed.sent) {
    if (sent.api === 'DeleteGroups') await bed.answer(sent, {results: [{groupId: sent.to, errorCode: 'NONE'}]})
    else if (sent.api !== 'FindCoordinator') await bed.answer(sent, {groups: [{groupId: sent.to, errorCode: 'NONE'}]})
  }
  const both = ['broker-1', 'broker-2'].map(groupId => ({groupId, errorCode: 'NONE'}))
  assert.equal([await described, await fetched, await deleted], [{groups: both}, {groups: both}, {results: both}])
})

test('a request that makes no sense is refused, here or by a broker', async () => {
  using bed = new Bed(1)
  const asked = {groupId: 'g', members: 'all'} as unknown as GroupRequests['LeaveGroup']
  assert.is(await codeOf(bed.calls.request('LeaveGroup', asked)), 'INVALID_REQUEST')
  assert.is(await codeOf(bed.calls.request('OffsetFetch', undefined as never)), 'INVALID_REQUEST')
  assert.equal([bed.sent, bed.holds], [[], 0])
  const found = codeOf(bed.calls.request('FindCoordinator', {coordinatorKeys: ['g']}))
  bed.calls.take({type: 'groupRefused', id: bed.last('FindCoordinator').id, problem: 'not like that'})
  assert.equal([await found, bed.holds], ['INVALID_REQUEST', 0])
})

test('what a member commits goes one after the other: what is asked again lands before what is newer', async () => {
  using bed = new Bed(1, 2)
  const offsets = (offset: number, memberId = 'm'): GroupRequests['OffsetCommit'] => ({
    ...{groupId: 'g', memberId},
    topics: [{name: 't', partitions: [{partitionIndex: 0, committedOffset: offset}]}],
  })
  const sentOffsets = (): number[] =>
    bed.sent
      .filter(({api}) => api === 'OffsetCommit')
      .map(({body}) => (body as GroupRequests['OffsetCommit']).topics[0]!.partitions[0]!.committedOffset)
  const controller = new AbortController()
  const first = bed.calls.request('OffsetCommit', offsets(1))
  const dropped = bed.calls.request('OffsetCommit', offsets(2), {signal: controller.signal}).catch(() => 'dropped')
  const second = bed.calls.request('OffsetCommit', offsets(3))
  const late = codeOf(bed.calls.request('OffsetCommit', offsets(4), {timeoutMs: 4}))
  const other = bed.calls.request('OffsetCommit', offsets(5, 'n'))
  await bed.find(2)
  assert.equal(sentOffsets(), [1, 5])
  const asked = bed.sent.filter(({api}) => api === 'OffsetCommit')
  await bed.answer(asked[1]!, committed('NONE'))
  await bed.answer(asked[0]!, committed('NOT_COORDINATOR'))
  controller.abort()
  bed.pass(5)
  assert.equal([await dropped, await late], ['dropped', 'REQUEST_TIMED_OUT'])
  await bed.find(1)
  assert.equal(sentOffsets(), [1, 5, 1])
  await bed.answer(bed.last('OffsetCommit'), committed('NONE'))
  assert.equal(sentOffsets(), [1, 5, 1, 3])
  await bed.answer(bed.last('OffsetCommit'), committed('NONE'))
  assert.equal([await first, await second, await other], Array(3).fill(committed('NONE')))
  const closed = [
    codeOf(bed.calls.request('OffsetCommit', offsets(6))),
    codeOf(bed.calls.request('OffsetCommit', offsets(7))),
  ]
  bed.calls.close(new OdradekError('LOG_CLOSED'))
  assert.equal(await Promise.all(closed), ['LOG_CLOSED', 'LOG_CLOSED'])
  assert.equal([sentOffsets(), bed.holds], [[1, 5, 1, 3, 6], 0])
})

test('who waits for his part waits as long as others may take to join', async () => {
  using bed = new Bed(1)
  const body = {groupId: 'g', memberId: 'm', generationId: 1, assignments: []}
  const synced = codeOf(bed.calls.request('SyncGroup', body, {rebalanceTimeoutMs: 1000}))
  await bed.find(1)
  bed.pass(60_999)
  assert.is(bed.holds, 1)
  bed.pass(1)
  assert.is(await synced, 'REQUEST_TIMED_OUT')
})

test('of many groups the coordinators of those that were asked last are known', async () => {
  using bed = new Bed(1)
  for (let i = 0; i <= COORDINATORS_FOUND_MAX; i++) {
    const told = bed.calls.request('OffsetCommit', {groupId: `g${i}`, topics: []})
    await bed.find(1)
    await bed.answer(bed.last('OffsetCommit'), committed('NONE'))
    await told
  }
  const looks = bed.sentTo('FindCoordinator').length
  void bed.calls.request('OffsetCommit', {groupId: `g${COORDINATORS_FOUND_MAX}`, topics: []})
  assert.is(bed.sentTo('FindCoordinator').length, looks)
  void bed.calls.request('OffsetCommit', {groupId: 'g0', topics: []})
  assert.is(bed.sentTo('FindCoordinator').length, looks + 1)
})

test('who listens is told when a group rebalances, until he stops', () => {
  using bed = new Bed(1)
  const told: unknown[] = []
  const stop = bed.calls.onRebalance(rebalance => told.push(rebalance))
  const letter = {type: 'groupRebalance', groupId: 'g', memberId: 'm'} as const
  bed.calls.take(letter)
  stop()
  bed.calls.take(letter)
  assert.equal(told, [{groupId: 'g', memberId: 'm'}])
})

test.run()

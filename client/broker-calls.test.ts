import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {ClusterMap} from '../engine/cluster/cluster-map.ts'
import {THREAD} from '../engine/cluster/thread-line.ts'
import {OdradekError} from '../engine/errors.ts'
import {BrokerCalls, type CallOptions} from './broker-calls.ts'
import type {ClusterLink} from './cluster-link.ts'

/** Calls of a thread, with timers that go off when the test says. */
class Bed {
  readonly map = ClusterMap.allocate({coordinators: 1, brokers: 3, hostsABroker: 1})
  readonly sent: {to: string; id?: number; type?: string}[] = []
  readonly calls: BrokerCalls
  holds = 0
  nowMs = 0
  #timer: (() => void) | undefined

  constructor(...running: readonly number[]) {
    for (const id of running) this.start(id)
    const link = {
      map: this.map,
      parking: {hold: () => this.holds++, release: () => this.holds--},
      mailbox: {send: (to: string, body: object) => void this.sent.push({to, ...body})},
    }
    this.calls = new BrokerCalls(link as unknown as ClusterLink, () => this.nowMs, 60_000)
  }

  start(id: number): void {
    this.map.broker(id).startAnew(0)
    this.map.broker(id).publishState(THREAD.running)
  }

  /** Time passes, and timers go off. */
  pass(ms: number): void {
    this.nowMs += ms
    const timer = this.#timer
    this.#timer = undefined
    timer?.()
  }

  /** Has `act` set its timers here. */
  within<Result>(act: () => Result): Result {
    const {setTimeout, clearTimeout} = globalThis
    globalThis.setTimeout = ((callback: () => void) => {
      this.#timer = () => this.within(callback)
      return 1
    }) as never
    globalThis.clearTimeout = (() => {
      this.#timer = undefined
    }) as never
    try {
      return act()
    } finally {
      globalThis.setTimeout = setTimeout
      globalThis.clearTimeout = clearTimeout
    }
  }

  call(type = 'listTopics', options?: CallOptions): Promise<unknown> {
    return this.within(() => this.calls.call({type}, options))
  }

  tell(id: number, told: object): void {
    this.within(() => this.calls.told({type: 'told', id, ...told}))
  }

  get receivers(): string[] {
    return this.sent.map(({to}) => to)
  }
}

const codeOf = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: OdradekError) => error.code)

test('a call goes to a broker that runs, keeps the process up until it is answered, and is answered once', async () => {
  const bed = new Bed(2, 3)
  bed.map.broker(2).publishEnded(1)
  const call = bed.call()
  assert.equal([bed.receivers, bed.holds], [['broker-3'], 1])
  const {id} = bed.sent[0]!
  bed.tell(id! + 1, {result: 'another'})
  assert.is(bed.holds, 1)
  bed.tell(id!, {result: 'it'})
  bed.tell(id!, {error: 'UNKNOWN_SERVER_ERROR'})
  assert.equal([await call, bed.holds], ['it', 0])
})

test('a refusal rejects with its code and words', async () => {
  const bed = new Bed(1)
  const call = bed.call()
  bed.tell(bed.sent[0]!.id!, {error: 'INVALID_REQUEST', message: 'because'})
  const error = await call.catch(problem => problem)
  assert.ok(error instanceof OdradekError)
  assert.equal([error.code, error.message.includes('because')], ['INVALID_REQUEST', true])
})

test('without an answer the same call goes to the next broker; those that were answered are not made again', async () => {
  const bed = new Bed(1, 2, 3)
  const first = bed.call()
  const second = bed.call()
  assert.is(bed.holds, 2 - 1, 'one hold for all')
  bed.tell(bed.sent[1]!.id!, {result: 2})
  bed.pass(400)
  bed.pass(399)
  bed.pass(1)
  assert.equal(bed.receivers, ['broker-1', 'broker-1', 'broker-2', 'broker-3'])
  assert.equal(new Set(bed.sent.filter((_, i) => i !== 1).map(({id}) => id)).size, 1)
  bed.tell(bed.sent[0]!.id!, {result: 1})
  assert.equal([await first, await second, bed.holds], [1, 2, 0])
})

test('while no broker runs it is looked for one soon', async () => {
  const bed = new Bed()
  const call = bed.call()
  assert.equal(bed.sent, [])
  bed.pass(2)
  assert.equal(bed.sent, [])
  bed.start(2)
  bed.pass(2)
  assert.equal(bed.receivers, ['broker-2'])
  bed.tell(bed.sent[0]!.id!, {result: 'late'})
  assert.is(await call, 'late')
})

test('what nobody answers in time rejects', async () => {
  const bed = new Bed(1)
  const call = codeOf(bed.call('describeCluster', {timeoutMs: 1000}))
  for (let i = 0; i < 3; i++) bed.pass(400)
  assert.is(await call, 'REQUEST_TIMED_OUT')
  assert.is(bed.holds, 0)
})

test('a call that does not say has the time that all have', async () => {
  const bed = new Bed()
  let rejected: unknown
  void codeOf(bed.call()).then(code => {
    rejected = code
  })
  bed.pass(59_999)
  await Promise.resolve()
  assert.is(rejected, undefined)
  bed.pass(2)
  await new Promise(setImmediate)
  assert.is(rejected, 'REQUEST_TIMED_OUT')
})

test('a signal ends a call with its reason, and holds nothing when the call has ended', async () => {
  const bed = new Bed(1)
  const ends = new AbortController()
  const [answered, aborted] = [bed.call('a', {signal: ends.signal}), bed.call('b', {signal: ends.signal})]
  bed.tell(bed.sent[0]!.id!, {result: 'it'})
  const caught = aborted.catch(reason => reason)
  bed.within(() => ends.abort('enough'))
  assert.equal([await answered, await caught, bed.holds], ['it', 'enough', 0])
  bed.tell(bed.sent[1]!.id!, {result: 'late'})
  assert.is(await bed.call('c', {signal: ends.signal}).catch(reason => reason), 'enough')
  assert.equal([bed.sent.length, bed.holds], [2, 0])
})

test('closing fails what is under way and what comes later', async () => {
  const bed = new Bed(1)
  const calls = [bed.call(), bed.call()].map(codeOf)
  bed.within(() => bed.calls.close(new OdradekError('LOG_CLOSED')))
  assert.equal(await Promise.all([...calls, codeOf(bed.call())]), ['LOG_CLOSED', 'LOG_CLOSED', 'LOG_CLOSED'])
  assert.is(bed.holds, 0)
})

test('what needs no answer is told to a broker that runs, or to nobody', () => {
  const bed = new Bed()
  bed.calls.tell({type: 'hello'})
  assert.equal(bed.sent, [])
  bed.start(3)
  bed.calls.tell({type: 'hello'})
  assert.equal(bed.sent, [{to: 'broker-3', type: 'hello'}])
})

test.run()

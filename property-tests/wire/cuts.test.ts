/** T35 without a socket: connections that are cut at any byte of a request or an answer leave nothing held, and no part of a request is ever asked. */
import fc from 'fast-check'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {ANSWER_BYTES_MIN, SMALL_FRAME_BYTES} from '../../engine/limits.ts'
import {APIS, type WireApi} from '../../engine/wire/apis.ts'
import {Connection, type WireAsk} from '../../engine/wire/connection.ts'
import {WireMemory} from '../../engine/wire/wire-memory.ts'
import {runs} from '../runs.ts'
import {frameOf} from './wire-client.ts'

const REQUESTS_MAX = 4 * SMALL_FRAME_BYTES
const ANSWERS_MAX = 8 * ANSWER_BYTES_MIN
const SERVED = new Map(
  (['Produce', 'Fetch', 'Heartbeat'] as const).map((name: WireApi) => [
    APIS[name].key,
    {name, api: APIS[name], versions: APIS[name].versions},
  ]),
)

const produceOf = (id: number, bytes: number): Buffer => {
  const topicData = [{name: 't', partitionData: [{index: 0, records: new Uint8Array(bytes)}]}]
  return frameOf('Produce', 9, id, {acks: -1, timeoutMs: 1000, topicData})
}
const fetchOf = (id: number): Buffer => frameOf('Fetch', 11, id, {})
const heartbeatOf = (id: number): Buffer => frameOf('Heartbeat', 4, id, {groupId: 'g', memberId: 'm'})

const LARGE = 2 * SMALL_FRAME_BYTES

/** Every request that clients of this test send. */
const REQUESTS: readonly Buffer[] = [
  produceOf(1, 50),
  produceOf(2, LARGE),
  // larger than all the room there is: it gets that alone
  produceOf(3, 2 * REQUESTS_MAX),
  fetchOf(4),
  heartbeatOf(5),
]

const FETCHED = {
  responses: [
    {topic: 't', partitions: [{partitionIndex: 0, highWatermark: 1, records: new Uint8Array(3 * ANSWER_BYTES_MIN)}]},
  ],
}
const ANSWERS: Readonly<Record<string, object>> = {Produce: {responses: []}, Fetch: FETCHED, Heartbeat: {}}

/** Sockets of clients, and the broker behind their connections; both do only what the test has them do. */
class Bed {
  readonly memory = new WireMemory({requestsMax: REQUESTS_MAX, answersMax: ANSWERS_MAX})
  readonly clients: Client[] = []
  readonly asks: WireAsk[] = []

  open(): Client {
    const client = new Client(this)
    this.clients.push(client)
    return client
  }

  /** Nothing is held, and nobody waits: there is as much room as before the first one came. */
  assertNothingHeld(): void {
    assert.ok(this.memory.reserve(REQUESTS_MAX), 'room for requests')
    assert.not(this.memory.reserve(1))
    this.memory.release(REQUESTS_MAX)
    assert.is(this.memory.answerBytesMax, new WireMemory({requestsMax: 0, answersMax: ANSWERS_MAX}).answerBytesMax)
    assert.not(this.memory.isTight)
  }
}

class Client {
  readonly connection: Connection
  /** Bytes on their way to the broker, and those that it has not taken as it reads no more. */
  #left: Buffer = Buffer.alloc(0)
  #isPaused = false
  #keepsUp = true
  #unsent = 0
  whole = 0

  constructor(bed: Bed) {
    const client = this
    const port = {
      write(pieces: readonly Uint8Array[]) {
        for (const {length} of client.#keepsUp ? [] : pieces) client.#unsent += length
        return client.#keepsUp
      },
      get unsent() {
        return client.#unsent
      },
      pause: () => void (client.#isPaused = true),
      resume: () => void (client.#isPaused = false),
      close: () => {},
    }
    const ask = (asked: WireAsk): void => {
      client.whole++
      bed.asks.push(asked)
    }
    const broker = {served: (key: number) => SERVED.get(key), ask}
    this.connection = new Connection({port, broker, memory: bed.memory}, {idleMs: 1e9}, 0)
  }

  send(bytes: Uint8Array): void {
    this.#left = Buffer.concat([this.#left, bytes])
  }

  /** So many of its bytes reach the broker, where that reads. */
  arrive(count: number): void {
    if (this.#isPaused || this.connection.isClosed) return
    this.connection.take(this.#left.subarray(0, count), 0)
    this.#left = this.#left.subarray(count)
  }

  stall(): void {
    this.#keepsUp = false
  }

  catchUp(): void {
    this.#keepsUp = true
    this.#unsent = 0
    this.connection.drained(0)
  }
}

test('a request that is cut at any byte is asked only if it was whole, and leaves nothing held', () => {
  for (const request of REQUESTS) {
    // of a large one every byte of its head, and of its end
    const cuts = Array.from({length: request.length + 1}, (_, i) => i)
    for (const cut of cuts.filter(at => at < 200 || at > request.length - 50)) {
      const bed = new Bed()
      const client = bed.open()
      client.send(request.subarray(0, cut))
      client.arrive(cut)
      client.connection.close('the client has gone')
      assert.is(client.whole, cut === request.length ? 1 : 0, `cut at ${cut} of ${request.length}`)
      bed.assertNothingHeld()
      // it is answered into nothing
      for (const {name, answer, isOpen} of bed.asks) {
        assert.not(isOpen())
        answer(ANSWERS[name]!)
      }
      bed.assertNothingHeld()
    }
  }
})

type Step =
  | {readonly type: 'open'}
  | {readonly type: 'send'; readonly request: number}
  | {readonly type: 'arrive'; readonly count: number}
  | {readonly type: 'answer'}
  | {readonly type: 'stall' | 'catchUp' | 'cut'}

const anyStep: fc.Arbitrary<readonly [number, Step]> = fc.tuple(
  fc.nat({max: 5}),
  fc.oneof(
    {weight: 1, arbitrary: fc.constant<Step>({type: 'open'})},
    {
      weight: 3,
      arbitrary: fc.record({type: fc.constant('send' as const), request: fc.nat({max: REQUESTS.length - 1})}),
    },
    {weight: 4, arbitrary: fc.record({type: fc.constant('arrive' as const), count: anyCount()})},
    {weight: 3, arbitrary: fc.constant<Step>({type: 'answer'})},
    {weight: 2, arbitrary: fc.record({type: fc.constantFrom('stall' as const, 'catchUp' as const, 'cut' as const)})},
  ),
)

function anyCount(): fc.Arbitrary<number> {
  return fc.oneof(fc.nat({max: 100}), fc.nat({max: LARGE}), fc.constant(10 * REQUESTS_MAX))
}

function apply(bed: Bed, at: number, step: Step): void {
  const client = bed.clients[at % bed.clients.length]!
  if (step.type === 'open') bed.open()
  else if (step.type === 'send') client.send(REQUESTS[step.request]!)
  else if (step.type === 'arrive') client.arrive(step.count)
  else if (step.type === 'stall') client.stall()
  else if (step.type === 'catchUp') client.catchUp()
  else if (step.type === 'cut') client.connection.close('the client has gone')
  else {
    const [ask] = bed.asks.splice(at % (bed.asks.length || 1), 1)
    ask?.answer(ANSWERS[ask.name]!)
  }
}

test('whatever is cut and when: what was held is free, and who is not cut has all requests asked', () => {
  fc.assert(
    fc.property(fc.array(anyStep, {minLength: 1, maxLength: 60}), steps => {
      const bed = new Bed()
      bed.open()
      for (const [at, step] of steps) apply(bed, at, step)
      // who came last is the one that is left; the others go, and then nothing is in its way
      const last = bed.open()
      for (const client of bed.clients) if (client !== last) client.connection.close('the client has gone')
      for (const request of REQUESTS) last.send(request)
      while (last.whole < REQUESTS.length) {
        const before = last.whole
        last.arrive(10 * REQUESTS_MAX)
        for (const {name, answer} of bed.asks.splice(0)) answer(ANSWERS[name]!)
        assert.ok(last.whole > before, 'it goes on')
      }
      for (const {name, answer} of bed.asks.splice(0)) answer(ANSWERS[name]!)
      bed.assertNothingHeld()
    }),
    runs(100),
  )
})

test.run()

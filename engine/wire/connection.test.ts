import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {FRAME_BYTES_MAX, PRODUCE_FRAME_BYTES_MAX, SMALL_FRAME_BYTES} from '../limits.ts'
import {APIS, type WireApi} from './apis.ts'
import {codecOf} from './codec.ts'
import {Connection, type WireAsk} from './connection.ts'
import {WireMemory} from './wire-memory.ts'
import {WireWriter} from './wire-writer.ts'

const SERVED: readonly WireApi[] = ['Produce', 'Fetch', 'ApiVersions', 'JoinGroup', 'Heartbeat', 'DeleteGroups']
const IDLE_MS = 600_000

/** A connection between a socket and a broker that this test plays. */
class Bed {
  readonly asks: WireAsk[] = []
  readonly sent: Buffer[] = []
  closed: string | undefined
  isPaused = false
  /** Whether the client takes what is sent. */
  keepsUp = true
  unsent = 0
  /** Of what was written last. */
  onSent: (() => void) | undefined
  nowMs = 0
  readonly memory: WireMemory
  readonly connection: Connection

  constructor(memory = new WireMemory({requestsMax: 1_000_000, answersMax: 1_000_000})) {
    this.memory = memory
    const bed = this
    const port = {
      write(pieces: readonly Uint8Array[], sent: (() => void) | undefined) {
        bed.onSent = sent
        bed.sent.push(Buffer.concat(pieces))
        if (!bed.keepsUp) bed.unsent += Buffer.concat(pieces).length
        return bed.keepsUp
      },
      get unsent() {
        return bed.unsent
      },
      pause: () => void (bed.isPaused = true),
      resume: () => void (bed.isPaused = false),
      close: (reason: string) => void (bed.closed = reason),
    }
    const served = new Map(SERVED.map(name => [APIS[name].key, {name, api: APIS[name], versions: APIS[name].versions}]))
    const broker = {served: (key: number) => served.get(key), ask: (ask: WireAsk) => void bed.asks.push(ask)}
    this.connection = new Connection({port, broker, memory}, {idleMs: IDLE_MS}, 0)
  }

  take(...bytes: Uint8Array[]): void {
    for (const each of bytes) this.connection.take(each, this.nowMs)
  }

  tick(ms: number): void {
    this.nowMs += ms
    this.connection.tick(this.nowMs)
  }

  /** The client takes all that was sent. */
  drain(): void {
    this.unsent = 0
    this.connection.drained(this.nowMs)
  }

  /** Correlation ids of what was sent. */
  get told(): number[] {
    return this.sent.map(frame => frame.readInt32BE(4))
  }
}

/** A request as it goes over the wire. */
function request(name: WireApi, version: number, correlationId: number, body: object = {}): Buffer {
  const api = APIS[name]
  const writer = new WireWriter()
  writer.int32(0)
  writer.int16(api.key)
  writer.int16(version)
  writer.int32(correlationId)
  writer.string('me', (inner, length) => inner.int16(length))
  if (version >= api.flexible) writer.varint(0)
  codecOf(api, 'request', version).write(writer, body)
  return Buffer.concat(writer.takeFrame())
}

const heartbeat = (correlationId: number, version = 4): Buffer =>
  request('Heartbeat', version, correlationId, {groupId: 'g', generationId: 7, memberId: 'm'})

/** The beginning of a frame of any length. */
function beginning(length: number, key: number, version = 0): Buffer {
  const head = Buffer.alloc(8)
  head.writeInt32BE(length)
  head.writeInt16BE(key, 4)
  head.writeInt16BE(version, 6)
  return head
}

test('a request reaches the broker, and its answer the client', () => {
  const bed = new Bed()
  bed.take(heartbeat(77))
  const [{name, version, clientId, body, answer, isOpen}] = bed.asks as [WireAsk]
  assert.equal([name, version, clientId, isOpen()], ['Heartbeat', 4, 'me', true])
  assert.equal(body, {groupId: 'g', generationId: 7, memberId: 'm', groupInstanceId: null})
  answer({errorCode: 'REBALANCE_IN_PROGRESS'})
  // length, correlation id, tags of the header, throttle time, error, tags
  assert.is(bed.sent[0]!.toString('hex'), '0000000c' + '0000004d' + '00' + '00000000' + '001b' + '00')
})

test('requests are handled one at a time, in their order', () => {
  const bed = new Bed()
  bed.take(Buffer.concat([heartbeat(1, 0), heartbeat(2, 3), heartbeat(3)]))
  for (const count of [1, 2, 3]) {
    assert.is(bed.asks.length, count)
    bed.asks[count - 1]!.answer({errorCode: 'NONE'})
  }
  assert.equal(bed.told, [1, 2, 3])
})

test('very many requests at once, answered at once, go one after the other', () => {
  const memory = new WireMemory({requestsMax: 1, answersMax: 1})
  const sent: number[] = []
  const broker = {
    served: () => ({name: 'Heartbeat', api: APIS.Heartbeat, versions: [0, 4]}) as const,
    ask: ({answer}: WireAsk) => answer({errorCode: 'NONE'}),
  }
  const port = {write: () => sent.push(1) > 0, unsent: 0, pause() {}, resume() {}, close() {}}
  const connection = new Connection({port, broker, memory}, {idleMs: IDLE_MS}, 0)
  connection.take(Buffer.concat(Array.from({length: 20_000}, (_, i) => heartbeat(i))), 0)
  assert.is(sent.length, 20_000)
})

test('the versions of an unknown version of ApiVersions are told in its oldest form', () => {
  const bed = new Bed()
  bed.take(Buffer.from('0000000c' + '0012' + '0063' + '00000005' + 'ffff' + '0000', 'hex'), heartbeat(6))
  assert.is(bed.sent[0]!.toString('hex'), '00000010' + '00000005' + '0023' + '00000001' + '0012' + '0000' + '0004')
  assert.is(bed.asks.length, 1, 'and the connection goes on')
})

test('the header of an answer to ApiVersions has no tags in any version', () => {
  const bed = new Bed()
  bed.take(request('ApiVersions', 4, 9, {clientSoftwareName: 'a', clientSoftwareVersion: 'b'}))
  bed.asks[0]!.answer({errorCode: 'NONE', apiKeys: []})
  // correlation id, error, no entries, throttle time, tags
  assert.is(bed.sent[0]!.subarray(4).toString('hex'), '00000009' + '0000' + '01' + '00000000' + '00')
})

const NONSENSE: readonly [string, Uint8Array][] = [
  ['a client that speaks TLS', Buffer.from('16030100f1010000ed0303', 'hex')],
  ['a browser', Buffer.from('GET / HTTP/1.1\r\n')],
  ['a frame of no length', beginning(0, 0)],
  ['a frame of a negative length', beginning(-1, 0)],
  ['a produce request that is larger than there are', beginning(PRODUCE_FRAME_BYTES_MAX + 1, 0, 3)],
  ['another request that is larger than there are', beginning(FRAME_BYTES_MAX + 1, 12)],
  ['an API that is not served', beginning(100, 4)],
  ['an API that nobody knows', beginning(100, 9999)],
  ['a version that is too new', beginning(100, 12, 5)],
  ['a version that is too old', beginning(100, 0, 2)],
  ['a body that ends too soon', Buffer.from('0000000a' + '000c' + '0000' + '00000001' + 'ffff', 'hex')],
]
for (const [what, bytes] of NONSENSE)
  test(`${what} is sent away at once`, () => {
    const bed = new Bed()
    bed.take(bytes)
    assert.type(bed.closed, 'string')
    assert.equal([bed.asks.length, bed.sent.length], [0, 0])
    bed.take(heartbeat(1))
    assert.is(bed.asks.length, 0)
  })

test('what was well asked before is answered, nonsense behind it is not', () => {
  const bed = new Bed()
  bed.take(Buffer.concat([heartbeat(1), Buffer.from('GET / HTTP/1.1')]))
  assert.is(bed.closed, undefined)
  bed.asks[0]!.answer({errorCode: 'NONE'})
  assert.equal(bed.told, [1])
  assert.type(bed.closed, 'string')
})

test('a produce request with acks=0 is not answered, and ends the connection where it was refused', () => {
  const bed = new Bed()
  const answer = (errorCode: string) => ({
    responses: [{name: 't', partitionResponses: [{index: 0, errorCode, baseOffset: 0}]}],
  })
  for (const id of [1, 2, 3]) bed.take(request('Produce', 9, id, {acks: 0, timeoutMs: 1, topicData: []}))
  bed.asks[0]!.answer(answer('NONE'))
  assert.equal([bed.sent.length, bed.asks.length, bed.closed], [0, 2, undefined])
  bed.asks[1]!.answer(answer('NOT_LEADER_OR_FOLLOWER'))
  assert.type(bed.closed, 'string')
  assert.is(bed.asks.length, 2)
})

test('with acks=1 what was refused is told', () => {
  const bed = new Bed()
  bed.take(request('Produce', 9, 1, {acks: 1, timeoutMs: 1, topicData: []}))
  bed.asks[0]!.answer({
    responses: [{name: 't', partitionResponses: [{index: 0, errorCode: 'INVALID_RECORD', baseOffset: -1}]}],
  })
  assert.is(bed.sent.length, 1)
  assert.is(bed.closed, undefined)
})

test('while a request is handled only a little more is taken', () => {
  const bed = new Bed()
  bed.take(heartbeat(1), heartbeat(2))
  assert.not(bed.isPaused)
  const large = request('DeleteGroups', 2, 3, {
    groupsNames: ['x'.repeat(30_000), 'y'.repeat(30_000), 'z'.repeat(30_000)],
  })
  bed.take(large.subarray(0, SMALL_FRAME_BYTES))
  assert.ok(bed.isPaused)
  bed.asks[0]!.answer({errorCode: 'NONE'})
  assert.ok(bed.isPaused)
  bed.asks[1]!.answer({errorCode: 'NONE'})
  assert.not(bed.isPaused, 'the next request is not there as a whole')
  bed.take(large.subarray(SMALL_FRAME_BYTES))
  assert.is(bed.asks.length, 3)
})

test('the next request waits until the client has taken the answer', () => {
  const bed = new Bed()
  bed.take(heartbeat(1), heartbeat(2))
  bed.keepsUp = false
  bed.asks[0]!.answer({errorCode: 'NONE'})
  assert.is(bed.asks.length, 1)
  bed.drain()
  assert.is(bed.asks.length, 2)
})

test('a large request waits for room, and gets it when another one is answered', () => {
  const memory = new WireMemory({requestsMax: 150_000, answersMax: 1_000_000})
  const [first, second] = [new Bed(memory), new Bed(memory)]
  const large = request('DeleteGroups', 2, 1, {groupsNames: Array.from({length: 4}, () => 'x'.repeat(25_000))})
  first.take(large)
  second.take(large.subarray(0, 100))
  assert.ok(second.isPaused)
  assert.is(second.asks.length, 0)
  first.asks[0]!.answer({results: []})
  assert.not(second.isPaused)
  second.take(large.subarray(100))
  assert.is(second.asks.length, 1)
})

test('room that a client held is free when it goes', () => {
  const memory = new WireMemory({requestsMax: 150_000, answersMax: 1_000_000})
  const beds = [new Bed(memory), new Bed(memory), new Bed(memory)]
  const large = beginning(140_000, 42, 2)
  for (const bed of beds) bed.take(large)
  assert.equal(
    beds.map(bed => bed.isPaused),
    [false, true, true],
  )
  beds[1]!.connection.close('it went while it waited')
  beds[0]!.connection.close('it went')
  assert.not(beds[2]!.isPaused)
})

test('with too many answers that nobody takes, nobody gets records; all else goes on', () => {
  const memory = new WireMemory({requestsMax: 1_000_000, answersMax: 10})
  const [first, second] = [new Bed(memory), new Bed(memory)]
  first.keepsUp = false
  first.take(heartbeat(1))
  first.asks[0]!.answer({errorCode: 'NONE'})
  second.take(heartbeat(1))
  second.asks[0]!.answer({errorCode: 'NONE'})
  second.take(request('Fetch', 11, 2, {maxWaitMs: 1, minBytes: 1, topics: []}))
  assert.is(second.asks.length, 1)
  first.drain()
  assert.is(second.asks.length, 2)
})

test('the less room there is for answers, the smaller they may be', () => {
  const memory = new WireMemory({requestsMax: 1, answersMax: 100 * 1024 * 1024})
  const sizes = [0, 60, 30, 9.9, 0.1].map(mib => {
    memory.holdAnswer(mib * 1024 * 1024)
    return [memory.answerBytesMax / 1024 / 1024, memory.isTight]
  })
  assert.equal(sizes, [
    ...[
      [25, false],
      [10, true],
    ],
    ...[
      [2.5, true],
      [1, true],
      [0, true],
    ],
  ])
})

test('while there is little room, who takes nothing is sent away soon', () => {
  const bed = new Bed(new WireMemory({requestsMax: 1, answersMax: 10}))
  bed.keepsUp = false
  bed.take(heartbeat(1))
  bed.asks[0]!.answer({errorCode: 'NONE'})
  bed.tick(1000)
  bed.tick(2999)
  assert.is(bed.closed, undefined)
  bed.tick(1)
  assert.type(bed.closed, 'string')
})

test('who answers learns when that is sent', () => {
  const bed = new Bed()
  let sent = 0
  bed.take(heartbeat(1), heartbeat(2))
  bed.asks[0]!.answer({errorCode: 'NONE'}, () => sent++)
  assert.is(sent, 0)
  bed.onSent!()
  assert.is(sent, 1)
  bed.asks[1]!.answer({errorCode: 'NONE'})
  assert.is(bed.onSent, undefined)
})

test('what a produce request views stays until it is answered; what others view is theirs', () => {
  const bed = new Bed()
  const produce = (byte: number) =>
    request('Produce', 9, byte, {
      ...{acks: 1, timeoutMs: 1},
      topicData: [{name: 't', partitionData: [{index: 0, records: Buffer.alloc(1000, byte)}]}],
    })
  const join = (byte: number) =>
    request('JoinGroup', 5, byte, {
      ...{groupId: 'g', sessionTimeoutMs: 1, rebalanceTimeoutMs: 1, memberId: '', protocolType: 'p'},
      protocols: [{name: 'n', metadata: Buffer.alloc(1000, byte)}],
    })
  const viewed = (ask: WireAsk): Uint8Array =>
    ask.name === 'Produce'
      ? (ask.body as {topicData: {partitionData: {records: Uint8Array}[]}[]}).topicData[0]!.partitionData[0]!.records
      : (ask.body as {protocols: {metadata: Uint8Array}[]}).protocols[0]!.metadata
  bed.take(join(1), produce(2))
  bed.asks[0]!.answer({errorCode: 'NONE', members: []})
  bed.take(produce(3), join(4))
  assert.ok(viewed(bed.asks[1]!).every(byte => byte === 2))
  bed.asks[1]!.answer({responses: []})
  bed.take(produce(5))
  assert.ok(viewed(bed.asks[2]!).every(byte => byte === 3))
  bed.asks[2]!.answer({responses: []})
  bed.take(produce(6))
  assert.is(viewed(bed.asks[1]!).buffer, viewed(bed.asks[2]!).buffer)
  for (const i of [0, 3]) assert.ok(viewed(bed.asks[i]!).every(byte => byte === i + 1))
})

test('an answer to a client that has gone is nobody’s', () => {
  const bed = new Bed()
  bed.take(heartbeat(1), heartbeat(2))
  bed.connection.close('it went')
  assert.not(bed.asks[0]!.isOpen())
  bed.asks[0]!.answer({errorCode: 'NONE'})
  assert.equal([bed.sent.length, bed.asks.length], [0, 1])
})

test('a handler can end the connection', () => {
  const bed = new Bed()
  bed.take(heartbeat(1), heartbeat(2))
  bed.asks[0]!.close('no')
  assert.is(bed.closed, 'no')
  assert.is(bed.asks.length, 1)
})

test('a client that asks nothing is sent away, one that waits for its answer is not', () => {
  const bed = new Bed()
  bed.take(heartbeat(1))
  bed.tick(IDLE_MS)
  bed.tick(IDLE_MS)
  bed.asks[0]!.answer({errorCode: 'NONE'})
  bed.tick(IDLE_MS - 1)
  assert.is(bed.closed, undefined)
  bed.tick(1)
  assert.type(bed.closed, 'string')
})

test('a frame is to be there in its time, however slowly it comes', () => {
  const bed = new Bed()
  bed.take(beginning(1000, 12))
  for (let i = 0; i < 29; i++) {
    bed.tick(1000)
    bed.take(Buffer.from('x'))
  }
  assert.is(bed.closed, undefined)
  bed.tick(1000)
  assert.is(bed.closed, undefined, 'it has some time more for what it is long')
  bed.tick(1000)
  assert.type(bed.closed, 'string')
})

test('who takes nothing of an answer for a minute is sent away, who takes a little is not', () => {
  const bed = new Bed()
  bed.keepsUp = false
  bed.take(heartbeat(1))
  bed.asks[0]!.answer({errorCode: 'NONE'})
  bed.tick(1000)
  for (let i = 0; i < 5; i++) {
    bed.unsent--
    bed.tick(59_000)
  }
  assert.is(bed.closed, undefined)
  bed.tick(60_000)
  assert.type(bed.closed, 'string')
})

test.run()

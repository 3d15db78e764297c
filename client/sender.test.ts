import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {crc32c} from '../engine/bytes/crc32c.ts'
import {LogMap} from '../engine/cluster/log-map.ts'
import {STATE} from '../engine/cluster/replica-line.ts'
import {errorNumber, OdradekError} from '../engine/errors.ts'
import {BATCHES_A_RING, PIPELINED, SLOTS_MIN} from '../engine/limits.ts'
import {allocateInbox, InboxReceiver, InboxSender, REQUEST, type Reply} from '../engine/memory/inbox.ts'
import {BATCH} from '../engine/record/record-batch.ts'
import {Parking} from './parking.ts'
import {Sender, type SenderOptions} from './sender.ts'

/** A sender and, in the same thread, the hands of the replica at the other end of its inbox. */
class Bench {
  readonly map = new LogMap()
  readonly thread = this.map.threads.claim(0)
  readonly failures: OdradekError[] = []
  readonly sender: Sender
  readonly #receiver: InboxReceiver
  /** Of each batch that was answered, whether it had its CRC. */
  readonly sealed: boolean[] = []
  held = false
  nextOffset = 0

  constructor(options: Partial<SenderOptions> = {}) {
    const memory = allocateInbox(SLOTS_MIN)
    this.#receiver = new InboxReceiver(memory)
    const keepAlive = {
      ref: () => {
        this.held = true
      },
      unref: () => {
        this.held = false
      },
      close: () => {},
    }
    const parking = new Parking(this.map.threads.doorbell(this.thread), keepAlive)
    this.sender = new Sender(
      {map: this.map, thread: this.thread, parking, dir: '/dir', deathCause: () => undefined},
      new InboxSender(memory),
      {maxBatchBytes: 1_048_588, bufferMemory: 1e6, crc32c, holdsUntilSynced: false, ...options},
      error => this.failures.push(error),
    )
  }

  add(value: string, told?: (outcome: Reply | OdradekError) => void): number {
    return this.sender.add(null, value, 1, [], told)
  }

  /** Takes up to `most` requests as the replica thread does, and answers them. Returns the records each batch had, -1 for other requests. */
  answer({most = Number.POSITIVE_INFINITY, status = 0} = {}): number[] {
    const taken: number[] = []
    for (let slot = -1; taken.length < most && (slot = this.#receiver.take()) >= 0; ) {
      const isBatch = this.#receiver.kind(slot) === REQUEST.append
      const bytes = this.#receiver.bytes(slot)
      const count = isBatch ? new DataView(bytes.buffer, bytes.byteOffset).getInt32(BATCH.recordCount) : -1
      if (isBatch) this.sealed.push(new DataView(bytes.buffer, bytes.byteOffset).getUint32(BATCH.crc) !== 0)
      this.#receiver.reply(slot, {status, baseOffset: this.nextOffset, timestamp: 7})
      this.nextOffset += Math.max(0, count)
      taken.push(count)
    }
    return taken
  }

  /** Sends as many turns' batches, of a record each, as may be on their way. */
  fillPipe(): void {
    for (let sent = 0; sent < PIPELINED; sent++) {
      this.add('a')
      this.sender.endTurn()
    }
  }
}

const codes = (outcomes: readonly (Reply | OdradekError)[]): string[] =>
  outcomes.map(outcome => (outcome instanceof OdradekError ? outcome.code : `at ${outcome.baseOffset}`))

test('records share a batch until it is closed; whoever watches it is told once', () => {
  const bench = new Bench()
  const told: (Reply | OdradekError)[] = []
  assert.equal([bench.add('a'), bench.add('b'), bench.add('c')], [0, 1, 2])
  bench.sender.whenSettled(outcome => told.push({...(outcome as Reply)}))
  assert.is(bench.sender.openCount, 3)
  assert.not(bench.held)
  bench.sender.closeBatch()
  bench.sender.closeBatch()
  assert.ok(bench.held)
  assert.ok(bench.sender.isPending)
  bench.sender.reap()
  assert.equal(told, [])
  assert.equal(bench.answer(), [3])
  bench.sender.reap()
  assert.equal(told, [{status: 0, baseOffset: 0, timestamp: 7}])
  assert.not(bench.held)
  assert.not(bench.sender.isPending)
})

test('a full batch goes out by itself, a large record alone and behind what is open', () => {
  const bench = new Bench()
  const told: string[] = []
  bench.add('x'.repeat(40_000))
  assert.is(bench.add('y'.repeat(40_000)), 0)
  assert.is(
    bench.add('z'.repeat(90_000), outcome => told.push(...codes([outcome]))),
    -1,
  )
  bench.add('after')
  bench.sender.request(REQUEST.flush, 0, outcome => told.push(...codes([outcome])))
  assert.equal(bench.answer(), [1, 1, 1, 1, -1])
  bench.sender.reap()
  assert.equal(told, ['at 2', 'at 4'])
})

/** A full batch each but the last, which is open. */
function addFull(bench: Bench, batches: number): void {
  for (let i = 0; i < batches; i++) bench.add('x'.repeat(40_000))
}

test('in the middle of a turn the replica thread is woken for the first full batch, then for some at a time, and at the end', () => {
  const bench = new Bench()
  const before = bench.map.doorbell.count()
  const rings = (): number => bench.map.doorbell.count() - before
  addFull(bench, 2)
  assert.is(rings(), 1)
  addFull(bench, BATCHES_A_RING - 1)
  assert.is(rings(), 1)
  addFull(bench, 1)
  assert.is(rings(), 2)
  addFull(bench, 1)
  assert.is(rings(), 2)
  bench.sender.endTurn()
  assert.is(rings(), 3)
  assert.is(bench.answer().length, BATCHES_A_RING + 2)
  bench.sender.closeBatch()
  assert.is(rings(), 4)
})

test('whatever waits for an answer is rung for at once, with what was submitted before', () => {
  for (const ask of [
    (bench: Bench) => bench.sender.closeBatch(),
    (bench: Bench) => bench.sender.request(REQUEST.flush, 0, () => {}),
    (bench: Bench) => bench.add('z'.repeat(90_000)),
  ]) {
    const bench = new Bench()
    addFull(bench, 3)
    const before = bench.map.doorbell.count()
    ask(bench)
    assert.is(bench.map.doorbell.count(), before + 1)
  }
})

test('a batch that finds no room rings for those that have it, and is rung for when it has', () => {
  const bench = new Bench()
  addFull(bench, SLOTS_MIN + 1)
  const before = bench.map.doorbell.count()
  assert.not(bench.sender.isFull)
  addFull(bench, 1)
  assert.ok(bench.sender.isFull)
  assert.is(bench.map.doorbell.count(), before + 1)
  bench.answer({most: 3})
  bench.sender.reap()
  assert.is(bench.map.doorbell.count(), before + 2)
})

test('a refused batch is told to those who watch it, and to the log where it has records nobody watches', () => {
  const bench = new Bench()
  const told: (Reply | OdradekError)[] = []
  bench.add('watched', outcome => told.push(outcome))
  bench.sender.whenSettled(outcome => told.push(outcome))
  bench.sender.closeBatch()
  bench.answer({status: errorNumber('DISK_FULL')})
  bench.sender.reap()
  assert.equal([codes(told), codes(bench.failures)], [['DISK_FULL'], []])
  bench.add('watched', () => {})
  bench.add('appended')
  bench.sender.whenSettled(outcome => told.push(outcome))
  bench.sender.closeBatch()
  bench.answer({status: errorNumber('DISK_FULL')})
  bench.sender.reap()
  assert.equal([codes(told), codes(bench.failures)], [['DISK_FULL', 'DISK_FULL'], ['DISK_FULL']])
})

test('where the inbox is full batches wait, in order, and drained calls back when half of it is free again', () => {
  const bench = new Bench({bufferMemory: 1e9})
  let drained = 0
  bench.sender.whenDrained(() => drained++)
  assert.is(drained, 1)
  for (let i = 0; i < SLOTS_MIN + 10; i++) bench.add(String(i).padEnd(60_000))
  bench.sender.closeBatch()
  assert.ok(bench.sender.isFull)
  bench.sender.whenDrained(() => drained++)
  const cancelled = (): void => assert.unreachable('was cancelled')
  bench.sender.whenDrained(cancelled)
  bench.sender.cancelDrained(cancelled)
  bench.answer({most: 5})
  bench.sender.reap()
  assert.equal([bench.sender.isFull, drained], [true, 1])
  bench.answer({most: 5})
  bench.sender.reap()
  assert.equal([bench.sender.isFull, drained], [false, 1])
  bench.answer({most: SLOTS_MIN / 2 - 1})
  bench.sender.reap()
  bench.sender.whenDrained(() => drained++)
  assert.is(drained, 1)
  bench.answer({most: 1})
  bench.sender.reap()
  assert.is(drained, 3)
  while (bench.answer().length > 0) bench.sender.reap()
  assert.is(bench.nextOffset, SLOTS_MIN + 10)
  assert.not(bench.held)
})

test('at the end of a turn a batch waits while so many are on their way, and takes what comes meanwhile', () => {
  const bench = new Bench()
  bench.fillPipe()
  bench.add('c')
  bench.sender.endTurn()
  assert.equal([bench.sender.lingers, bench.sender.openCount], [true, 1])
  bench.add('d')
  bench.sender.reap()
  assert.ok(bench.sender.lingers)
  assert.equal(bench.answer({most: 1}), [1])
  bench.sender.reap()
  assert.equal([bench.sender.lingers, bench.sender.openCount], [false, 0])
  assert.equal(bench.answer({most: PIPELINED - 1}), Array(PIPELINED - 1).fill(1))
  assert.equal(bench.answer(), [2])
  bench.sender.reap()
  assert.not(bench.held)
})

test('an answer that is there at the end of a turn is seen before its ring is heard', () => {
  const bench = new Bench()
  bench.fillPipe()
  assert.equal(bench.answer({most: 1}), [1])
  bench.add('c')
  bench.sender.endTurn()
  assert.not(bench.sender.lingers)
})

test('a batch that waits goes at once when it is asked for, or full', () => {
  const bench = new Bench()
  const all = Array(PIPELINED + 1).fill(1)
  bench.fillPipe()
  bench.add('c')
  bench.sender.endTurn()
  bench.sender.closeBatch()
  assert.equal([bench.sender.lingers, bench.answer()], [false, all])
  bench.sender.reap()
  bench.fillPipe()
  bench.add('c')
  bench.sender.endTurn()
  assert.ok(bench.sender.lingers)
  assert.is(bench.add('d'.repeat(65_460)), 0)
  assert.not(bench.sender.lingers)
  assert.equal(bench.answer(), all)
})

test('many requests are answered each once, in the order they were sent', () => {
  const bench = new Bench()
  const told: number[] = []
  const expected: number[] = []
  for (let i = 0; i < 3000; i++) {
    bench.sender.request(REQUEST.flush, 0, () => told.push(i))
    expected.push(i)
    if (i % 40 !== 0) continue
    bench.answer({most: 37})
    bench.sender.reap()
  }
  while (bench.answer().length > 0) bench.sender.reap()
  assert.equal(told, expected)
})

test('beyond bufferMemory a record is refused, and the open batch is not lost', () => {
  const bench = new Bench({bufferMemory: 200_000})
  let taken = 0
  const fill = (): void => {
    for (; ; taken++) bench.add(String(taken).padEnd(30_000))
  }
  assert.throws(fill, (error: OdradekError) => error.code === 'BUFFER_EXHAUSTED')
  assert.throws(fill, (error: OdradekError) => error.message.includes('bufferMemory is 200000'))
  // a batch that is open when the turn ends goes on waiting all the same, and so does a request
  bench.sender.closeBatch()
  const told: string[] = []
  bench.sender.request(REQUEST.flush, 0, outcome => told.push(...codes([outcome])))
  assert.throws(fill, (error: OdradekError) => error.code === 'BUFFER_EXHAUSTED')
  bench.sender.closeBatch()
  while (bench.answer().length > 0) bench.sender.reap()
  assert.is(bench.nextOffset, taken)
  assert.is(told.length, 1)
})

test('a size that no batch takes is told without touching the open batch', () => {
  const bench = new Bench({maxBatchBytes: 1000})
  bench.add('open')
  const most = 'x'.repeat(1000 - 61 - 2 - 4 - 2 - 1)
  bench.sender.checkSize(null, most, 1, [])
  for (const [value, headers] of [
    [`${most}x`, []],
    [most, [['h', null]]],
    ['ä'.repeat(500), []],
  ] as const)
    assert.throws(
      () => bench.sender.checkSize(null, value, 1, headers),
      (error: OdradekError) => error.code === 'MESSAGE_TOO_LARGE',
    )
  assert.is(bench.sender.openCount, 1)
})

test('when the replica thread is gone everything pending fails, once, and so does all that comes later', async () => {
  const bench = new Bench()
  const told: (Reply | OdradekError)[] = []
  const tell = (outcome: Reply | OdradekError): unknown => told.push(outcome)
  bench.sender.request(REQUEST.flush, 0, tell)
  bench.add('in the open batch')
  bench.sender.whenSettled(tell)
  bench.map.publishReplicaDied()
  bench.map.threads.doorbell(bench.thread).ring(0)
  await new Promise(resolve => setTimeout(resolve, 10))
  assert.equal(codes(told), ['REPLICA_CRASHED', 'REPLICA_CRASHED'])
  assert.equal(codes(bench.failures), ['REPLICA_CRASHED'])
  // no ring comes any more: each must find out by itself
  for (let i = 3; i < 6; i++) {
    bench.sender.request(REQUEST.flush, 0, tell)
    assert.is(told.length, i)
  }
  assert.not(bench.held)
})

test('what was answered before the replica thread went is not failed', () => {
  const bench = new Bench()
  const told: string[] = []
  bench.sender.request(REQUEST.flush, 0, outcome => told.push(...codes([outcome])))
  bench.answer()
  bench.map.replica.publishState(STATE.closed)
  bench.sender.request(REQUEST.flush, 0, outcome => told.push(...codes([outcome])))
  assert.equal(told, ['at 0', 'LOG_CLOSED'])
})

test('close fails what is pending and whatever comes later', () => {
  const bench = new Bench()
  const told: string[] = []
  const tell = (outcome: Reply | OdradekError): unknown => told.push(...codes([outcome]))
  while (!bench.sender.isFull) bench.add('x'.repeat(60_000))
  bench.sender.request(REQUEST.flush, 0, tell)
  bench.sender.whenDrained(() => told.push('drained'))
  bench.sender.close()
  bench.sender.request(REQUEST.flush, 0, tell)
  assert.equal(told, ['LOG_CLOSED', 'drained', 'LOG_CLOSED'])
  assert.equal(codes(bench.failures), ['LOG_CLOSED'])
  assert.not(bench.held)
})

test('a sender of a synced log holds the process until what it sent is synced', () => {
  const bench = new Bench({holdsUntilSynced: true})
  bench.add('a')
  bench.sender.closeBatch()
  bench.answer()
  bench.sender.reap()
  assert.not(bench.sender.isPending)
  assert.ok(bench.held)
  bench.map.replica.publishWrittenEnd(1)
  bench.map.replica.publishSyncedEnd(1)
  bench.sender.reap()
  assert.not(bench.held)
  bench.add('b')
  bench.sender.closeBatch()
  bench.answer()
  bench.map.replica.publishState(STATE.failed)
  bench.sender.reap()
  assert.not(bench.held, 'a sync that failed will not come')
})

test('a value goes straight to the open batch while there is one, its turn has not ended and nothing waits for room', () => {
  const bench = new Bench()
  const {sender} = bench
  sender.setNow(1)
  const value = new Uint8Array(100)
  assert.not(sender.addValue(value))
  bench.add('first')
  assert.ok(sender.addValue(value))
  assert.is(sender.openCount, 2)
  for (let sent = 0; sent < PIPELINED; sent++) {
    bench.add('another')
    sender.closeBatch()
  }
  bench.add('last')
  sender.endTurn()
  assert.ok(sender.lingers)
  assert.not(sender.addValue(value))
  bench.answer()
  sender.reap()
  while (!sender.isFull) {
    bench.add('first')
    sender.closeBatch()
  }
  bench.add('open')
  assert.not(sender.addValue(value))
  bench.answer()
  sender.reap()
  assert.ok(sender.addValue(value))
})

test('the CRC is computed here once the replica thread is behind, of a batch of many records only once it is far behind', () => {
  for (const [records, behind] of [
    [1, 8],
    [129, SLOTS_MIN / 2],
  ] as const) {
    const bench = new Bench()
    for (let sent = 0; sent < SLOTS_MIN; sent++) {
      for (let i = 0; i < records; i++) bench.add('a')
      bench.sender.closeBatch()
    }
    bench.answer()
    assert.is(bench.sealed.indexOf(true), behind)
    assert.is(bench.sealed.lastIndexOf(false), behind - 1)
  }
})

test.run()

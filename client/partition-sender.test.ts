import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {crc32c} from '../engine/bytes/crc32c.ts'
import {ClusterMap} from '../engine/cluster/cluster-map.ts'
import type {Leadership} from '../engine/cluster/leadership.ts'
import {errorNumber, OdradekError} from '../engine/errors.ts'
import {SLOTS_MIN} from '../engine/limits.ts'
import {allocateInbox, InboxReceiver, REQUEST} from '../engine/memory/inbox.ts'
import {BATCH} from '../engine/record/record-batch.ts'
import {ClusterLink} from './cluster-link.ts'
import {Parking} from './parking.ts'
import {PartitionSender, type PartitionSenderOptions} from './partition-sender.ts'
import type {Acks} from './producer-batch.ts'
import type {Taken} from './send.ts'

const ROW = 0
const HOSTS = [0, 1]

/** A batch or question as it came to a host. */
interface Came {
  readonly kind: number
  readonly epoch: number
  readonly sequence: number
}

/** A sender and, in the same thread, the hands of two hosts and of the coordinator. */
class Bench {
  readonly map = ClusterMap.allocate({coordinators: 1, brokers: 2, hostsABroker: 1})
  readonly row = this.map.row(ROW)
  readonly failures: string[] = []
  readonly gone: string[] = []
  readonly told: string[] = []
  /** Of each failure that was told, how often its batch was sent again before. */
  readonly retries: (number | undefined)[] = []
  readonly sender: PartitionSender
  nowMs = 1000
  held = false
  nextOffset = 0
  leaderEpoch = 0
  readonly #receivers = new Map<string, InboxReceiver>()

  constructor(options: Partial<PartitionSenderOptions> = {}) {
    const thread = this.map.threads.claim(0)
    const parking = new Parking(this.map.threads.doorbell(thread), {
      ref: () => {
        this.held = true
      },
      unref: () => {
        this.held = false
      },
      close: () => {},
    })
    const link = new ClusterLink({
      map: this.map,
      thread,
      parking,
      mailbox: {
        address: 'client-1',
        send: (to, body) => {
          const {type, inbox, from} = body as {type: string; inbox: SharedArrayBuffer; from: number}
          if (type === 'attach') this.#receivers.set(to, new InboxReceiver(inbox, from))
        },
        receive: () => undefined,
      },
      allocateInbox: () => allocateInbox(SLOTS_MIN),
    })
    for (const slot of HOSTS) {
      this.map.host(slot).startAnew(0)
      this.row.replica(slot).publishHost(slot)
    }
    this.sender = new PartitionSender(
      link,
      this.row,
      {
        rowNumber: ROW,
        maxBatchBytes: 1_048_588,
        bufferMemory: 1e6,
        deliveryTimeoutMs: 100,
        crc32c,
        monotonicMs: () => this.nowMs,
        producerId: 7,
        ...options,
      },
      {failed: error => this.failures.push(error.code), gone: error => this.gone.push(error.code)},
    )
  }

  /** The coordinator's hand: who leads from here on; -1 nobody. */
  lead(leader: number, {serves = true, deleted = false} = {}): void {
    if (leader >= 0 || deleted) this.leaderEpoch++
    const next: Leadership = {leaderEpoch: this.leaderEpoch, version: 0, leader, isr: leader < 0 ? 3 : 3, deleted}
    this.row.exchangeLeadership(this.row.word, next)
    if (leader >= 0 && serves) this.row.replica(leader).publishFollowedEpoch(this.leaderEpoch)
    this.sender.reap()
  }

  send(name: string, {acks = 1, durability = 'written'}: {acks?: Acks; durability?: 'written' | 'synced'} = {}): void {
    this.sender.want(acks, durability)
    this.sender.add(null, name, 1, [], () => {})
    this.sender.whenSettled((outcome: Taken | OdradekError) => {
      this.told.push(`${name} ${outcome instanceof OdradekError ? outcome.code : outcome.baseOffset}`)
      if (outcome instanceof OdradekError) this.retries.push(outcome.retries)
    })
    this.sender.closeBatch()
  }

  append(name: string): void {
    this.sender.want(1, 'written')
    this.sender.add(null, name, 1, [])
    this.sender.closeBatch()
  }

  /**
   * Takes up to `most` requests as a host does, and answers each with the next of `statuses`, or with success. A leader that does not
   * know the sender yet gets the first of them alone, and the others once that is answered.
   */
  answer(host: number, {most = 99, statuses = [] as number[]} = {}): Came[] {
    const came: Came[] = []
    this.sender.reap()
    for (let before = -1; came.length > before && came.length < most; ) {
      before = came.length
      this.#answerWhatCame(host, came, {most, statuses})
    }
    return came
  }

  #answerWhatCame(host: number, came: Came[], {most, statuses}: {most: number; statuses: readonly number[]}): void {
    const receiver = this.#receivers.get(`host-${host}`)
    for (let slot = -1; came.length < most && (slot = receiver?.take() ?? -1) >= 0; ) {
      const kind = receiver!.kind(slot)
      const bytes = receiver!.bytes(slot)
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
      const isBatch = kind === REQUEST.append
      const status = statuses[came.length] ?? 0
      came.push({
        kind,
        epoch: isBatch ? view.getInt16(BATCH.producerEpoch) : -1,
        sequence: isBatch ? view.getInt32(BATCH.baseSequence) : -1,
      })
      receiver!.reply(slot, {status, baseOffset: status === 0 ? this.nextOffset : -1, timestamp: 5})
      if (status === 0 && isBatch) this.nextOffset++
    }
    this.sender.reap()
  }

  /** Moves the leader's ends to all that was taken. */
  replicate(leader: number): void {
    const line = this.row.replica(leader)
    line.publishWrittenEnd(this.nextOffset)
    line.publishHighWatermark(this.nextOffset)
    this.sender.reap()
  }
}

const refusal = (code: Parameters<typeof errorNumber>[0]): number => errorNumber(code)
const sequences = (came: readonly Came[]): string[] => came.map(({epoch, sequence}) => `${epoch}/${sequence}`)

test('what is sent while nobody leads waits for the leader to serve, then goes in order', () => {
  const bench = new Bench()
  bench.send('a')
  bench.send('b')
  assert.ok(bench.held)
  assert.ok(bench.sender.isFull)
  bench.lead(0, {serves: false})
  assert.equal(bench.answer(0), [])
  bench.row.replica(0).publishFollowedEpoch(bench.leaderEpoch)
  bench.sender.reap()
  assert.equal(sequences(bench.answer(0)), ['0/0', '0/1'])
  assert.equal(bench.told, ['a 0', 'b 1'])
  assert.not(bench.held)
  bench.sender.close(new OdradekError('LOG_CLOSED'))
})

test('acks all waits for the high watermark; what was stored and not replicated goes to the next leader, as it was', () => {
  const bench = new Bench()
  bench.lead(0)
  bench.send('a', {acks: -1})
  bench.send('b')
  bench.answer(0)
  assert.equal(bench.told, ['b 1'])
  bench.lead(1)
  assert.equal(sequences(bench.answer(1)), ['0/0'])
  bench.replicate(1)
  assert.equal(bench.told, ['b 1', 'a 2'])
})

test('acks all with durability synced waits until all in sync have synced it, acks 1 until the leader has', () => {
  const bench = new Bench()
  bench.lead(0)
  bench.send('a', {acks: -1, durability: 'synced'})
  bench.send('b', {durability: 'synced'})
  bench.answer(0)
  bench.replicate(0)
  const line = bench.row.replica(0)
  assert.equal(bench.told, [])
  line.publishSyncedEnd(2)
  bench.sender.reap()
  assert.equal(bench.told, ['b 1'])
  line.publishSyncedWatermark(1)
  bench.sender.reap()
  assert.equal(bench.told, ['b 1', 'a 0'])
})

test('an answer of a deposed leader counts for nothing', () => {
  const bench = new Bench()
  bench.lead(0)
  bench.send('a')
  bench.lead(1, {serves: false})
  bench.answer(0)
  assert.equal(bench.told, [])
  bench.row.replica(1).publishFollowedEpoch(bench.leaderEpoch)
  bench.sender.reap()
  assert.equal(sequences(bench.answer(1)), ['0/0'])
  assert.equal(bench.told, ['a 1'])
})

test('what is refused for now is sent again, with all behind it, in order', () => {
  const bench = new Bench()
  bench.lead(0)
  for (const name of ['a', 'b', 'c']) bench.send(name)
  bench.answer(0, {statuses: [0, refusal('NOT_ENOUGH_REPLICAS'), refusal('OUT_OF_ORDER_SEQUENCE_NUMBER')]})
  assert.equal(bench.told, ['a 0'])
  bench.nowMs += 10
  bench.sender.reap()
  assert.equal(sequences(bench.answer(0)), ['0/1', '0/2'])
  assert.equal(bench.told, ['a 0', 'b 1', 'c 2'])
})

test('what nobody has ever been sent leaves no gap: those behind it take its sequences, in the same epoch', () => {
  const bench = new Bench()
  bench.lead(0)
  bench.send('a')
  bench.answer(0)
  bench.lead(-1)
  bench.send('b')
  bench.send('c')
  bench.nowMs += 60
  bench.send('d')
  bench.nowMs += 60
  bench.sender.reap()
  assert.equal(bench.told, ['a 0', 'b REQUEST_TIMED_OUT', 'c REQUEST_TIMED_OUT'])
  bench.send('e')
  bench.lead(1)
  assert.equal(sequences(bench.answer(1)), ['0/1', '0/2'])
})

test('flush waits for what was there when it was called, not for what others append without a pause', async () => {
  const bench = new Bench()
  bench.lead(0)
  bench.append('a')
  bench.sender.want(1, 'written')
  bench.sender.add(null, 'open', 1, [])
  let flushed = false
  const settled = bench.sender.settled().then(() => {
    flushed = true
  })
  bench.append('later')
  bench.answer(0, {most: 1})
  await Promise.resolve()
  assert.not(flushed)
  bench.append('later still')
  bench.answer(0, {most: 1})
  assert.ok(bench.sender.isPending)
  await settled
  bench.sender.close(new OdradekError('LOG_CLOSED'))
})

test('a leader that does not know the sender gets nothing behind the first batch until that is taken', () => {
  const bench = new Bench()
  bench.lead(0)
  for (const name of ['a', 'b']) bench.send(name)
  assert.equal(sequences(bench.answer(0, {most: 1, statuses: [refusal('NOT_ENOUGH_REPLICAS')]})), ['0/0'])
  // it has been refused: were the second one there, it would be taken for the sender's first
  assert.equal(sequences(bench.answer(0)), [])
  bench.nowMs += 10
  bench.sender.reap()
  assert.equal(sequences(bench.answer(0)), ['0/0', '0/1'])
  assert.equal(bench.told, ['a 0', 'b 1'])
})

test('what an earlier leader may have stored is never sent under another number', () => {
  const bench = new Bench()
  bench.lead(0)
  bench.send('a')
  bench.answer(0)
  for (const name of ['b', 'c']) bench.send(name)
  bench.lead(1)
  bench.send('d')
  // it lacks what went before: whether the one before has stored them nobody can tell
  assert.equal(sequences(bench.answer(1, {most: 1, statuses: [refusal('OUT_OF_ORDER_SEQUENCE_NUMBER')]})), ['0/1'])
  assert.equal(bench.told.slice(1), ['b OUT_OF_ORDER_SEQUENCE_NUMBER', 'c OUT_OF_ORDER_SEQUENCE_NUMBER'])
  assert.equal(sequences(bench.answer(1)), ['1/0'])
  assert.equal(bench.told.at(-1), 'd 1')
})

test('what was refused for now goes to the next leader at once', () => {
  const bench = new Bench()
  bench.lead(0)
  bench.send('a')
  bench.answer(0, {statuses: [refusal('NOT_LEADER_OR_FOLLOWER')]})
  assert.equal(bench.answer(0), [])
  bench.lead(1)
  assert.equal(sequences(bench.answer(1)), ['0/0'])
})

test('what is refused for good is told; what lies behind it is numbered anew, what lies before it is settled first', () => {
  const bench = new Bench()
  bench.lead(0)
  bench.send('a', {acks: -1})
  bench.send('b')
  bench.send('c')
  bench.append('d')
  bench.answer(0, {statuses: [0, refusal('DISK_FULL'), ...[1, 2].map(() => refusal('OUT_OF_ORDER_SEQUENCE_NUMBER'))]})
  // `a` is stored and waits for the ISR: until then nothing gets another number
  assert.equal(bench.told, [])
  assert.equal(bench.answer(0), [])
  bench.replicate(0)
  assert.equal(bench.told, ['a 0', 'b DISK_FULL'])
  assert.equal(sequences(bench.answer(0)), ['1/0', '1/1'])
  assert.equal(bench.told, ['a 0', 'b DISK_FULL', 'c 1'])
  assert.equal(bench.failures, [])
  bench.append('e')
  bench.answer(0, {statuses: [refusal('DISK_FULL')]})
  assert.equal(bench.failures, ['DISK_FULL'])
  assert.not(bench.sender.isPending)
})

test('what took too long is told once; where it was sent it keeps its sequence and goes on', async () => {
  const bench = new Bench()
  bench.lead(0)
  bench.send('a', {acks: -1})
  bench.answer(0)
  bench.nowMs += 60
  bench.send('b', {acks: -1})
  bench.nowMs += 60
  bench.sender.reap()
  assert.equal(bench.told, ['a NOT_ENOUGH_REPLICAS_AFTER_APPEND'])
  bench.lead(1)
  assert.equal(sequences(bench.answer(1)), ['0/0', '0/1'])
  bench.nowMs += 60
  bench.sender.reap()
  assert.equal(bench.told.at(-1), 'b NOT_ENOUGH_REPLICAS_AFTER_APPEND')
  assert.not(bench.held)
  await bench.sender.settled()
  bench.replicate(1)
  bench.send('c')
  assert.equal(sequences(bench.answer(1)), ['0/2'])
  assert.equal(bench.told.length, 3)
})

test('what was never sent goes when its time is over', () => {
  const bench = new Bench()
  bench.send('a')
  bench.append('b')
  bench.nowMs += 200
  bench.sender.reap()
  assert.equal([bench.told, bench.retries], [['a REQUEST_TIMED_OUT'], [undefined]])
  assert.equal(bench.failures, ['REQUEST_TIMED_OUT'])
  bench.lead(0)
  assert.equal(bench.answer(0), [])
  bench.send('c')
  bench.answer(0)
  assert.is(bench.told.at(-1), 'c 0')
})

test('what a leader refused until its time was over was not stored: that is told, and the next ones go', () => {
  const bench = new Bench()
  bench.lead(0)
  bench.send('a', {acks: -1})
  for (let i = 0; i < 3; i++) {
    bench.answer(0, {statuses: [refusal('NOT_ENOUGH_REPLICAS')]})
    bench.nowMs += 40
    if (i < 2) bench.sender.reap()
  }
  bench.answer(0, {most: 0})
  assert.equal([bench.told, bench.retries], [['a NOT_ENOUGH_REPLICAS'], [2]])
  bench.send('b')
  assert.equal(sequences(bench.answer(0)), ['1/0'])
  assert.equal(bench.told.at(-1), 'b 0')
})

test('a question waits for what was sent before it, follows the leader and is no part of the sequences', async () => {
  const bench = new Bench()
  bench.lead(0)
  bench.send('a')
  const asked = bench.sender.ask(REQUEST.deleteRecords, 5)
  bench.answer(0)
  await Promise.resolve()
  await Promise.resolve()
  bench.lead(1)
  bench.nextOffset = 40
  assert.equal(bench.answer(1), [{kind: REQUEST.deleteRecords, epoch: -1, sequence: -1}])
  assert.is(await asked, 40)
  const refused = bench.sender.ask(REQUEST.deleteRecords, 500)
  await Promise.resolve()
  await Promise.resolve()
  bench.answer(1, {statuses: [refusal('OFFSET_OUT_OF_RANGE')]})
  assert.is(await refused.catch(error => error.code), 'OFFSET_OUT_OF_RANGE')
  bench.send('b')
  assert.equal(sequences(bench.answer(1)), ['0/1'])
  // one that nobody answers
  const late = bench.sender.ask(REQUEST.deleteRecords, 5)
  await Promise.resolve()
  await Promise.resolve()
  bench.nowMs += 200
  bench.sender.reap()
  assert.is(await late.catch(error => error.code), 'REQUEST_TIMED_OUT')
  assert.not(bench.sender.isPending)
})

test('what a leader knows as stored, but not where any more, is stored: it waits for all that the leader has', () => {
  const bench = new Bench()
  bench.lead(0)
  bench.send('a', {acks: -1})
  bench.send('b', {acks: -1})
  bench.append('c')
  bench.answer(0)
  bench.lead(1)
  bench.row.replica(1).publishWrittenEnd(3)
  const known = refusal('DUPLICATE_SEQUENCE_NUMBER')
  assert.equal(sequences(bench.answer(1, {statuses: [known, known]})), ['0/0', '0/1'])
  assert.equal(bench.told, [])
  bench.row.replica(1).publishHighWatermark(2)
  bench.sender.reap()
  assert.equal(bench.told, [])
  bench.row.replica(1).publishHighWatermark(3)
  bench.sender.reap()
  assert.equal(bench.told, ['a -1', 'b -1'])
  assert.equal(bench.failures, [])
  assert.not(bench.sender.isPending)
  bench.send('d')
  assert.equal(sequences(bench.answer(1)), ['0/3'])
})

test('a topic that is deleted ends everything, and says so of what was appended', async () => {
  const bench = new Bench()
  bench.lead(0)
  bench.send('a')
  bench.append('b')
  bench.row.exchangeLeadership(bench.row.word, {...bench.row.leadership, leader: -1, deleted: true})
  bench.append('c')
  assert.equal(bench.told, ['a UNKNOWN_TOPIC_OR_PARTITION'])
  assert.equal(bench.failures, ['UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_OR_PARTITION'])
  assert.equal(bench.gone, ['UNKNOWN_TOPIC_OR_PARTITION'])
  let drained = false
  bench.sender.whenDrained(() => {
    drained = true
  })
  assert.ok(drained)
  bench.append('d')
  bench.send('e')
  assert.is(bench.failures.length, 3)
  assert.is(bench.told.at(-1), 'e UNKNOWN_TOPIC_OR_PARTITION')
  await bench.sender.settled()
  assert.not(bench.held)
})

test('closing fails what is under way, and what is in the open batch, each once', () => {
  const bench = new Bench()
  bench.lead(0)
  bench.send('a')
  bench.sender.add(null, 'b', 1, [])
  bench.sender.close(new OdradekError('LOG_CLOSED'))
  bench.answer(0)
  assert.equal(bench.told, ['a LOG_CLOSED'])
  assert.equal(bench.failures, ['LOG_CLOSED'])
  assert.not(bench.held)
})

test('more than the buffers hold is refused; with room again, whoever waits for that is told', () => {
  const bench = new Bench({bufferMemory: 1000, deliveryTimeoutMs: 1e6})
  let taken = 0
  assert.throws(
    () => {
      for (;;) {
        bench.append('x'.repeat(200))
        taken++
      }
    },
    (error: OdradekError) => error.code === 'BUFFER_EXHAUSTED',
  )
  assert.ok(taken >= 2 && taken < 8)
  let drained = false
  const cancelled = (): void => assert.unreachable('it was cancelled')
  bench.sender.whenDrained(() => {
    drained = true
  })
  bench.sender.whenDrained(cancelled)
  bench.sender.cancelDrained(cancelled)
  bench.lead(0)
  bench.answer(0)
  assert.ok(drained)
  assert.is(bench.nextOffset, taken)
})

test('a host that was started anew gets an inbox of its own, and what it had not answered once more', () => {
  const bench = new Bench()
  bench.map.host(0).startAnew(0)
  bench.lead(0)
  bench.send('a')
  bench.map.host(0).startAnew(0)
  bench.lead(0)
  assert.equal(sequences(bench.answer(0)), ['0/0'])
  assert.equal(bench.told, ['a 0'])
})

test('what was sent to a thread that was started anew, and leads on in its epoch, is sent again', () => {
  const bench = new Bench()
  bench.lead(0)
  bench.send('a')
  assert.is(bench.answer(0).length, 1)
  bench.send('b')
  bench.map.host(0).publishEnded(1)
  bench.map.host(0).startAnew(0)
  bench.sender.reap()
  assert.equal(
    bench.answer(0).map(({sequence}) => sequence),
    [1],
  )
  assert.equal(bench.told, ['a 0', 'b 1'])
})

test.run()

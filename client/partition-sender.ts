import type {Crc32c} from '../engine/bytes/crc32c.ts'
import type {HostInbox} from '../engine/cluster/host-inbox.ts'
import {LeftSlots} from '../engine/cluster/left-slots.ts'
import type {PartitionRow} from '../engine/cluster/partition-row.ts'
import {OdradekError} from '../engine/errors.ts'
import {APPEND_NEEDS, REQUEST} from '../engine/memory/inbox.ts'
import type {BatchBuilder, Bytes, Header} from '../engine/record/batch-builder.ts'
import type {ClusterLink} from './cluster-link.ts'
import {DrainWaiters} from './drain-waiters.ts'
import {LeaderAnswers} from './leader-answers.ts'
import type {Durability} from './log-options.ts'
import {bufferExhausted, buildLarge, OpenBatch} from './open-batch.ts'
import {type Acks, type BatchSettled, ProducerBatch} from './producer-batch.ts'
import {ProducerSequences} from './producer-sequences.ts'
import type {RecordParts} from './record.ts'

export interface PartitionSenderOptions {
  readonly rowNumber: number
  readonly maxBatchBytes: number
  readonly bufferMemory: number
  readonly deliveryTimeoutMs: number
  readonly crc32c: Crc32c
  readonly monotonicMs: () => number
  /** Id under which the leader knows this sender's sequences. */
  readonly producerId: number
}

/** What a sender tells its door. */
export interface SenderEvents {
  /** Records whose fate nobody waits for were not stored. */
  readonly failed: (error: OdradekError) => void
  /** The partition is gone for good: nothing is sent any more. */
  readonly gone: (error: OdradekError) => void
}

/**
 * A thread's sending end to one partition of a cluster: builds batches, hands them to whoever leads, and counts an answer only while
 * the leadership it was asked under still stands. When it does not, everything that is not settled goes to the new leader, in
 * its order; the sequences in the batches tell that one what it has already.
 */
export class PartitionSender {
  readonly #link: ClusterLink
  readonly #row: PartitionRow
  readonly #options: PartitionSenderOptions
  readonly #answers: LeaderAnswers
  readonly #sequences: ProducerSequences
  readonly #events: SenderEvents
  readonly #open: OpenBatch<BatchSettled>
  /** The open batch's. */
  readonly #builder: BatchBuilder
  /** The most that anybody wants of the open batch. */
  #openAcks: Acks = 1
  #openDurability: Durability = 'written'
  #nowMs = 0
  /** From the oldest that is not settled to the newest. The first `#sent` of them are in slots. */
  #batches: ProducerBatch[] = []
  #sent = 0
  #waitingBytes = 0
  readonly #left = new LeftSlots()
  readonly #drained = new DrainWaiters()
  /** Those who wait until everything up to a batch is settled, by its number. */
  #flushes: {readonly upTo: number; readonly resolve: () => void}[] = []
  #batchesMade = 0
  #held = false
  /** Whether this sender is looked at after a ring. */
  #looks = false
  #timer: NodeJS.Timeout | undefined
  /** When the timer goes off. */
  #timerDueMs = 0
  #retryAtMs = 0
  /** Leader epoch under which batches are sent now, -1 while there is no leader. */
  #leaderEpoch = -1
  /** The last leader epoch in which a batch was stored: from then on that leader knows this producer, and refuses what leaves a gap. */
  #knownEpoch = -1
  #closed: OdradekError | undefined
  readonly #look = (): void => this.reap()

  constructor(link: ClusterLink, row: PartitionRow, options: PartitionSenderOptions, events: SenderEvents) {
    this.#link = link
    this.#row = row
    this.#options = options
    this.#answers = new LeaderAnswers(link.map, row)
    this.#sequences = new ProducerSequences(options.producerId, options.crc32c)
    this.#events = events
    this.#open = new OpenBatch(options.maxBatchBytes)
    this.#builder = this.#open.builder
  }

  get openCount(): number {
    return this.#builder.count
  }

  setNow(nowMs: number): void {
    this.#nowMs = nowMs
    this.#builder.setNow(nowMs)
  }

  /** Whether batches wait here for room. */
  get isFull(): boolean {
    return this.#sent < this.#batches.length
  }

  get isPending(): boolean {
    return this.#waiting() > 0 || this.#builder.count > 0
  }

  /**
   * Adds a record to the open batch and returns its place in it. A record too large for it goes out at once, in a batch of its own:
   * then -1 is returned, and `settled` is told. Throws BUFFER_EXHAUSTED or MESSAGE_TOO_LARGE and then has not taken it.
   */
  add(
    key: Bytes | null,
    value: Bytes | null,
    timestamp: number | undefined,
    headers: readonly Header[],
    settled?: BatchSettled,
  ): number {
    const builder = this.#builder
    this.requireRoom(builder.size + (key?.length ?? 0) + (value?.length ?? 0))
    if (!builder.add(key, value, timestamp, headers)) {
      this.closeBatch()
      if (!builder.add(key, value, timestamp, headers)) {
        this.#addLarge({key, value, timestamp, headers}, settled)
        return -1
      }
    }
    if (settled !== undefined) this.#open.watch()
    return builder.count - 1
  }

  /** Throws BUFFER_EXHAUSTED where so many bytes more are not to wait here. */
  requireRoom(length: number): void {
    if (this.#waitingBytes === 0 || this.#waitingBytes + length <= this.#options.bufferMemory) return
    this.reap()
    if (this.#waitingBytes === 0 || this.#waitingBytes + length <= this.#options.bufferMemory) return
    throw bufferExhausted(this.#waitingBytes, this.#options.bufferMemory)
  }

  /** What is in the open batch, or added to it, wants to be at least as safe as this. */
  want(acks: Acks, durability: Durability): void {
    if (acks === -1) this.#openAcks = -1
    if (durability === 'synced') this.#openDurability = 'synced'
  }

  /** Has `settled` told what becomes of the open batch. */
  whenSettled(settled: BatchSettled): void {
    this.#open.whenSettled(settled)
  }

  /** Sends the open batch. */
  closeBatch(): void {
    const builder = this.#builder
    if (builder.count === 0) return
    this.#enqueue(builder.finish(), builder.count, this.#open.handOver())
    this.#open.reset()
  }

  /** Sends a batch that was built elsewhere, behind the open one. `want` says before what it is to be worth. */
  addBatch(bytes: Uint8Array, records: number, settled: readonly BatchSettled[]): void {
    const acks = this.#openAcks
    const durability = this.#openDurability
    this.closeBatch()
    this.want(acks, durability)
    this.#enqueue(bytes, records, {settled, appended: false})
  }

  /** Calls back when there is room for a while again; at once where there always was. */
  whenDrained(callback: () => void): void {
    this.reap()
    this.#drained.add(callback)
  }

  cancelDrained(callback: () => void): void {
    this.#drained.cancel(callback)
  }

  /** Resolves when everything sent so far is settled, one way or the other. */
  settled(): Promise<void> {
    this.closeBatch()
    if (!this.isPending) return Promise.resolve()
    return new Promise(resolve => {
      // not for what others append meanwhile: where they never pause, that would never end
      this.#flushes.push({upTo: this.#batchesMade, resolve})
      this.reap()
    })
  }

  /** Asks the leader for something that carries no batch, and again where the leader changes before it answers. */
  async ask(kind: number, argument: number): Promise<number> {
    await this.settled()
    return new Promise((resolve, reject) => {
      if (this.#closed !== undefined) throw this.#closed
      const settled: BatchSettled = outcome =>
        outcome instanceof OdradekError ? reject(outcome) : resolve(outcome.baseOffset)
      this.#batches.push(this.#newBatch({...QUESTION, kind, argument, settled: [settled]}))
      this.reap()
    })
  }

  /** Learns what was answered and what it is worth, and sends what waits. */
  reap(): void {
    this.#left.free()
    if (this.#batches.length === 0) {
      this.#lookOrRest()
      return
    }
    // the bit stands before the look: whatever changes after it rings this thread
    this.#row.waiters.add(this.#link.thread)
    this.#follow()
    this.#settleDone()
    this.#expire()
    this.#dropRefused()
    this.#sendWaiting()
    if (this.#drained.isDraining && this.#hasRoom()) this.#drained.end()
    this.#holdOrRelease()
  }

  /** Fails what is not settled, and whatever comes later. */
  close(error: OdradekError): void {
    this.#closed = error
    const batches = this.#batches
    this.#batches = []
    for (const batch of batches) {
      this.#leave(batch)
      if (!batch.isGivenUp) this.#fail(batch, error)
    }
    this.#sent = 0
    const open = this.#open.handOver()
    for (const settled of open.settled) settled(error)
    if (open.appended) this.#events.failed(error)
    this.#open.reset()
    this.#drained.end()
    this.#holdOrRelease()
  }

  #enqueue(bytes: Uint8Array, records: number, told: {settled: readonly BatchSettled[]; appended: boolean}): void {
    if (this.#closed !== undefined) {
      for (const each of told.settled) each(this.#closed)
      if (told.appended) this.#events.failed(this.#closed)
      return
    }
    const baseSequence = this.#sequences.stamp(bytes, records)
    const batch = this.#newBatch({
      ...told,
      kind: REQUEST.append,
      argument: needsOf(this.#openAcks, this.#openDurability),
      length: bytes.length,
      records,
      acks: this.#openAcks,
      durability: this.#openDurability,
      bytes,
    })
    batch.baseSequence = baseSequence
    this.#openAcks = 1
    this.#openDurability = 'written'
    this.#batches.push(batch)
    this.#row.waiters.add(this.#link.thread)
    this.#follow()
    this.#sendWaiting()
    // the topic may be found deleted just now
    if (batch.slot < 0 && this.#closed === undefined) {
      this.#keep(batch, bytes)
      this.#drained.begin()
    }
    this.#holdOrRelease()
  }

  #newBatch(asked: Omit<ConstructorParameters<typeof ProducerBatch>[0], 'deadlineMs'>): ProducerBatch {
    const deadlineMs = this.#options.monotonicMs() + this.#options.deliveryTimeoutMs
    const batch = new ProducerBatch({...asked, deadlineMs})
    batch.number = ++this.#batchesMade
    return batch
  }

  /** Takes up a change of the leader: what is not settled goes to the new one, in its order, once that one leads. */
  #follow(): void {
    const {leaderEpoch, deleted} = this.#row.leadership
    if (deleted) {
      const gone = new OdradekError('UNKNOWN_TOPIC_OR_PARTITION', 'the topic was deleted')
      this.#events.gone(gone)
      this.close(gone)
      return
    }
    const epoch = this.#row.isServed ? leaderEpoch : -1
    // a leader whose thread was started anew before anybody noticed goes on in its epoch, and knows nothing of what was sent to the one before
    const isCutOff = this.#sent > 0 && this.#batches[0]!.inbox?.hasEnded === true
    if (epoch === this.#leaderEpoch && !isCutOff) return
    if (isCutOff) this.#knownEpoch = -1
    this.#leaderEpoch = epoch
    this.#retryAtMs = 0
    this.#takeBack(0)
  }

  /** Batches from the `first` on are to be sent anew; their bytes are taken out of their slots. */
  #takeBack(first: number): void {
    for (let i = first; i < this.#sent; i++) {
      const batch = this.#batches[i]!
      if (batch.slot >= 0) this.#leave(batch)
    }
    this.#sent = Math.min(this.#sent, first)
  }

  /** Takes the bytes out of the slot. While its host may still look at it, the slot is not used again. */
  #leave(batch: ProducerBatch): void {
    const {inbox, slot, length} = batch
    if (inbox === undefined || slot < 0) return
    if (length > 0) this.#keep(batch, inbox.sender.bytes(slot, length))
    this.#left.add(inbox, slot, length)
    if (!this.#answers.isRefusal(batch)) batch.mayBeStored = true
    batch.leftSlot()
  }

  #keep(batch: ProducerBatch, bytes: Uint8Array): void {
    batch.keep(bytes)
    this.#waitingBytes += batch.length
  }

  #sendWaiting(): void {
    if (this.#leaderEpoch < 0 || this.#options.monotonicMs() < this.#retryAtMs) return
    let used: HostInbox | undefined
    // of a producer it does not know a leader takes any sequence: if it refused the first batch and took the second, they would change places
    const most = this.#knownEpoch === this.#leaderEpoch ? BATCHES_MAX : 1
    while (this.#sent < this.#batches.length && this.#sent < most) {
      const batch = this.#batches[this.#sent]!
      if (batch.refusal !== undefined) break
      const {leader} = this.#row.leadership
      if (leader < 0) break
      const {host} = this.#row.replica(leader)
      if (host < 0) break
      const inbox = this.#link.inboxTo(host, batch.length)
      if (inbox === undefined) break
      const slot = inbox.sender.claim(batch.length)
      if (slot < 0) break
      const {kind, argument, bytes} = batch
      const row = this.#options.rowNumber
      inbox.sender.submit(slot, bytes === undefined ? {kind, argument, row} : {kind, argument, row, bytes})
      if (batch.kept) this.#waitingBytes -= batch.length
      batch.sentTo(inbox, slot, this.#leaderEpoch)
      this.#sent++
      used = inbox
    }
    used?.ring()
  }

  /** Settles what is as safe as was asked; what was refused for now is sent again, with all that follows it. */
  #settleDone(): void {
    for (let i = 0; i < this.#sent; i++) {
      const batch = this.#batches[i]!
      if (batch.stored === undefined) {
        const answer = this.#answers.read(batch)
        // answers come in the order of the batches
        if (answer === 'none') break
        if (answer === 'again') {
          this.#retryAtMs = this.#options.monotonicMs() + RETRY_MS
          this.#takeBack(i)
          this.#startTimer(RETRY_MS)
          break
        }
        if (answer === 'renumber') {
          this.#dropSettled()
          this.#leaveGap(this.#batches.indexOf(batch))
          break
        }
        if (answer instanceof OdradekError) {
          batch.refusal = answer
          this.#takeBack(i)
          break
        }
        if (batch.kind === REQUEST.append) this.#knownEpoch = batch.leaderEpoch
      }
      if (batch.isSettled || !this.#answers.isSafe(batch)) continue
      batch.isSettled = true
      batch.inbox!.sender.free(batch.slot, batch.length)
      if (!batch.isGivenUp) for (const each of batch.settled) each(batch.stored!)
    }
    this.#dropSettled()
  }

  #dropSettled(): void {
    const before = this.#batches.length
    if (!this.#batches.some(batch => batch.isSettled)) return
    this.#batches = this.#batches.filter(batch => !batch.isSettled)
    this.#sent -= before - this.#batches.length
  }

  /**
   * What is refused leaves once everything before it is settled. The batches behind it carry sequences that now leave a gap: they
   * are numbered anew.
   */
  #dropRefused(): void {
    const refused: ProducerBatch[] = []
    for (let batch = this.#batches[0]; batch?.refusal !== undefined; batch = this.#batches[0]) {
      refused.push(batch)
      this.#drop(batch, 0)
    }
    const first = refused.find(({kind}) => kind === REQUEST.append)
    if (first !== undefined) {
      // a producer has 32 768 epochs: one is left only where somebody may have seen its sequences
      if ([...refused, ...this.#batches].some(({sends}) => sends > 0)) this.#sequences.beginEpoch()
      else this.#sequences.rewindTo(first.baseSequence)
      this.#restamp(0)
    }
    for (const batch of refused) if (!batch.isGivenUp) this.#fail(batch, batch.refusal!)
  }

  /**
   * The leader lacks what went before the batch at `index`, or has forgotten it. What an earlier leader may have stored cannot be sent under
   * another number: it would be stored twice. Nobody can tell what became of it. The rest is numbered anew.
   */
  #leaveGap(index: number): void {
    this.#takeBack(index)
    const doubtful = this.#batches.slice(index).filter(({mayBeStored}) => mayBeStored)
    for (const batch of doubtful) this.#drop(batch, this.#batches.indexOf(batch))
    this.#sequences.beginEpoch()
    this.#restamp(index)
    for (const batch of doubtful) {
      if (batch.isGivenUp) continue
      const error = new OdradekError('OUT_OF_ORDER_SEQUENCE_NUMBER', 'the leader changed, and it may be stored or not')
      this.#fail(batch, error)
    }
  }

  #drop(batch: ProducerBatch, index: number): void {
    this.#batches.splice(index, 1)
    if (index < this.#sent) this.#sent--
    if (batch.kept) this.#waitingBytes -= batch.length
  }

  /** Gives the batches from the `first` on, which nobody has, the sequences that come next. */
  #restamp(first: number): void {
    for (const batch of this.#batches.slice(first))
      if (batch.bytes !== undefined && batch.kind === REQUEST.append)
        batch.baseSequence = this.#sequences.stamp(batch.bytes, batch.records)
  }

  #fail(batch: ProducerBatch, error: OdradekError): void {
    for (const each of batch.settled) each(error)
    if (batch.appended) this.#events.failed(error)
  }

  /**
   * Tells the senders of what nobody took in time. Where it was sent it may have been stored, nobody can tell: it keeps its place, and
   * those behind it their sequences, or what is sent again would be stored twice.
   */
  #expire(): void {
    const nowMs = this.#options.monotonicMs()
    for (const batch of this.#batches) {
      if (batch.isGivenUp || batch.isSettled || batch.refusal !== undefined) continue
      if (batch.deadlineMs > nowMs) {
        this.#startTimer(batch.deadlineMs - nowMs)
        return
      }
      const wasSent = batch.mayBeStored || batch.slot >= 0
      const code =
        batch.stored !== undefined
          ? 'NOT_ENOUGH_REPLICAS_AFTER_APPEND'
          : !wasSent && batch.refusedAs === 'NOT_ENOUGH_REPLICAS'
            ? 'NOT_ENOUGH_REPLICAS'
            : 'REQUEST_TIMED_OUT'
      const wanted = `not ${batch.stored === undefined ? 'taken' : 'replicated'} within ${this.#options.deliveryTimeoutMs} ms`
      const error = new OdradekError(code, wanted, {retries: batch.sends - 1})
      batch.isGivenUp = true
      if (!wasSent || batch.kind !== REQUEST.append) batch.refusal = error
      if (batch.slot >= 0 && batch.refusal !== undefined) this.#takeBack(this.#batches.indexOf(batch))
      this.#fail(batch, error)
    }
  }

  #hasRoom(): boolean {
    return this.#waiting() <= BATCHES_MAX / 2 && this.#waitingBytes <= this.#options.bufferMemory / 2
  }

  /** Batches that somebody still waits for. */
  #waiting(): number {
    let waiting = 0
    for (const {isGivenUp} of this.#batches) if (!isGivenUp) waiting++
    return waiting
  }

  /** A host that does not know this thread's inbox leaves in it also what was taken back from it, until nothing has room there. */
  #attach(): void {
    const {leader} = this.#row.leadership
    if (leader >= 0) this.#link.attach(this.#row.replica(leader).host)
  }

  /** Has it looked at again within `ms`. */
  #startTimer(ms: number): void {
    const waitMs = Math.min(ms, LOOK_MS)
    const dueMs = this.#options.monotonicMs() + waitMs
    if (this.#timer !== undefined && this.#timerDueMs <= dueMs) return
    clearTimeout(this.#timer)
    this.#timerDueMs = dueMs
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#attach()
      this.reap()
    }, waitMs)
    this.#timer.unref()
  }

  #addLarge(record: RecordParts, settled: BatchSettled | undefined): void {
    const {maxBatchBytes} = this.#options
    const bounds = 'max.message.bytes and segment.bytes'
    const builder = buildLarge(record, {nowMs: this.#nowMs, maxBatchBytes, bounds})
    this.#enqueue(builder.finish(), builder.count, {
      settled: settled === undefined ? [] : [settled],
      appended: settled === undefined,
    })
  }

  /** A program may have thousands of partitions: after a ring those are looked at that wait for something. */
  #lookOrRest(): void {
    const looks = this.#batches.length > 0 || !this.#left.isEmpty
    if (looks === this.#looks) return
    this.#looks = looks
    if (looks) this.#link.parking.add(this.#look)
    else this.#link.parking.remove(this.#look)
  }

  #holdOrRelease(): void {
    const pending = this.#waiting() > 0
    if (this.#flushes.length > 0) this.#endFlushes()
    if (this.#batches.length > 0) this.#startTimer(LOOK_MS)
    this.#lookOrRest()
    if (pending === this.#held) return
    this.#held = pending
    if (pending) this.#link.parking.hold()
    else this.#link.parking.release()
  }

  #endFlushes(): void {
    const oldest = this.#batches.find(({isGivenUp}) => !isGivenUp)?.number ?? Number.POSITIVE_INFINITY
    const over = this.#flushes.filter(({upTo}) => upTo < oldest)
    this.#flushes = this.#flushes.filter(({upTo}) => upTo >= oldest)
    for (const {resolve} of over) resolve()
  }
}

function needsOf(acks: Acks, durability: Durability): number {
  return (acks === -1 ? APPEND_NEEDS.minIsr : 0) | (durability === 'synced' ? APPEND_NEEDS.sync : 0)
}

/** What carries no batch. */
const QUESTION = {length: 0, records: 0, appended: false, acks: 1, durability: 'written', bytes: undefined} as const
/** Batches on their way at a time: the leader remembers as many of a producer, so that a retry is exact. */
const BATCHES_MAX = 64
/** What a leader refuses for now is sent again after so long. */
const RETRY_MS = 5
/** While anything is pending it is looked at that often even though nobody rings. */
const LOOK_MS = 100

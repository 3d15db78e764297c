import type {Crc32c} from '../engine/bytes/crc32c.ts'
import type {PartitionRow} from '../engine/cluster/partition-row.ts'
import {type ErrorCode, errorCodeOf, OdradekError} from '../engine/errors.ts'
import {SLOT_BYTES} from '../engine/limits.ts'
import {APPEND_NEEDS, REQUEST, type Reply} from '../engine/memory/inbox.ts'
import {BatchBuilder, type Bytes, type Header, recordSizeMax} from '../engine/record/batch-builder.ts'
import {sealBatch} from '../engine/record/batch-check.ts'
import {BATCH, stampProducer} from '../engine/record/record-batch.ts'
import type {ClusterLink} from './cluster-link.ts'
import type {HostInbox} from './host-inbox.ts'
import type {Durability} from './log-options.ts'
import type {Taken} from './send.ts'

/** Who must have a record for it to be acknowledged: the leader (1, and 0, which promises less), or the whole ISR (-1). */
export type Acks = -1 | 0 | 1

/** Told once what became of a batch. */
export type BatchSettled = (outcome: Taken | OdradekError) => void

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

/** A batch from when it was built until it is settled. It lies in a slot, or, while it waits for one, in bytes of its own. */
interface Batch {
  /** What is asked: to append, or something that carries no bytes. */
  readonly kind: number
  readonly argument: number
  readonly length: number
  readonly records: number
  readonly settled: readonly BatchSettled[]
  /** Whether it carries records whose failure nobody is told of by `settled`. */
  readonly appended: boolean
  readonly deadlineMs: number
  readonly acks: Acks
  readonly durability: Durability
  /** Bytes of its own, while it is in no slot. */
  bytes: Uint8Array | undefined
  /** Where it was sent: the slot, the inbox, and the leader epoch known then. */
  slot: number
  inbox: HostInbox | undefined
  leaderEpoch: number
  /** Whether `bytes` are a copy that counts as waiting. */
  kept: boolean
  /** The leader's answer, and the offset behind the batch. */
  stored: Taken | undefined
  end: number
  isSettled: boolean
  /** Whether a leader it was sent to before may have stored it: that one did not say. */
  mayBeStored: boolean
  /** Why a leader did not take it for now. */
  refusedAs: ErrorCode | undefined
  /** Its senders were told that it took too long. It stays in its place, for its sequences are taken. */
  isGivenUp: boolean
  /** Why it will not be stored; it leaves once it is the oldest. */
  refusal: OdradekError | undefined
}

/** What a sender tells its door. */
export interface SenderEvents {
  /** Records whose fate nobody waits for were not stored. */
  readonly failed: (error: OdradekError) => void
  /** The partition is gone for good: nothing is sent any more. */
  readonly gone: (error: OdradekError) => void
}

/** A slot that a host may still look at, though what was in it was sent elsewhere. */
interface Zombie {
  readonly inbox: HostInbox
  readonly slot: number
  readonly length: number
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
  readonly #builder: BatchBuilder
  readonly #events: SenderEvents
  #openSettled: BatchSettled[] = []
  #openWatched = 0
  /** The most that anybody wants of the open batch. */
  #openAcks: Acks = 1
  #openDurability: Durability = 'written'
  #nowMs = 0
  /** From the oldest that is not settled to the newest. The first `#sent` of them are in slots. */
  #batches: Batch[] = []
  #sent = 0
  #waitingBytes = 0
  #zombies: Zombie[] = []
  #drained: (() => void)[] = []
  /** Those who wait for everything to be settled. */
  #idle: (() => void)[] = []
  #draining = false
  #held = false
  /** Whether this sender is looked at after a ring. */
  #looks = false
  #timer: NodeJS.Timeout | undefined
  #retryAtMs = 0
  #producerEpoch = 0
  #nextSequence = 0
  /** Leader epoch under which batches are sent now, -1 while there is no leader. */
  #leaderEpoch = -1
  /** The last leader epoch in which a batch was stored: from then on that leader knows this producer, and refuses what leaves a gap. */
  #knownEpoch = -1
  #closed: OdradekError | undefined
  readonly #reply: Reply = {status: 0, baseOffset: 0, timestamp: 0}
  readonly #look = (): void => this.reap()

  constructor(link: ClusterLink, row: PartitionRow, options: PartitionSenderOptions, events: SenderEvents) {
    this.#link = link
    this.#row = row
    this.#options = options
    this.#builder = new BatchBuilder(Math.min(SLOT_BYTES, options.maxBatchBytes))
    this.#events = events
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
    this.#refuseExhausted(builder.size + (key?.length ?? 0) + (value?.length ?? 0))
    if (!builder.add(key, value, timestamp, headers)) {
      this.closeBatch()
      if (!builder.add(key, value, timestamp, headers)) {
        this.#addLarge({key, value, timestamp, headers}, settled)
        return -1
      }
    }
    if (settled !== undefined) this.#openWatched++
    return builder.count - 1
  }

  /** What is in the open batch, or added to it, wants to be at least as safe as this. */
  want(acks: Acks, durability: Durability): void {
    if (acks === -1) this.#openAcks = -1
    if (durability === 'synced') this.#openDurability = 'synced'
  }

  /** Has `settled` told what becomes of the open batch. */
  whenSettled(settled: BatchSettled): void {
    this.#openSettled.push(settled)
  }

  /** Sends the open batch. */
  closeBatch(): void {
    const builder = this.#builder
    if (builder.count === 0) return
    const appended = builder.count > this.#openWatched
    const settled = this.#openSettled
    this.#openSettled = []
    // what is being closed here is told by its batch
    this.#openWatched = builder.count
    this.#enqueue(builder, settled, appended)
    this.#openWatched = 0
    builder.reset()
  }

  /** Calls back when there is room for a while again; at once where there always was. */
  whenDrained(callback: () => void): void {
    this.reap()
    if (!this.#draining) callback()
    else this.#drained.push(callback)
  }

  cancelDrained(callback: () => void): void {
    this.#drained = this.#drained.filter(other => other !== callback)
  }

  /** Resolves when everything sent so far is settled, one way or the other. */
  settled(): Promise<void> {
    if (!this.isPending) return Promise.resolve()
    return new Promise(resolve => {
      this.#idle.push(resolve)
      this.reap()
    })
  }

  /** Asks the leader for something that carries no batch, and again where the leader changes before it answers. */
  async ask(kind: number, argument: number): Promise<number> {
    await this.settled()
    return new Promise((resolve, reject) => {
      if (this.#closed !== undefined) throw this.#closed
      this.#batches.push({
        ...this.#asked(kind, argument),
        settled: [outcome => (outcome instanceof OdradekError ? reject(outcome) : resolve(outcome.baseOffset))],
      })
      this.reap()
    })
  }

  /** Learns what was answered and what it is worth, and sends what waits. */
  reap(): void {
    this.#bury()
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
    if (this.#draining && this.#hasRoom()) this.#endDraining()
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
    for (const settled of this.#openSettled) settled(error)
    if (this.#builder.count > this.#openWatched) this.#events.failed(error)
    this.#openSettled = []
    this.#openWatched = 0
    this.#builder.reset()
    this.#endDraining()
    this.#holdOrRelease()
  }

  #enqueue(builder: BatchBuilder, settled: readonly BatchSettled[], appended: boolean): void {
    if (this.#closed !== undefined) {
      for (const each of settled) each(this.#closed)
      if (appended) this.#events.failed(this.#closed)
      return
    }
    const bytes = builder.finish()
    this.#stamp(bytes, builder.count)
    const batch: Batch = {
      ...this.#asked(REQUEST.append, needsOf(this.#openAcks, this.#openDurability)),
      length: bytes.length,
      records: builder.count,
      settled,
      appended,
      acks: this.#openAcks,
      durability: this.#openDurability,
      bytes,
    }
    this.#openAcks = 1
    this.#openDurability = 'written'
    this.#batches.push(batch)
    this.#row.waiters.add(this.#link.thread)
    this.#follow()
    this.#sendWaiting()
    // the topic may be found deleted just now
    if (batch.slot < 0 && this.#closed === undefined) {
      this.#keep(batch, bytes)
      this.#draining = true
    }
    this.#holdOrRelease()
  }

  #stamp(bytes: Uint8Array, records: number): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    stampProducer(view, 0, {
      producerId: this.#options.producerId,
      producerEpoch: this.#producerEpoch,
      baseSequence: this.#nextSequence,
    })
    this.#nextSequence = (this.#nextSequence + records) & SEQUENCE_MAX
    sealBatch(bytes, view, 0, this.#options.crc32c)
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
  #leave(batch: Batch): void {
    const {inbox, slot, length} = batch
    if (inbox === undefined || slot < 0) return
    if (length > 0) this.#keep(batch, inbox.sender.bytes(slot, length))
    this.#zombies.push({inbox, slot, length})
    if (!this.#isRefused(inbox, slot)) batch.mayBeStored = true
    // whoever gets it next says anew where it stands
    batch.stored = undefined
    batch.slot = -1
    batch.inbox = undefined
  }

  #isRefused({sender}: HostInbox, slot: number): boolean {
    if (!sender.isDone(slot)) return false
    sender.readReply(slot, this.#reply)
    return this.#reply.status !== 0
  }

  #keep(batch: Batch, bytes: Uint8Array): void {
    // a copy: `slice` of a Buffer is none
    batch.bytes = new Uint8Array(bytes)
    batch.kept = true
    this.#waitingBytes += batch.length
  }

  /** Frees slots that were left, once their host has answered; an answer to what was sent elsewhere means nothing. */
  #bury(): void {
    if (this.#zombies.length === 0) return
    this.#zombies = this.#zombies.filter(({inbox, slot, length}) => {
      if (!inbox.sender.isDone(slot) && !inbox.hasEnded) return true
      inbox.sender.free(slot, length)
      return false
    })
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
      batch.kept = false
      batch.bytes = undefined
      batch.slot = slot
      batch.inbox = inbox
      batch.leaderEpoch = this.#leaderEpoch
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
        const answer = this.#answer(batch)
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
      }
      if (batch.isSettled || !this.#isSafe(batch)) continue
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

  #answer(batch: Batch): 'none' | 'again' | 'renumber' | 'stored' | OdradekError {
    const inbox = batch.inbox!
    if (!inbox.sender.isDone(batch.slot)) return 'none'
    inbox.confirm()
    inbox.sender.readReply(batch.slot, this.#reply)
    const {status, baseOffset, timestamp} = this.#reply
    if (status === 0) {
      batch.stored = {baseOffset, timestamp}
      batch.end = baseOffset + batch.records
      if (batch.kind === REQUEST.append) this.#knownEpoch = batch.leaderEpoch
      return 'stored'
    }
    const code = errorCodeOf(status)
    if (code === 'DUPLICATE_SEQUENCE_NUMBER') {
      const {leader} = this.#row.leadership
      batch.stored = NOBODY_KNOWS_WHERE
      // somewhere below what the leader has; where another one leads by now, nobody looks at it
      batch.end = leader < 0 ? Number.POSITIVE_INFINITY : this.#row.replica(leader).writtenEnd
      this.#knownEpoch = batch.leaderEpoch
      return 'stored'
    }
    // what went before was stored by a leader whose dir is gone: the numbers begin anew
    if (code === 'OUT_OF_ORDER_SEQUENCE_NUMBER') return 'renumber'
    if (RETRIED.has(code)) {
      batch.refusedAs = code
      return 'again'
    }
    const {leader} = this.#row.leadership
    const host = leader < 0 ? -1 : this.#row.replica(leader).host
    const text = host < 0 ? undefined : this.#link.map.host(host).failure.readNote(status)
    return new OdradekError(code, text)
  }

  /** Whether a stored batch has got where the sender wanted it, under the leadership it was sent in. */
  #isSafe(batch: Batch): boolean {
    const {leader, leaderEpoch} = this.#row.leadership
    if (leader < 0 || leaderEpoch !== batch.leaderEpoch) return false
    const line = this.#row.replica(leader)
    const {end, acks, durability} = batch
    const reached =
      acks === -1
        ? durability === 'synced'
          ? line.syncedWatermark
          : line.highWatermark
        : durability === 'synced'
          ? line.syncedEnd
          : Number.POSITIVE_INFINITY
    // looked at again after the ends: they are this leadership's
    return reached >= end && this.#row.leadership.leaderEpoch === batch.leaderEpoch
  }

  /**
   * What is refused leaves once everything before it is settled. The batches behind it carry sequences that now leave a gap: they
   * are numbered anew, under the next producer epoch.
   */
  #dropRefused(): void {
    for (;;) {
      const batch = this.#batches[0]
      if (batch?.refusal === undefined) return
      this.#drop(batch, 0)
      if (batch.kind === REQUEST.append) this.#renumber(0)
      if (!batch.isGivenUp) this.#fail(batch, batch.refusal)
    }
  }

  /**
   * The leader lacks what went before the batch at `index`, or has forgotten it. What an earlier leader may have stored cannot be sent under
   * another number: it would be stored twice. Nobody can tell what became of it. The rest is numbered anew.
   */
  #leaveGap(index: number): void {
    this.#takeBack(index)
    const doubtful = this.#batches.slice(index).filter(({mayBeStored}) => mayBeStored)
    for (const batch of doubtful) this.#drop(batch, this.#batches.indexOf(batch))
    this.#renumber(index)
    for (const batch of doubtful) {
      if (batch.isGivenUp) continue
      const error = new OdradekError('OUT_OF_ORDER_SEQUENCE_NUMBER', 'the leader changed, and it may be stored or not')
      this.#fail(batch, error)
    }
  }

  #drop(batch: Batch, index: number): void {
    this.#batches.splice(index, 1)
    if (index < this.#sent) this.#sent--
    if (batch.kept) this.#waitingBytes -= batch.length
  }

  /** The batches from the `first` on, which nobody has, begin a new producer epoch. */
  #renumber(first: number): void {
    this.#producerEpoch++
    this.#nextSequence = 0
    for (const {bytes, records} of this.#batches.slice(first)) if (bytes !== undefined) this.#stamp(bytes, records)
  }

  #fail(batch: Batch, error: OdradekError): void {
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
      const error = new OdradekError(code, wanted)
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

  #startTimer(ms: number): void {
    if (this.#timer !== undefined) return
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined
        for (const {inbox} of this.#batches) inbox?.attach()
        this.reap()
      },
      Math.min(ms, LOOK_MS),
    )
    this.#timer.unref()
  }

  #refuseExhausted(length: number): void {
    if (this.#waitingBytes === 0 || this.#waitingBytes + length <= this.#options.bufferMemory) return
    this.reap()
    if (this.#waitingBytes === 0 || this.#waitingBytes + length <= this.#options.bufferMemory) return
    throw new OdradekError(
      'BUFFER_EXHAUSTED',
      `${this.#waitingBytes} bytes wait to be taken, bufferMemory is ${this.#options.bufferMemory}; await drained() when append returns false`,
    )
  }

  #addLarge(
    record: {
      key: Bytes | null
      value: Bytes | null
      timestamp: number | undefined
      headers: readonly Header[]
    },
    settled: BatchSettled | undefined,
  ): void {
    const {key, value, timestamp, headers} = record
    const wanted = BATCH.records + recordSizeMax(key, value, headers)
    const builder = new BatchBuilder(Math.min(wanted, this.#options.maxBatchBytes))
    builder.setNow(this.#nowMs)
    if (!builder.add(key, value, timestamp, headers) || builder.size > this.#options.maxBatchBytes) {
      throw new OdradekError(
        'MESSAGE_TOO_LARGE',
        `a record of about ${wanted} bytes; max.message.bytes and segment.bytes allow ${this.#options.maxBatchBytes}`,
      )
    }
    this.#enqueue(builder, settled === undefined ? [] : [settled], settled === undefined)
  }

  #endDraining(): void {
    this.#draining = false
    const callbacks = this.#drained
    this.#drained = []
    for (const callback of callbacks) callback()
  }

  #asked(kind: number, argument: number): Batch {
    return {
      kind,
      argument,
      length: 0,
      records: 0,
      settled: [],
      appended: false,
      deadlineMs: this.#options.monotonicMs() + this.#options.deliveryTimeoutMs,
      acks: 1,
      durability: 'written',
      bytes: undefined,
      slot: -1,
      inbox: undefined,
      leaderEpoch: -1,
      kept: false,
      stored: undefined,
      end: -1,
      isSettled: false,
      mayBeStored: false,
      refusedAs: undefined,
      isGivenUp: false,
      refusal: undefined,
    }
  }

  /** A program may have thousands of partitions: after a ring those are looked at that wait for something. */
  #lookOrRest(): void {
    const looks = this.#batches.length > 0 || this.#zombies.length > 0
    if (looks === this.#looks) return
    this.#looks = looks
    if (looks) this.#link.parking.add(this.#look)
    else this.#link.parking.remove(this.#look)
  }

  #holdOrRelease(): void {
    const pending = this.#waiting() > 0
    if (!pending && this.#idle.length > 0) {
      const idle = this.#idle
      this.#idle = []
      for (const each of idle) each()
    }
    if (this.#batches.length > 0) this.#startTimer(LOOK_MS)
    this.#lookOrRest()
    if (pending === this.#held) return
    this.#held = pending
    if (pending) this.#link.parking.hold()
    else this.#link.parking.release()
  }
}

function needsOf(acks: Acks, durability: Durability): number {
  return (acks === -1 ? APPEND_NEEDS.minIsr : 0) | (durability === 'synced' ? APPEND_NEEDS.sync : 0)
}

/** A leader that was started anew knows the newest batches of a producer, and that what comes before them is stored. */
const NOBODY_KNOWS_WHERE: Taken = {baseOffset: -1, timestamp: -1}
/** Batches on their way at a time: the leader remembers as many of a producer, so that a retry is exact. */
const BATCHES_MAX = 64
const SEQUENCE_MAX = 0x7fffffff
/** What a leader refuses for now is sent again after so long. */
const RETRY_MS = 5
/** While anything is pending it is looked at that often even though nobody rings. */
const LOOK_MS = 100
/** What another try, or another leader, may put right. */
const RETRIED: ReadonlySet<ErrorCode> = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_OR_FOLLOWER',
  'NOT_ENOUGH_REPLICAS',
  'KAFKA_STORAGE_ERROR',
])

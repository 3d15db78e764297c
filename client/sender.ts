import type {Crc32c} from '../engine/bytes/crc32c.ts'
import {OdradekError} from '../engine/errors.ts'
import {BATCHES_A_RING, BEHIND, PIPELINED} from '../engine/limits.ts'
import {type InboxSender, REQUEST, type Reply} from '../engine/memory/inbox.ts'
import {type BatchBuilder, type Bytes, type Header, recordSizeMax} from '../engine/record/batch-builder.ts'
import {sealBatch} from '../engine/record/batch-check.ts'
import {BATCH} from '../engine/record/record-batch.ts'
import {DrainWaiters} from './drain-waiters.ts'
import {type Link, linkGone, replicaFailure, syncProblem} from './link.ts'
import {bufferExhausted, buildLarge, OpenBatch} from './open-batch.ts'
import type {RecordParts} from './record.ts'

/** Told once what became of a request. */
export type Settled = (outcome: Reply | OdradekError) => void

/** A request on its way: in a slot (`slot` >= 0), or waiting for one with its bytes kept here. */
interface Request {
  readonly kind: number
  readonly length: number
  readonly argument: number
  readonly settled: readonly Settled[]
  /** Whether it carries records whose failure nobody is told of by `settled`. */
  readonly appended: boolean
  slot: number
  bytes: Uint8Array | undefined
}

export interface SenderOptions {
  readonly maxBatchBytes: number
  /** Bytes that may wait here for room in the inbox, give or take a batch. */
  readonly bufferMemory: number
  readonly crc32c: Crc32c
  /** Whether the process stays up until what was sent is synced, not only until it is answered. */
  readonly holdsUntilSynced: boolean
}

/**
 * This thread's sending end: builds batches, hands them to the replica thread through the inbox, and learns what became of
 * them. Requests are answered in the order they were sent. Where the inbox is full, batches wait here, up to `bufferMemory`.
 */
export class Sender {
  readonly #link: Link
  readonly #inbox: InboxSender
  readonly #options: SenderOptions
  readonly #open: OpenBatch<Settled>
  /** The open batch's. */
  readonly #builder: BatchBuilder
  #large: BatchBuilder | undefined
  #nowMs = 0
  /** From the oldest that is not answered to the newest. The first `#submitted` of them are in slots. */
  #requests: Request[] = []
  #first = 0
  #submitted = 0
  /** Submitted since the replica thread was last rung for. */
  #unrung = 0
  #waitingBytes = 0
  /** Until half of the slots are free again: whoever is told to go on can then do so for a while. */
  readonly #drained = new DrainWaiters()
  #onFailure: (error: OdradekError) => void
  readonly #reply: Reply = {status: 0, baseOffset: 0, timestamp: 0}
  readonly #look = (): void => this.reap()
  #held = false
  /** The turn has ended, and the open batch waits for an answer. */
  #lingers = false
  /** Base offset of the newest batch that is stored; the synced end is above it once that batch is synced. */
  #storedBase = -1
  #closed: OdradekError | undefined

  constructor(link: Link, inbox: InboxSender, options: SenderOptions, onFailure: (error: OdradekError) => void) {
    this.#link = link
    this.#inbox = inbox
    this.#options = options
    this.#open = new OpenBatch(options.maxBatchBytes)
    this.#builder = this.#open.builder
    this.#onFailure = onFailure
    link.parking.add(this.#look)
  }

  /** Whether a turn has ended and its batch is still open. */
  get lingers(): boolean {
    return this.#lingers
  }

  /** Records in the open batch. */
  get openCount(): number {
    return this.#builder.count
  }

  /** The time of records that bring none, from here on. */
  setNow(nowMs: number): void {
    this.#nowMs = nowMs
    this.#builder.setNow(nowMs)
  }

  /** Whether the caller should wait for `drained` before it sends more: batches wait here for room. */
  get isFull(): boolean {
    return this.#submitted < this.#requests.length - this.#first
  }

  /** Whether anything is not answered yet. */
  get isPending(): boolean {
    return this.#requests.length > this.#first || this.#builder.count > 0
  }

  /**
   * Adds a record to the open batch, which is sent when it is full, or by `closeBatch`, and returns its place in that batch.
   * A record too large for it goes out at once, in a batch of its own: then -1 is returned, and `settled` is told. Without
   * `settled` a failure goes to `onFailure`. Throws BUFFER_EXHAUSTED or MESSAGE_TOO_LARGE and then has not taken it.
   */
  add(
    key: Bytes | null,
    value: Bytes | null,
    timestamp: number | undefined,
    headers: readonly Header[],
    settled?: Settled,
  ): number {
    const builder = this.#builder
    if (builder.count === 0) this.#refuseExhausted(0)
    if (!builder.add(key, value, timestamp, headers)) {
      this.#refuseExhausted(builder.size + (key?.length ?? 0) + (value?.length ?? 0))
      this.#closeFullBatch()
      if (!builder.add(key, value, timestamp, headers)) {
        this.#addLarge({key, value, timestamp, headers}, settled)
        return -1
      }
    }
    if (settled !== undefined) this.#open.watch()
    return builder.count - 1
  }

  /** Adds a value to the open batch where that is all there is to do: no batch to begin or to end, nobody to be told to wait. Else `add` takes it. */
  addValue(value: Uint8Array): boolean {
    return !this.#lingers && !this.isFull && this.#builder.addValue(value)
  }

  /** Throws MESSAGE_TOO_LARGE for a record that no batch can hold. */
  checkSize(key: Bytes | null, value: Bytes | null, timestamp: number | undefined, headers: readonly Header[]): void {
    const characters = (key?.length ?? 0) + (value?.length ?? 0)
    if (headers.length === 0 && characters * UTF8_BYTES_MAX + BATCH_OVERHEAD_MAX < this.#options.maxBatchBytes) return
    this.#buildLarge({key, value, timestamp, headers})
  }

  /** Has `settled` told what becomes of the open batch. */
  whenSettled(settled: Settled): void {
    this.#open.whenSettled(settled)
  }

  /** Sends the open batch, or, with others on their way, as soon as they are answered: more come in meanwhile, and one large batch costs less than many small ones. */
  endTurn(): void {
    this.#ring()
    // an answer seen here is not waited for; the ring that told of it comes later
    if (this.#submitted > 0 && this.#inbox.isDone(this.#requests[this.#first]!.slot)) this.#reapDone()
    if (this.#requests.length - this.#first < PIPELINED) this.closeBatch()
    else this.#lingers = true
  }

  /** Sends the open batch. */
  closeBatch(): void {
    this.#closeBatch()
    this.#ring()
  }

  /** Sends a request that carries no batch, behind everything added so far. */
  request(kind: number, argument: number, settled: Settled): void {
    this.#closeBatch()
    this.#send({kind, argument, settled: [settled], appended: false}, undefined)
    this.#ring()
  }

  /** Calls back when there is room for a while again; at once where there always was. */
  whenDrained(callback: () => void): void {
    this.reap()
    this.#drained.add(callback)
  }

  cancelDrained(callback: () => void): void {
    this.#drained.cancel(callback)
  }

  /** Learns what was answered, frees its slots, and sends what waited for them. */
  reap(): void {
    const problem = this.#reapDone()
    this.#submitWaiting()
    if (problem !== undefined) this.#failAll(problem)
    if (this.#lingers) this.endTurn()
    if (this.#drained.isDraining && this.#submitted <= this.#inbox.slots / 2 && !this.isFull) this.#drained.end()
    this.#holdOrRelease()
  }

  /** Fails what is not answered, and whatever comes later. */
  close(): void {
    this.#closed = linkGone(this.#link) ?? new OdradekError('LOG_CLOSED')
    this.#link.parking.remove(this.#look)
    this.#failAll(this.#closed)
    this.reap()
  }

  #closeBatch(): void {
    const builder = this.#builder
    this.#lingers = false
    if (builder.count === 0) return
    this.#send({kind: REQUEST.append, argument: 0, ...this.#open.handOver()}, this.#finish(builder))
    this.#open.reset()
  }

  /** In the middle of a turn, where more is to come: the replica thread is woken for some at a time, and at the latest when the turn ends. */
  #closeFullBatch(): void {
    this.#closeBatch()
    if (this.#unrung >= BATCHES_A_RING || this.isFull) this.#ring()
  }

  /** The bytes of a batch. Where the replica thread is behind, the CRC, a quarter of its work, is computed here: soon where building the batch was the lesser work, else only once half of the inbox is full. */
  #finish(builder: BatchBuilder): Uint8Array {
    const bytes = builder.finish()
    const behind = builder.count <= FEW_RECORDS ? BEHIND : this.#inbox.slots / 2
    if (this.#submitted >= behind) {
      sealBatch(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, this.#options.crc32c)
    }
    return bytes
  }

  #buildLarge(record: RecordParts): BatchBuilder {
    const {maxBatchBytes} = this.#options
    const bounds = 'maxMessageBytes and segmentBytes'
    this.#large = buildLarge(record, {nowMs: this.#nowMs, maxBatchBytes, bounds, spare: this.#large})
    return this.#large
  }

  #addLarge(record: RecordParts, settled: Settled | undefined): void {
    const batch = this.#buildLarge(record)
    const asked = {kind: REQUEST.append, argument: 0, settled: settled === undefined ? [] : [settled]}
    this.#send({...asked, appended: settled === undefined}, this.#finish(batch))
    this.#ring()
  }

  /** Refuses what would make more than `bufferMemory` wait. Where nothing waits yet anything may: `append` returns false before it throws. */
  #refuseExhausted(length: number): void {
    if (this.#waitingBytes === 0) return
    this.#reapDone()
    this.#submitWaiting()
    const {bufferMemory} = this.#options
    if (this.#waitingBytes === 0 || this.#waitingBytes + length <= bufferMemory) return
    throw bufferExhausted(this.#waitingBytes, bufferMemory)
  }

  /** Sends at once where there is room, else keeps a copy of `bytes` until there is. */
  #send(asked: Pick<Request, 'kind' | 'argument' | 'settled' | 'appended'>, bytes: Uint8Array | undefined): void {
    if (this.#closed !== undefined) {
      for (const settled of asked.settled) settled(this.#closed)
      return
    }
    const {kind, argument, settled, appended} = asked
    const length = bytes?.length ?? 0
    const slot = this.isFull ? -1 : this.#claim(length)
    const request: Request = {kind, length, argument, settled, appended, slot, bytes: undefined}
    if (slot >= 0) this.#submit(request, bytes)
    else if (bytes !== undefined) {
      request.bytes = bytes.slice()
      this.#waitingBytes += length
    }
    if (slot < 0) this.#drained.begin()
    this.#requests.push(request)
    this.#holdOrRelease()
    // the ring that told of the end may have come before
    if (linkGone(this.#link) !== undefined) this.reap()
  }

  #claim(length: number): number {
    const slot = this.#inbox.claim(length)
    if (slot >= 0) return slot
    this.#reapDone()
    return this.#inbox.claim(length)
  }

  #submit(request: Request, bytes: Uint8Array | undefined): void {
    const {kind, argument} = request
    this.#inbox.submit(request.slot, bytes === undefined ? {kind, argument} : {kind, bytes})
    this.#submitted++
    this.#unrung++
  }

  /** Tells the replica thread of what was submitted. */
  #ring(): void {
    if (this.#unrung === 0) return
    this.#unrung = 0
    this.#link.map.doorbell.ring(this.#link.thread)
  }

  #submitWaiting(): void {
    while (this.isFull) {
      const request = this.#requests[this.#first + this.#submitted]!
      const slot = this.#inbox.claim(request.length)
      if (slot < 0) break
      request.slot = slot
      this.#submit(request, request.bytes)
      this.#waitingBytes -= request.bytes?.length ?? 0
      request.bytes = undefined
    }
    this.#ring()
  }

  /** Settles what is answered, oldest first; returns why nothing more will be, if that is so. */
  #reapDone(): OdradekError | undefined {
    // looked at before the slots: an answer that came before the end is not missed
    const problem = this.#submitted === 0 && !this.isFull ? undefined : linkGone(this.#link)
    while (this.#submitted > 0) {
      const request = this.#requests[this.#first]!
      if (!this.#inbox.isDone(request.slot)) break
      this.#inbox.readReply(request.slot, this.#reply)
      this.#inbox.free(request.slot, request.length)
      this.#first++
      this.#submitted--
      this.#settle(request, this.#reply)
    }
    if (this.#first > COMPACT_AT) {
      this.#requests = this.#requests.slice(this.#first)
      this.#first = 0
    }
    return problem
  }

  #settle(request: Request, reply: Reply): void {
    if (reply.status === 0) {
      if (request.kind === REQUEST.append) this.#storedBase = reply.baseOffset
      for (const settled of request.settled) settled(reply)
      return
    }
    const otherwise = request.kind === REQUEST.append ? 'a batch was not stored' : 'a request was refused'
    const error = replicaFailure(this.#link, reply.status, otherwise)
    for (const settled of request.settled) settled(error)
    if (request.appended) this.#onFailure(error)
  }

  /** The replica thread is gone: everything that is not answered has failed, whatever became of it. */
  #failAll(error: OdradekError): void {
    const requests = this.#requests.slice(this.#first)
    const open = this.#open.handOver()
    const lost = requests.some(request => request.appended) || open.appended
    this.#requests = []
    this.#first = 0
    this.#submitted = 0
    this.#waitingBytes = 0
    this.#open.reset()
    for (const request of requests) for (const settled of request.settled) settled(error)
    for (const settled of open.settled) settled(error)
    if (lost) this.#onFailure(error)
  }

  #holdOrRelease(): void {
    const pending = this.#requests.length > this.#first || this.#awaitsSync()
    if (pending === this.#held) return
    this.#held = pending
    if (pending) this.#link.parking.hold()
    else this.#link.parking.release()
  }

  #awaitsSync(): boolean {
    if (!this.#options.holdsUntilSynced || this.#storedBase < this.#link.map.replica.syncedEnd) return false
    return this.#closed === undefined && syncProblem(this.#link) === undefined
  }
}

/** Bytes that one UTF-16 unit can take. */
const UTF8_BYTES_MAX = 3
/** What a batch of one record without headers takes beside its key and value, at most. */
const BATCH_OVERHEAD_MAX = BATCH.records + recordSizeMax(null, null)

/** A batch of at most so many records took this thread less time to build than it takes the other to store. */
const FEW_RECORDS = 128

/** Answered requests are dropped from the front of the list this many at a time. */
const COMPACT_AT = 64

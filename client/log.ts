import {OdradekError} from '../engine/errors.ts'
import {offsetForTimestamp} from '../engine/log/timestamp-lookup.ts'
import type {Reply} from '../engine/memory/inbox.ts'
import {REQUEST} from '../engine/memory/inbox.ts'
import {checkDeletion, checkDurability, checkOptions, checkTimestamp, describe} from './arguments.ts'
import {decompress} from './codecs.ts'
import {drained} from './drained.ts'
import {linkGone, syncProblem} from './link.ts'
import type {LogHandle} from './log-handle.ts'
import type {LogHome} from './log-home.ts'
import type {Durability} from './log-options.ts'
import {compactionErrorOf, type LogMetrics, type VerifyReport} from './log-report.ts'
import {OpenReaders} from './open-readers.ts'
import {checkReaderOptions, resolveFrom} from './read-from.ts'
import {Reader, type ReaderOptions, type ReadFrom} from './reader.ts'
import {checkNames, checkRecord, NO_HEADERS, type RecordInput, toHeaders, toParts} from './record.ts'
import {Send, type SendResult} from './send.ts'
import {Sender} from './sender.ts'
import {type SyncedWaiter, SyncedWaiters} from './synced-waiters.ts'
import {TurnEnds} from './turn-ends.ts'

/**
 * A durable, ordered log of records: this thread's door to it. Everything here is for one thread; other threads attach with
 * the `handle` and have doors of their own. Obtained from `openLog` or `attachLog`.
 */
export class Log {
  /** Settles when the log is closed: fulfilled, or rejected with the first failure of something appended or of the replica thread. */
  readonly closed: Promise<void>
  readonly handle: LogHandle
  readonly #home: LogHome
  readonly #sender: Sender
  readonly #synced: SyncedWaiters
  readonly #readers = new OpenReaders()
  readonly #ends: TurnEnds
  #failure: OdradekError | undefined
  #firstFailure: OdradekError | undefined
  #closing: Promise<void> | undefined
  #settleClosed!: {resolve: () => void; reject: (error: unknown) => void}

  /** @internal */
  constructor(home: LogHome) {
    this.#home = home
    this.handle = home.handle
    this.closed = new Promise((resolve, reject) => {
      this.#settleClosed = {resolve, reject}
    })
    // whoever does not look at it must not be punished for that
    this.closed.catch(() => {})
    this.#sender = new Sender(home.link, home.inbox, home.sender, error => this.#failed(error))
    this.#ends = new TurnEnds(
      () => this.#sender.endTurn(),
      () => this.#sender.closeBatch(),
    )
    this.#synced = new SyncedWaiters(home.link)
    home.ended.then(() => this.#ended())
  }

  /** First offset that can be read. */
  get logStartOffset(): number {
    return this.#home.link.map.replica.logStartOffset
  }

  /** Offset behind the last record a reader sees. */
  get highWatermark(): number {
    return this.#home.link.map.replica.highWatermark
  }

  /** Offset the next record gets. */
  get logEndOffset(): number {
    return this.#home.link.map.replica.writtenEnd
  }

  /** Everything below it survives power loss. */
  get syncedOffset(): number {
    return this.#home.link.map.replica.syncedEnd
  }

  /**
   * Adds a record and returns at once. It is on its way with the others of this turn of the event loop, or as soon as a
   * batch is full; nothing more is needed for it to be stored. Returns false when the log is behind and the caller should
   * `await log.drained()` before more, as a stream's `write` does. A failure surfaces at the next `append`, `flush` or
   * `close`, and in `closed`. Throws INVALID_RECORD, MESSAGE_TOO_LARGE, BUFFER_EXHAUSTED or LOG_CLOSED and then has not taken it.
   * That a record has no unknown properties is checked for the first two of each batch only; `send` checks all.
   */
  append(record: RecordInput): boolean {
    if (this.#closing !== undefined) this.#requireOpen()
    if (this.#failure !== undefined) this.#surface()
    const sender = this.#sender
    if (record instanceof Uint8Array && sender.addValue(record)) return true
    const {openCount} = sender
    if (openCount === 0) this.#startTurn()
    else if (sender.lingers) sender.setNow(this.#home.nowMs())
    let place: number
    if (typeof record === 'string' || record instanceof Uint8Array) {
      place = sender.add(null, record, undefined, NO_HEADERS)
    } else {
      checkRecord(record)
      // one of a batch's first two speaks for the rest, which mostly come from the same line of code
      if (openCount <= 1) checkNames(record)
      const {key = null, value, headers, timestamp} = record
      place = sender.add(key, value, timestamp, headers === undefined ? NO_HEADERS : toHeaders(headers))
    }
    // a new batch was begun: its records get a new time, and it must not wait for another turn
    if (place === 0) this.#startTurn()
    return !sender.isFull
  }

  /** Resolves when there is room to append again: half of what may be on its way, once that was full. */
  async drained(options: {signal?: AbortSignal} = {}): Promise<void> {
    return drained(this.#sender, options, () => this.#requireOpen())
  }

  /**
   * Adds records and resolves when they are stored as safely as `durability` (default: the log's) says. Records keep the
   * order of the calls. Rejects with the typed error of the first part that failed; on INVALID_RECORD and MESSAGE_TOO_LARGE
   * none was taken. On any other error parts may be stored all the same: a batch, of up to 64 KiB, is stored whole or not at all, and
   * a later batch may find the room that an earlier one did not.
   */
  send(records: RecordInput | readonly RecordInput[], options?: {durability?: Durability}): Promise<SendResult> {
    // what is thrown in here rejects
    return new Promise((resolve, reject) => {
      if (options !== undefined) checkOptions('send', options, ['durability'])
      const durability = this.#durability(options?.durability)
      this.#requireTaking()
      const send = new Send(durability, {resolve, reject, awaitSynced: this.#awaitSynced})
      if (Array.isArray(records)) this.#sendAll(send, records as readonly RecordInput[])
      else this.#sendOne(send, records as RecordInput)
    })
  }

  /** Sends what is appended and resolves when all of it is stored as safely as `durability` (default: the log's) says. Rejects with the failure of anything appended. */
  async flush(options: {durability?: Durability} = {}): Promise<void> {
    checkOptions('flush', options, ['durability'])
    const durability = this.#durability(options.durability)
    this.#requireOpen()
    this.#surface()
    const {baseOffset: end} = await this.#ask(durability === 'synced' ? REQUEST.sync : REQUEST.flush, 0)
    this.#surface()
    if (durability === 'synced') await this.#reachSynced(end)
  }

  /**
   * For exit handlers only, where nothing can be awaited: sends what is appended and spins until it is stored as safely as
   * the log's durability says, at most `timeoutMs` (default 1000). Throws FLUSH_TIMED_OUT, or the failure of anything
   * appended. Of a closed log there is nothing to store.
   */
  flushSync(options: {timeoutMs?: number} = {}): void {
    checkOptions('flushSync', options, ['timeoutMs'])
    const {timeoutMs = 1000} = options
    if (!(typeof timeoutMs === 'number' && timeoutMs >= 0))
      throw new OdradekError('INVALID_ARGUMENT', `timeoutMs is a number from 0, not ${describe(timeoutMs)}`)
    const {monotonicMs, link} = this.#home
    const deadline = monotonicMs() + timeoutMs
    let end = 0
    if (this.#closing === undefined) {
      this.#sender.request(REQUEST.flush, 0, outcome => {
        if (outcome instanceof OdradekError) this.#failure ??= outcome
        else end = outcome.baseOffset
      })
    }
    while (this.#sender.isPending || (this.handle.durability === 'synced' && this.syncedOffset < end)) {
      const problem = this.#sender.isPending ? undefined : syncProblem(link)
      if (problem !== undefined) throw problem
      if (monotonicMs() > deadline)
        throw new OdradekError('FLUSH_TIMED_OUT', `not everything is stored after ${timeoutMs} ms`)
      this.#sender.reap()
    }
    this.#surface()
  }

  /** A reader of its own; see `ReaderOptions`. Throws OFFSET_OUT_OF_RANGE for an offset outside the log. */
  reader(options: ReaderOptions = {}): Reader {
    this.#requireOpen()
    checkReaderOptions(options)
    const {link, source} = this.#home
    const resolve = (from: ReadFrom, end: number): number => resolveFrom(this, from, end)
    const {map, thread, parking} = link
    return new Reader(
      {
        line: () => map.replica,
        source: () => source,
        ended: () => linkGone(link),
        waiters: map.waiters,
        thread,
        parking,
        resolve,
        open: this.#readers,
        monotonicMs: this.#home.monotonicMs,
        decompress,
      },
      options,
    )
  }

  /** Offset of the first record that is not older than `timestamp` (ms since 1970), or undefined where there is none. */
  offsetForTimestamp(timestamp: number): number | undefined {
    checkTimestamp(timestamp)
    this.#requireOpen()
    return offsetForTimestamp(this.#home.source, timestamp, this.highWatermark)
  }

  /** Gives up the records below `offset` (-1: below the high watermark) and resolves to the new log start. Their files go with the next look of retention. */
  async deleteRecordsBefore(offset: number): Promise<number> {
    checkDeletion(offset)
    this.#requireOpen()
    if (offset > this.highWatermark)
      throw new OdradekError(
        'OFFSET_OUT_OF_RANGE',
        `cannot delete before ${offset}: the log is [${this.logStartOffset}, ${this.highWatermark})`,
      )
    return (await this.#ask(REQUEST.deleteRecords, offset)).baseOffset
  }

  /** Reads every segment and index in full, several at a time on other threads, and tells what is damaged. Changes nothing. */
  async verify(): Promise<VerifyReport> {
    this.#requireOpen()
    return this.#home.verify(this.logEndOffset)
  }

  /** How the log is doing, read from shared memory without a message. */
  metrics(): LogMetrics {
    const {replica} = this.#home.link.map
    const {batches, appendedBytes, syncs, segments, sizeBytes} = replica.counters()
    return {
      logStartOffset: replica.logStartOffset,
      highWatermark: replica.highWatermark,
      logEndOffset: replica.writtenEnd,
      syncedOffset: replica.syncedEnd,
      batches,
      appendedBytes,
      syncs,
      segments,
      sizeBytes,
      compaction: replica.compaction(),
      compactionError: compactionErrorOf(replica),
      attachedThreads: this.#home.link.map.threads.taken,
      idleMs: Math.max(0, this.#home.monotonicMs() - replica.beatMs),
    }
  }

  /**
   * Stores what is appended, ends readers and waits, and lets go of the log; for the thread that opened it, closes it for all.
   * Rejects with a failure of something appended that has not surfaced yet; the log is closed all the same.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    this.#readers.closeAll()
    let problem: unknown
    try {
      if (linkGone(this.#home.link) === undefined) {
        const {baseOffset: end} = await this.#ask(REQUEST.flush, 0)
        if (this.handle.durability === 'synced' || this.#synced.isWaiting) await this.#reachSynced(end)
      }
    } catch (error) {
      // another thread closed the log first: what that lost of ours is told below
      if ((error as OdradekError).code !== 'LOG_CLOSED') problem = error
    }
    try {
      await this.#home.shutDown(this.#sender)
    } catch (error) {
      problem ??= error
    }
    this.#sender.close()
    this.#synced.close()
    this.#home.link.parking.close()
    problem = this.#failure ?? problem
    if (this.#firstFailure === undefined && problem === undefined) this.#settleClosed.resolve()
    else this.#settleClosed.reject(this.#firstFailure ?? problem)
    if (problem !== undefined) throw problem
  }

  /** The replica thread has ended, and not because of us: whoever waits is told, and nothing is waited for any more. */
  #ended(): void {
    if (this.#closing !== undefined) return
    const gone = linkGone(this.#home.link)
    if (gone?.code === 'REPLICA_CRASHED') this.#failed(gone)
    this.#home.link.parking.close()
    if (this.#firstFailure === undefined) this.#settleClosed.resolve()
    else this.#settleClosed.reject(this.#firstFailure)
  }

  #failed(error: OdradekError): void {
    this.#failure ??= error
    this.#firstFailure ??= error
  }

  /** Throws a failure that nobody has seen; it is seen then. */
  #surface(): void {
    const failure = this.#failure
    this.#failure = undefined
    if (failure !== undefined) throw failure
  }

  #requireOpen(): void {
    if (this.#closing !== undefined) throw new OdradekError('LOG_CLOSED')
  }

  #requireTaking(): void {
    this.#requireOpen()
    const problem = syncProblem(this.#home.link)
    if (problem !== undefined) throw problem
  }

  #sendAll(send: Send, records: readonly RecordInput[]): void {
    if (records.length === 0) throw new OdradekError('INVALID_RECORD', 'send takes at least one record')
    const parts = records.map(record => toParts(record))
    for (const {key, value, timestamp, headers} of parts) this.#sender.checkSize(key, value, timestamp, headers)
    this.#sender.setNow(this.#home.nowMs())
    try {
      for (const part of parts) send.add(this.#sender, part)
    } finally {
      // what was taken before a throw goes out as well
      this.#ends.withMicrotask()
      send.complete()
    }
  }

  #sendOne(send: Send, record: RecordInput): void {
    const parts = toParts(record)
    this.#sender.setNow(this.#home.nowMs())
    send.add(this.#sender, parts)
    this.#ends.withMicrotask()
    send.complete()
  }

  #startTurn(): void {
    this.#requireTaking()
    this.#sender.setNow(this.#home.nowMs())
    this.#ends.withTurn()
  }

  #ask(kind: number, argument: number): Promise<Reply> {
    return new Promise((resolve, reject) => {
      this.#sender.request(kind, argument, outcome => {
        if (outcome instanceof OdradekError) reject(outcome)
        else resolve({...outcome})
      })
    })
  }

  readonly #awaitSynced = (waiter: SyncedWaiter): void => {
    if (this.handle.durability === 'synced') {
      this.#synced.add(waiter)
      return
    }
    // the sender is in the midst of its answers
    queueMicrotask(() => {
      this.#sender.request(REQUEST.sync, 0, ignore)
      this.#synced.add(waiter)
    })
  }

  #reachSynced(end: number): Promise<void> {
    return new Promise((reached, failed) => this.#synced.add({end, reached, failed}))
  }

  #durability(asked: Durability | undefined): Durability {
    if (asked === undefined) return this.handle.durability
    checkDurability(asked)
    return asked
  }
}

function ignore(): void {}

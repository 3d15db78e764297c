import type {ReplicaLine} from '../engine/cluster/replica-line.ts'
import {OdradekError} from '../engine/errors.ts'
import type {LogReader, LogSource} from '../engine/log/log-reader.ts'
import type {WaiterMask} from '../engine/memory/waiter-mask.ts'
import {ATTRIBUTES, BATCH, baseOffset, batchSize} from '../engine/record/record-batch.ts'
import {RecordWalker} from '../engine/record/record-walker.ts'
import {BatchRecords, type Decompress} from '../engine/view/batch-records.ts'
import {checkOptions, checkSignal, describe} from './arguments.ts'
import {LogRecord, RecordView} from './log-record.ts'
import type {OpenReaders} from './open-readers.ts'
import type {Parking} from './parking.ts'
import {SourceReader} from './source-reader.ts'

/** Where a reader starts: an end of the log, an offset, the first record not older than a time (ms since 1970), or the last `n` records. */
export type ReadFrom = 'earliest' | 'latest' | number | {readonly timestamp: number} | {readonly last: number}

export interface ReaderOptions {
  /** Default `earliest`. */
  from?: ReadFrom
  /** Whether `batches()` and the iterator wait for more at the end of the log. Default false: they end there. */
  follow?: boolean
  /** How far to read: what is `written`, or only what is `synced` and so survives power loss. Default `written`. */
  level?: 'written' | 'synced'
  /** Ends what waits: `wait` rejects with the signal's reason, the iterators throw it. */
  signal?: AbortSignal
}

/** Makes what is given for a record: `bytes` are the walker's from `start` on. */
export type TakeRecord<T> = (walker: RecordWalker, bytes: Uint8Array, start: number) => T

const toLogRecord: TakeRecord<LogRecord> = (walker, bytes, start) => new LogRecord(walker, bytes, start)

/** What a reader needs of its log. */
export interface ReaderHome {
  /** The line whose ends say how far to read. */
  readonly line: () => ReplicaLine
  /** Where to read: the same object until that changes. */
  readonly source: () => LogSource
  /** Why nothing more will come, or undefined. */
  readonly ended: () => OdradekError | undefined
  /**
   * What is read at `offset` fails its check: whether it may be read later, from somebody else. Then it tells when to try; undefined
   * where it stays as it is. Missing where nobody else has it.
   */
  readonly doubt?: (offset: number) => (() => boolean) | undefined
  readonly waiters: WaiterMask
  /** This thread's place among those that wait. */
  readonly thread: number
  readonly parking: Parking
  readonly resolve: (from: ReadFrom, end: number) => number
  readonly open: OpenReaders
  readonly monotonicMs: () => number
  readonly decompress: Decompress
}

/**
 * Reads a log in order, from shared memory where that shows the records and from the segment files where it does not. It
 * sends no message and holds nothing up: any number of readers, in any thread.
 */
export class Reader {
  readonly #home: ReaderHome
  readonly #files: SourceReader
  readonly #options: Required<Omit<ReaderOptions, 'signal' | 'from'>> & {signal: AbortSignal | undefined}
  readonly #view = new RecordView()
  /** Walks the bytes that are shown now; it stands within the batch that ends at `#batchEnd`. */
  #walker: RecordWalker | undefined
  #batchEnd = 0
  #shownEnd = 0
  #position: number
  #closed = false
  /** Whether the bytes at the position, which failed their check, may be tried again. */
  #mayTry: (() => boolean) | undefined
  #tries = 0
  #waiters: (() => void)[] = []
  readonly #look = (): void => this.#wake()

  /** @internal */
  constructor(home: ReaderHome, options: ReaderOptions) {
    const {from = 'earliest', follow = false, level = 'written', signal} = options
    this.#home = home
    this.#options = {follow, level, signal}
    this.#files = new SourceReader(home.source())
    this.#position = home.resolve(from, this.#end())
    home.open.add(this, this.#files)
  }

  /** Offset of the next record it gives. */
  get position(): number {
    return this.#position
  }

  /** Goes on from there; the next record is the first at or behind it. Throws OFFSET_OUT_OF_RANGE outside the log. */
  seek(from: ReadFrom): void {
    this.#live()
    this.#position = this.#home.resolve(from, this.#end())
    this.#walker = undefined
    this.#shownEnd = 0
    this.#batchEnd = 0
    this.#mayTry = undefined
    // there may be something to read now for those who wait
    this.#wake()
  }

  /**
   * Calls `handler` with up to `max` records that are there now, without waiting, and returns how many. The record is one
   * object used over and over: take what you need before the handler returns (an async handler is refused). Where the handler throws, its record counts
   * as not given. The handler may seek, and may close the reader.
   */
  poll(handler: (record: RecordView) => void, max: number = Number.POSITIVE_INFINITY): number {
    this.#live()
    if (typeof handler !== 'function') throw new OdradekError('INVALID_ARGUMENT', 'poll takes a handler')
    if (!(typeof max === 'number' && max >= 0))
      throw new OdradekError('INVALID_ARGUMENT', `max is a number from 0, not ${describe(max)}`)
    const view = this.#view
    let given = 0
    let inHand = -1
    try {
      while (given < max && !this.#closed && this.#advance()) {
        const walker = this.#walker!
        // on within the batch, unless the handler has sought elsewhere
        do {
          inHand = walker.offset
          this.#position = inHand + 1
          RecordView.show(view, walker)
          const result: unknown = handler(view)
          if (result !== undefined) refusePromise(result)
          inHand = -1
          given++
        } while (given < max && this.#walker === walker && !this.#closed && walker.next())
      }
    } catch (error) {
      if (inHand >= 0) this.#position = inHand
      // the record the handler threw at is given again: show its bytes anew
      this.#shownEnd = 0
      this.#batchEnd = 0
      this.#walker = undefined
      throw error
    } finally {
      RecordView.show(view, undefined)
    }
    return given
  }

  /**
   * @internal The records of one read, made by `make` from the walker that stands on them and from bytes that are theirs from then on; none where nothing is there
   * now. For who has another shape for them, and reads many partitions.
   */
  take<T>(make: TakeRecord<T>): T[] {
    this.#live()
    return this.#takeAll(make)
  }

  /**
   * @internal Whether there is something to read, or nothing more will come. Where not, whoever writes rings this thread: to be asked again after
   * each ring.
   */
  isReady(): boolean {
    // the bit stands before the look: an end published after it rings this thread
    this.#home.waiters.add(this.#home.thread)
    return this.#closed || (this.#position < this.#end() && !this.#isHeldUp) || this.#home.ended() !== undefined
  }

  /** @internal Offset behind the last record there is to read. */
  get end(): number {
    return this.#end()
  }

  /** Gives the records in arrays, as many as one read finds. Each is read only when asked for, so a slow loop slows the reader and nothing else. */
  async *batches(): AsyncGenerator<LogRecord[], void, void> {
    try {
      for (;;) {
        this.#options.signal?.throwIfAborted()
        const records = this.#takeAll(toLogRecord)
        if (records.length > 0) yield records
        else if (this.#closed || !(this.#options.follow || this.#isHeldUp) || !(await this.wait())) return
      }
    } finally {
      // whoever reads on has it opened again
      this.#files.close()
    }
  }

  /** Gives the records one by one; `batches()` is many times faster. */
  async *[Symbol.asyncIterator](): AsyncGenerator<LogRecord, void, void> {
    next: for await (const records of this.batches()) {
      const behindAll = this.#position
      for (const record of records) {
        // whoever breaks off here can go on behind this record
        this.#position = record.offset + 1
        yield record
        if (this.#closed || this.#position !== record.offset + 1) continue next
      }
      this.#position = behindAll
    }
  }

  /** Waits until there is something to read: true. False when the log or the reader was closed first. Rejects when this signal or the reader's aborts. */
  async wait(options: {signal?: AbortSignal} = {}): Promise<boolean> {
    checkOptions('wait', options, ['signal'])
    checkSignal(options.signal)
    const signals = [options.signal, this.#options.signal].filter(signal => signal !== undefined)
    for (const signal of signals) signal.throwIfAborted()
    if (this.#closed) return false
    return new Promise<boolean>((resolve, reject) => {
      let settled = false
      const settle = (): void => {
        // holding the parking may look, and so come by here, before the look that follows it
        if (settled) return
        // looked at before the end: what came before the thread went is there to read
        const gone = this.#home.ended()
        const more = this.#position < this.#end() && !this.#isHeldUp
        if (!more && !this.#closed && gone === undefined) return
        done()
        if (more && !this.#closed) resolve(true)
        else if (gone?.code === 'REPLICA_CRASHED') reject(gone)
        else resolve(false)
      }
      const abort = (event: Event): void => {
        done()
        reject((event.target as AbortSignal).reason)
      }
      const done = (): void => {
        settled = true
        this.#waiters = this.#waiters.filter(waiter => waiter !== settle)
        if (this.#waiters.length === 0) parking.remove(this.#look)
        for (const signal of signals) signal.removeEventListener('abort', abort)
        parking.release()
      }
      for (const signal of signals) signal.addEventListener('abort', abort, {once: true})
      const {waiters, thread, parking} = this.#home
      this.#waiters.push(settle)
      parking.add(this.#look)
      // the bit stands before the look: an end published after it rings this thread
      waiters.add(thread)
      parking.hold()
      settle()
    })
  }

  /**
   * Blocks the whole thread until there is something to read: true. False when the log or the reader was closed first, or nothing came for
   * `timeoutMs` (default 1000). For worker threads that do little but read: it wakes sooner than the promise of `wait` can. Timers, messages and
   * what this thread itself appended come to a stand meanwhile, and so does what tells an attached thread that its log's opener is gone: let the
   * event loop run between two waits that gave false.
   */
  waitSync(options: {timeoutMs?: number} = {}): boolean {
    checkOptions('waitSync', options, ['timeoutMs'])
    const {timeoutMs = 1000} = options
    if (!(typeof timeoutMs === 'number' && timeoutMs >= 0))
      throw new OdradekError('INVALID_ARGUMENT', `timeoutMs is a number from 0, not ${describe(timeoutMs)}`)
    const {waiters, thread, parking, monotonicMs} = this.#home
    const deadlineMs = monotonicMs() + timeoutMs
    for (;;) {
      const seen = parking.count()
      // the bit stands before the look: an end published after it rings this thread
      waiters.add(thread)
      // looked at before the end: what came before the thread went is there to read
      const gone = this.#home.ended()
      if (this.#closed) return false
      if (this.#position < this.#end()) return true
      if (gone?.code === 'REPLICA_CRASHED') throw gone
      const leftMs = deadlineMs - monotonicMs()
      if (gone !== undefined || leftMs <= 0) return false
      parking.block(seen, leftMs)
    }
  }

  /** Lets go of its file and ends its iterators and waits. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#files.close()
    for (const waiter of [...this.#waiters]) waiter()
    this.#home.open.delete(this.#files)
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #wake(): void {
    if (this.#waiters.length === 0) return
    // a ring takes the bit away; whoever goes on waiting sets it again before looking
    this.#home.waiters.add(this.#home.thread)
    for (const waiter of [...this.#waiters]) waiter()
  }

  #end(): number {
    const line = this.#home.line()
    // a leader may have synced what the others do not have yet
    return this.#options.level === 'synced' ? Math.min(line.syncedEnd, line.highWatermark) : line.highWatermark
  }

  /** Moves the walker to the record at or behind `#position`; false where there is none yet. */
  #advance(): boolean {
    for (;;) {
      const walker = this.#walker
      if (walker !== undefined) {
        while (walker.next()) if (walker.offset >= this.#position) return true
        if (walker.problem !== undefined) throw new OdradekError('CORRUPT_MESSAGE', walker.problem)
        if (this.#batchEnd < this.#shownEnd) {
          this.#walker = this.#enter(this.#batchEnd)
          continue
        }
        this.#position = Math.max(this.#position, this.#reader.nextOffset)
      }
      if (this.#isHeldUp) return false
      const end = this.#end()
      const found = this.#read(end)
      if (found === undefined) return false
      if (!found) {
        // a gap that reaches up to the end: nothing in it is still to come, so nobody may go on waiting in front of it
        this.#position = Math.max(this.#position, end)
        this.#walker = undefined
        return false
      }
      this.#shownEnd = this.#reader.end
      this.#walker = this.#enter(this.#reader.start)
    }
  }

  /** Reads at the position; undefined where what is there fails its check and may be read from somebody else later. */
  #read(end: number): boolean | undefined {
    try {
      const found = this.#files.on(this.#home.source()).read(this.#position, end)
      this.#tries = 0
      return found
    } catch (error) {
      // files that went with their topic are not damage
      if (this.#home.ended()?.code === 'LOG_CLOSED') return false
      if (!(error instanceof OdradekError && error.code === 'CORRUPT_MESSAGE')) throw error
      this.#mayTry = ++this.#tries < TRIES_MAX ? this.#home.doubt?.(this.#position) : undefined
      if (this.#mayTry === undefined) throw error
      this.#walker = undefined
      return undefined
    }
  }

  get #isHeldUp(): boolean {
    if (this.#mayTry?.() === true) this.#mayTry = undefined
    return this.#mayTry !== undefined
  }

  /** All records of one read, as objects over bytes that are theirs from then on. */
  #takeAll<T>(make: TakeRecord<T>): T[] {
    const records: T[] = []
    if (this.#closed || !this.#advance()) return records
    // records that are held keep their bytes alive: a few must not keep a whole buffer
    const {start, end, bytes} = this.#reader
    const few = end - start < bytes.length / KEPT_SHARE
    // a copy: `slice` of a Buffer is none
    const [kept, keptStart] = few ? [new Uint8Array(bytes.subarray(start, end)), start] : [bytes, 0]
    for (;;) {
      const walker = this.#walker!
      const isPlain = walker.bytes === bytes
      do
        if (walker.offset >= this.#position)
          records.push(isPlain ? make(walker, kept, keptStart) : make(walker, walker.bytes, 0))
      while (walker.next())
      if (walker.problem !== undefined) throw new OdradekError('CORRUPT_MESSAGE', walker.problem)
      if (!this.#nextReadable()) break
    }
    if (this.#batchEnd >= this.#shownEnd) this.#position = Math.max(this.#position, this.#reader.nextOffset)
    if (!few) this.#reader.detach()
    this.#walker = undefined
    this.#shownEnd = 0
    this.#batchEnd = 0
    return records
  }

  /** Moves to the first record of the next batch shown, over ones without records; false behind the last. */
  #nextBatch(): boolean {
    while (this.#batchEnd < this.#shownEnd) {
      const walker = this.#enter(this.#batchEnd)
      this.#walker = walker
      if (walker.next()) return true
      if (walker.problem !== undefined) throw new OdradekError('CORRUPT_MESSAGE', walker.problem)
    }
    return false
  }

  /** The same for who has records in hand: they are handed out before a batch that cannot be read is told of. */
  #nextReadable(): boolean {
    try {
      return this.#nextBatch()
    } catch (error) {
      if (!(error instanceof OdradekError && error.code === 'UNSUPPORTED_COMPRESSION_TYPE')) throw error
      this.#batchEnd = 0
      return false
    }
  }

  /** A walker in front of the records of the batch that begins at `at`: compressed ones are walked in a plain copy. */
  #enter(at: number): RecordWalker {
    const {view, bytes} = this.#reader
    this.#batchEnd = at + batchSize(view, at)
    if ((view.getInt16(at + BATCH.attributes) & ATTRIBUTES.codec) === 0) {
      const walker = this.#walkerOn(bytes)
      walker.enter(at)
      return walker
    }
    const records = new BatchRecords(this.#home.decompress)
    const problem = records.enter(bytes, view, at)
    if (problem !== undefined) {
      const offset = baseOffset(view, at)
      this.#position = Math.max(this.#position, offset)
      throw new OdradekError('UNSUPPORTED_COMPRESSION_TYPE', `the batch at offset ${offset}: ${problem}`)
    }
    return records.walker
  }

  /** A walker on these bytes: the one there is, where they are the same. */
  #walkerOn(bytes: Uint8Array): RecordWalker {
    return this.#spare?.bytes === bytes ? this.#spare : (this.#spare = new RecordWalker(bytes))
  }
  #spare: RecordWalker | undefined

  get #reader(): LogReader {
    return this.#files.reader
  }

  #live(): void {
    if (this.#closed) throw new OdradekError('READER_CLOSED')
  }
}

/** A handler that goes on later would find another record in its hands. */
function refusePromise(returned: unknown): void {
  if (typeof (returned as PromiseLike<unknown> | null)?.then !== 'function')
    return // its failure, mostly RECORD_EXPIRED, is the consequence of what is told here
  ;(returned as PromiseLike<unknown>).then(undefined, () => {})
  throw new OdradekError(
    'INVALID_ARGUMENT',
    'the handler of poll is async, but its record is gone once it returns; use batches() or the iterator',
  )
}

/** Bytes that fail their check whoever is asked, and nobody says that they are damaged: then it is told. */
const TRIES_MAX = 10

/** Records read take over the buffer they were read into where they fill at least this part of it; fewer are copied. */
const KEPT_SHARE = 4

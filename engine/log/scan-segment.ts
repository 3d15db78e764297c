import type {Crc32c} from '../bytes/crc32c.ts'
import {batchProblem, headerProblem} from '../record/batch-check.ts'
import {
  BATCH,
  baseOffset,
  batchSize,
  hasProducer,
  indexedTimestamp,
  lastOffset,
  maxTimestamp,
  NO_TIMESTAMP,
} from '../record/record-batch.ts'
import {CHUNK_BYTES, findIntact} from './find-intact.ts'
import type {EpochStart} from './leader-epoch-checkpoint.ts'
import type {StorageFile} from './storage.ts'

/** A stretch of a segment that holds no intact batch. `offset` is the first one that is missing, `nextOffset` the first that is there again (undefined at the file's end). */
export interface DamagedRange {
  readonly position: number
  readonly length: number
  readonly offset: number
  readonly nextOffset: number | undefined
  readonly why: string
}

/** Batches in a row with one leader epoch; a new run also starts wherever the known epochs say that it should. */
export interface EpochRun extends EpochStart {
  readonly position: number
}

/** What a full read of one segment found. It can be sent between threads. */
export interface SegmentScan {
  readonly baseOffset: number
  readonly size: number
  readonly nextOffset: number
  readonly batches: number
  readonly records: number
  readonly largestTimestamp: number
  readonly offsetOfLargest: number
  /** Timestamp of the segment's first batch, NaN where there is none. */
  readonly firstTimestamp: number
  readonly bytesSinceEntry: number
  /** Where the scan started, if not at the segment's start. */
  readonly from: ScanFrom | undefined
  /** Index entries as the segment should have them from there on: pairs (relative offset, position). */
  readonly offsetEntries: Int32Array
  /** Pairs (timestamp, relative offset). */
  readonly timeEntries: Float64Array
  readonly epochs: readonly EpochRun[]
  readonly damaged: readonly DamagedRange[]
  /** Whether any batch is of a producer with an id. */
  readonly hasProducers: boolean
}

/** A position that an index entry names, the last offset of the batch there, and what stays as it is of the indexes up to it. */
export interface ScanFrom {
  readonly position: number
  readonly lastOffset: number
  readonly keep?: KeptEntries
}

export interface KeptEntries {
  readonly offsetEntries: number
  readonly timeEntries: number
  /** Of the last time entry that stays, -1 where there is none. */
  readonly lastTimestamp: number
}

export interface ScanOptions {
  readonly baseOffset: number
  /** First offset that cannot be this segment's: the base of the next one; undefined where none is known. */
  readonly endOffset?: number | undefined
  readonly indexIntervalBytes: number
  readonly crc32c: Crc32c
  /** The leader epochs as they were recorded. */
  readonly epochs?: readonly EpochStart[]
  /** Compaction may have been at work where this log was copied from: what comes last may stand behind a gap. */
  readonly mayEndBehindGap?: boolean
  /** Where to start. Default: the segment's start. */
  readonly from?: ScanFrom | undefined
  /** Called with every intact batch: where it lies in `view` and in the segment. */
  readonly onBatch?: (view: DataView, at: number, position: number) => void
  /** Called now and then with the bytes read so far. */
  readonly onProgress?: (bytes: number) => void
}

/**
 * Reads a whole segment, checks every batch (length, magic, CRC, offsets) and derives its indexes anew. It never stops at
 * a bad batch: it looks for the next intact one, so that damage in the middle does not hide what lies behind it.
 */
export function scanSegment(file: StorageFile, options: ScanOptions): SegmentScan {
  const {crc32c, endOffset = Number.POSITIVE_INFINITY} = options
  const size = file.size()
  const scan = new Scan(options)
  let position = options.from?.position ?? 0
  let window: FileWindow = {bytes: new Uint8Array(Math.min(CHUNK_BYTES, size - position)), start: 0, length: 0}
  while (position < size) {
    window = ensure(file, window, position, size)
    const view = new DataView(window.bytes.buffer)
    const at = position - window.start
    const torn = batchProblem(window.bytes, view, at, window.length, crc32c)
    const problem = torn ?? scan.offsetProblem(view, at, position) ?? gapProblem(file, view, at, position, size, scan)
    if (problem === undefined) {
      scan.take(view, at, position)
      options.onBatch?.(view, at, position)
      position += batchSize(view, at)
    } else {
      // where only the offsets are wrong, nothing within the batch may be taken for one
      const from = position + (torn === undefined ? batchSize(view, at) : 1)
      const found = findIntact(file, {from, size, minOffset: scan.nextOffset, endOffset, crc32c})
      scan.skip(position, found, problem)
      position = found.position
    }
    options.onProgress?.(position)
  }
  return scan.result(size, options.from === undefined ? undefined : firstTimestampOf(file))
}

function firstTimestampOf(file: StorageFile): number {
  const header = new Uint8Array(BATCH.records)
  file.read(header, 0, header.length, 0)
  return maxTimestamp(new DataView(header.buffer), 0)
}

/**
 * Compaction leaves gaps between offsets, and a base offset that went wrong (it lies outside the CRC) looks like one. But then
 * what follows, the next batch or the next segment, begins before the batch ends. At the log's end nothing
 * follows, and there was no compaction there either, unless a follower has copied it.
 */
function gapProblem(
  file: StorageFile,
  view: DataView,
  at: number,
  position: number,
  size: number,
  scan: Scan,
): string | undefined {
  const first = baseOffset(view, at)
  if (first === scan.nextOffset || scan.isFirstOfTail(position)) return undefined
  const why = `base offset ${first} does not follow ${scan.nextOffset - 1}`
  const next = position + batchSize(view, at)
  const {endOffset, mayEndBehindGap = false} = scan.options
  if (next >= size) return lastOffset(view, at) < (endOffset ?? (mayEndBehindGap ? Infinity : 0)) ? undefined : why
  const header = new DataView(new ArrayBuffer(BATCH.records))
  file.read(new Uint8Array(header.buffer), 0, BATCH.records, next)
  if (headerProblem(header, 0, Number.POSITIVE_INFINITY) !== undefined) return undefined
  const following = baseOffset(header, 0)
  return following >= scan.nextOffset && following <= lastOffset(view, at) ? why : undefined
}

interface FileWindow {
  readonly bytes: Uint8Array
  readonly start: number
  readonly length: number
}

/** A window that shows the whole batch at `position`, as far as its header can be believed and the file goes. */
function ensure(file: StorageFile, window: FileWindow, position: number, size: number): FileWindow {
  let current = window
  const have = window.start + window.length - position
  if (have < BATCH.records && window.start + window.length < size) current = load(file, window.bytes, position, size)
  const at = position - current.start
  if (current.length - at < BATCH.records) return current
  const wanted = batchSize(new DataView(current.bytes.buffer), at)
  if (wanted <= current.length - at || position + wanted > size) return current
  const bytes = wanted > current.bytes.length ? new Uint8Array(wanted) : current.bytes
  return load(file, bytes, position, size)
}

function load(file: StorageFile, bytes: Uint8Array, position: number, size: number): FileWindow {
  const length = file.read(bytes, 0, Math.min(bytes.length, size - position), position)
  return {bytes, start: position, length}
}

/** What gathers while a segment is read. */
class Scan {
  readonly options: ScanOptions
  nextOffset: number
  readonly #damaged: DamagedRange[] = []
  readonly #offsetEntries: number[] = []
  readonly #timeEntries: number[] = []
  readonly #epochs: EpochRun[] = []
  #knownEpochs = 0
  #batches = 0
  #records = 0
  #largestTimestamp = -1
  #offsetOfLargest = 0
  #firstTimestamp = Number.NaN
  #bytesSinceEntry = 0
  #hasProducers = false

  constructor(options: ScanOptions) {
    this.options = options
    this.nextOffset = options.baseOffset
  }

  /** Whether what comes before the batch at `position` was not read, so that only an index entry tells its offsets. */
  isFirstOfTail(position: number): boolean {
    return position === this.options.from?.position
  }

  offsetProblem(view: DataView, at: number, position: number): string | undefined {
    const {from} = this.options
    const base = baseOffset(view, at)
    if (from !== undefined && this.isFirstOfTail(position) && lastOffset(view, at) !== from.lastOffset)
      return `the batch ends at offset ${lastOffset(view, at)}, in the index at ${from.lastOffset}`
    return base < this.nextOffset ? `base offset ${base} lies before ${this.nextOffset}` : undefined
  }

  /** Accounts an intact batch by the same rule the log appends by. */
  take(view: DataView, at: number, position: number): void {
    const last = lastOffset(view, at)
    const timestamp = indexedTimestamp(view, at)
    if (Number.isNaN(this.#firstTimestamp) && timestamp !== NO_TIMESTAMP) this.#firstTimestamp = timestamp
    if (timestamp > this.#largestTimestamp) {
      this.#largestTimestamp = timestamp
      this.#offsetOfLargest = last
    }
    if (this.#bytesSinceEntry > this.options.indexIntervalBytes) {
      this.#offsetEntries.push(last - this.options.baseOffset, position)
      this.#addTimeEntry()
      this.#bytesSinceEntry = 0
    }
    this.#bytesSinceEntry += batchSize(view, at)
    this.#batches++
    this.#hasProducers ||= hasProducer(view, at)
    this.#records += view.getInt32(at + BATCH.recordCount)
    this.#noteEpoch(view.getInt32(at + BATCH.leaderEpoch), baseOffset(view, at), position)
    this.nextOffset = last + 1
  }

  skip(position: number, found: {position: number; offset: number | undefined}, why: string): void {
    this.#damaged.push({
      position,
      length: found.position - position,
      offset: this.nextOffset,
      nextOffset: found.offset,
      why,
    })
    if (found.offset !== undefined) this.nextOffset = found.offset
  }

  #noteEpoch(epoch: number, startOffset: number, position: number): void {
    const known = this.options.epochs ?? []
    const before = this.#knownEpochs
    while (this.#knownEpochs < known.length && known[this.#knownEpochs]!.startOffset <= startOffset) this.#knownEpochs++
    if (epoch !== this.#epochs.at(-1)?.epoch || this.#knownEpochs !== before)
      this.#epochs.push({epoch, startOffset, position})
  }

  #addTimeEntry(): void {
    const before = this.#timeEntries.length === 0 ? -1 : this.#timeEntries[this.#timeEntries.length - 2]!
    if (this.#largestTimestamp > before)
      this.#timeEntries.push(this.#largestTimestamp, this.#offsetOfLargest - this.options.baseOffset)
  }

  /** `firstTimestamp` where the first batch was not read. */
  result(size: number, firstTimestamp = this.#firstTimestamp): SegmentScan {
    this.#addTimeEntry()
    return {
      baseOffset: this.options.baseOffset,
      size,
      nextOffset: this.nextOffset,
      batches: this.#batches,
      records: this.#records,
      largestTimestamp: this.#largestTimestamp,
      offsetOfLargest: this.#offsetOfLargest,
      firstTimestamp,
      bytesSinceEntry: this.#bytesSinceEntry,
      from: this.options.from,
      offsetEntries: Int32Array.from(this.#offsetEntries),
      timeEntries: Float64Array.from(this.#timeEntries),
      epochs: this.#epochs,
      damaged: this.#damaged,
      hasProducers: this.#hasProducers,
    }
  }
}

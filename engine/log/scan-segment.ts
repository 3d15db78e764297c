import type {Crc32c} from '../bytes/crc32c.ts'
import {batchProblem} from '../record/batch-check.ts'
import {BATCH, baseOffset, batchSize, lastOffset, maxTimestamp} from '../record/record-batch.ts'
import type {StorageFile} from './storage.ts'

/** A stretch of a segment that holds no intact batch. `offset` is the first one that is missing, `nextOffset` the first that is there again (undefined at the file's end). */
export interface DamagedRange {
  readonly position: number
  readonly length: number
  readonly offset: number
  readonly nextOffset: number | undefined
  readonly why: string
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
  /** Timestamp of the first batch read, NaN where there was none. */
  readonly firstTimestamp: number
  readonly bytesSinceEntry: number
  /** Index entries as the segment should have them: pairs (relative offset, position). */
  readonly offsetEntries: Int32Array
  /** Pairs (timestamp, relative offset). */
  readonly timeEntries: Float64Array
  readonly damaged: readonly DamagedRange[]
}

export interface ScanOptions {
  readonly baseOffset: number
  readonly indexIntervalBytes: number
  readonly crc32c: Crc32c
  /** Where to start: a position that an index entry names, and the first offset that may stand there. Default: the segment's start. */
  readonly from?: {readonly position: number; readonly offset: number}
  /** Called with every intact batch: where it lies in `view` and in the segment. */
  readonly onBatch?: (view: DataView, at: number, position: number) => void
  /** Called now and then with the bytes read so far. */
  readonly onProgress?: (bytes: number) => void
}

const CHUNK_BYTES = 1024 * 1024

/**
 * Reads a whole segment, checks every batch (length, magic, CRC, ascending offsets) and derives its indexes anew. It never
 * stops at a bad batch: it looks for the next intact one, so that damage in the middle does not hide what lies behind it.
 */
export function scanSegment(file: StorageFile, options: ScanOptions): SegmentScan {
  const size = file.size()
  const scan = new Scan(options)
  let window: FileWindow = {bytes: new Uint8Array(CHUNK_BYTES), start: 0, length: 0}
  let position = options.from?.position ?? 0
  while (position < size) {
    window = ensure(file, window, position, size)
    const view = new DataView(window.bytes.buffer)
    const at = position - window.start
    const problem = batchProblem(window.bytes, view, at, window.length, options.crc32c) ?? scan.orderProblem(view, at)
    if (problem === undefined) {
      scan.take(view, at, position)
      options.onBatch?.(view, at, position)
      position += batchSize(view, at)
    } else {
      const found = findIntact(file, position + 1, size, scan.nextOffset, options.crc32c)
      scan.damaged.push({
        position,
        length: found.position - position,
        offset: scan.nextOffset,
        nextOffset: found.offset,
        why: problem,
      })
      if (found.offset !== undefined) scan.nextOffset = found.offset
      position = found.position
    }
    options.onProgress?.(position)
  }
  return scan.result(size)
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
  if (wanted <= current.length - at || wanted < 0 || position + wanted > size) return current
  const bytes = wanted > current.bytes.length ? new Uint8Array(wanted) : current.bytes
  return load(file, bytes, position, size)
}

function load(file: StorageFile, bytes: Uint8Array, position: number, size: number): FileWindow {
  const length = file.read(bytes, 0, Math.min(bytes.length, size - position), position)
  return {bytes, start: position, length}
}

/** What gathers while a segment is read. */
class Scan {
  nextOffset: number
  readonly damaged: DamagedRange[] = []
  readonly #options: ScanOptions
  readonly #offsetEntries: number[] = []
  readonly #timeEntries: number[] = []
  #batches = 0
  #records = 0
  #largestTimestamp = -1
  #offsetOfLargest = 0
  #firstTimestamp = Number.NaN
  #bytesSinceEntry = 0

  constructor(options: ScanOptions) {
    this.#options = options
    this.nextOffset = options.from?.offset ?? options.baseOffset
  }

  orderProblem(view: DataView, at: number): string | undefined {
    const base = baseOffset(view, at)
    return base < this.nextOffset ? `base offset ${base} lies before ${this.nextOffset}` : undefined
  }

  /** Accounts an intact batch by the same rule the log appends by. */
  take(view: DataView, at: number, position: number): void {
    const last = lastOffset(view, at)
    const timestamp = maxTimestamp(view, at)
    if (Number.isNaN(this.#firstTimestamp)) this.#firstTimestamp = timestamp
    if (timestamp > this.#largestTimestamp) {
      this.#largestTimestamp = timestamp
      this.#offsetOfLargest = last
    }
    if (this.#bytesSinceEntry > this.#options.indexIntervalBytes) {
      this.#offsetEntries.push(last - this.#options.baseOffset, position)
      this.#addTimeEntry()
      this.#bytesSinceEntry = 0
    }
    this.#bytesSinceEntry += batchSize(view, at)
    this.#batches++
    this.#records += view.getInt32(at + BATCH.recordCount)
    this.nextOffset = last + 1
  }

  #addTimeEntry(): void {
    const before = this.#timeEntries.length === 0 ? -1 : this.#timeEntries[this.#timeEntries.length - 2]!
    if (this.#largestTimestamp > before)
      this.#timeEntries.push(this.#largestTimestamp, this.#offsetOfLargest - this.#options.baseOffset)
  }

  result(size: number): SegmentScan {
    this.#addTimeEntry()
    return {
      baseOffset: this.#options.baseOffset,
      size,
      nextOffset: this.nextOffset,
      batches: this.#batches,
      records: this.#records,
      largestTimestamp: this.#largestTimestamp,
      offsetOfLargest: this.#offsetOfLargest,
      firstTimestamp: this.#firstTimestamp,
      bytesSinceEntry: this.#bytesSinceEntry,
      offsetEntries: Int32Array.from(this.#offsetEntries),
      timeEntries: Float64Array.from(this.#timeEntries),
      damaged: this.damaged,
    }
  }
}

/** The first intact batch from `from` on whose offset is not below `minOffset`; the file's end where there is none. */
function findIntact(
  file: StorageFile,
  from: number,
  size: number,
  minOffset: number,
  crc32c: Crc32c,
): {position: number; offset: number | undefined} {
  const bytes = new Uint8Array(CHUNK_BYTES)
  let position = from
  while (position + BATCH.records <= size) {
    const length = file.read(bytes, 0, Math.min(bytes.length, size - position), position)
    let view = new DataView(bytes.buffer)
    for (let at = 0; at + BATCH.records <= length; at++) {
      // the cheapest test first: nearly every wrong place fails at the magic byte
      if (bytes[at + BATCH.magic] !== 2) continue
      const batchBytes = batchSize(view, at)
      if (batchBytes < BATCH.records || position + at + batchBytes > size || !(baseOffset(view, at) >= minOffset))
        continue
      let whole = bytes
      let wholeAt = at
      if (at + batchBytes > length) {
        whole = new Uint8Array(batchBytes)
        file.read(whole, 0, batchBytes, position + at)
        view = new DataView(whole.buffer)
        wholeAt = 0
      }
      if (batchProblem(whole, view, wholeAt, whole.length, crc32c) === undefined)
        return {position: position + at, offset: baseOffset(view, wholeAt)}
      view = new DataView(bytes.buffer)
    }
    if (length < BATCH.records) break
    position += length - BATCH.records + 1
  }
  return {position: size, offset: undefined}
}

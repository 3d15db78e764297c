import type {Crc32c} from '../bytes/crc32c.ts'
import {INT32_MAX} from '../limits.ts'
import {batchSize, indexedTimestamp, lastOffset, NO_TIMESTAMP} from '../record/record-batch.ts'
import {type LogConfig, segmentMsMax} from './log-config.ts'
import {OFFSET_ENTRY_BYTES, OffsetIndex} from './offset-index.ts'
import {scanSegment} from './scan-segment.ts'
import {type Ending, SUFFIX, segmentFile} from './segment-files.ts'
import type {Storage, StorageFile} from './storage.ts'
import {TIME_ENTRY_BYTES, TimeIndex} from './time-index.ts'

/** What accounting a batch changes: kept before a run of appends, put back when the run cannot be written. */
interface Mark {
  readonly size: number
  readonly bytesSinceEntry: number
  readonly largestTimestamp: number
  readonly offsetOfLargest: number
  readonly firstTimestamp: number
  readonly offsetEntries: number
  readonly timeEntries: number
  readonly lastTimeEntry: number
}

/** What accounting must know of a batch. */
export interface BatchSummary {
  readonly lastOffset: number
  /** -1 where it has no records. */
  readonly maxTimestamp: number
  readonly bytes: number
}

/** The segment that is written: its file and its two indexes. The replica thread is the only one that holds one. */
export class ActiveSegment {
  readonly baseOffset: number
  readonly file: StorageFile
  readonly offsetIndex: OffsetIndex
  readonly timeIndex: TimeIndex
  /** Bytes accounted, in the file or about to be. */
  size: number
  largestTimestamp: number
  /** Timestamp of the first batch, NaN before it: what `segment.ms` counts from. */
  firstTimestamp = Number.NaN
  #offsetOfLargest: number
  #bytesSinceEntry = 0

  /** Opens a segment, or makes a `fresh` one. When that fails, there is no segment of that name that was not there before. */
  constructor(storage: Storage, dir: string, baseOffset: number, options: {fresh: boolean; ending?: Ending}) {
    const {fresh, ending = ''} = options
    const path = segmentFile(dir, baseOffset, SUFFIX.log) + ending
    this.baseOffset = baseOffset
    this.size = fresh ? 0 : (storage.stat(path)?.size ?? 0)
    // both indexes are there from the start: a segment without one counts as one to recover
    this.offsetIndex = new OffsetIndex(storage, segmentFile(dir, baseOffset, SUFFIX.index) + ending, {empty: fresh})
    let timeIndex: TimeIndex | undefined
    try {
      timeIndex = new TimeIndex(storage, segmentFile(dir, baseOffset, SUFFIX.timeIndex) + ending, {
        empty: fresh,
      })
      // the log comes last: its name is what makes a segment
      this.file = storage.open(path, fresh ? 'create' : 'write')
    } catch (error) {
      this.offsetIndex.close()
      timeIndex?.close()
      throw error
    }
    this.timeIndex = timeIndex
    this.largestTimestamp = timeIndex.lastTimestamp
    this.#offsetOfLargest = baseOffset
  }

  mark(): Mark {
    return {
      size: this.size,
      bytesSinceEntry: this.#bytesSinceEntry,
      largestTimestamp: this.largestTimestamp,
      offsetOfLargest: this.#offsetOfLargest,
      firstTimestamp: this.firstTimestamp,
      offsetEntries: this.offsetIndex.count,
      timeEntries: this.timeIndex.count,
      lastTimeEntry: this.timeIndex.lastTimestamp,
    }
  }

  restore(mark: Mark): void {
    this.size = mark.size
    this.#bytesSinceEntry = mark.bytesSinceEntry
    this.largestTimestamp = mark.largestTimestamp
    this.#offsetOfLargest = mark.offsetOfLargest
    this.firstTimestamp = mark.firstTimestamp
    this.offsetIndex.cut(mark.offsetEntries)
    this.timeIndex.cut(mark.timeEntries, mark.lastTimeEntry)
  }

  /** Accounts a batch that starts at `size` (Kafka's `LogSegment.append`); true when it got an index entry. */
  account(batch: BatchSummary, indexIntervalBytes: number): boolean {
    if (Number.isNaN(this.firstTimestamp) && batch.maxTimestamp !== NO_TIMESTAMP)
      this.firstTimestamp = batch.maxTimestamp
    if (batch.maxTimestamp > this.largestTimestamp) {
      this.largestTimestamp = batch.maxTimestamp
      this.#offsetOfLargest = batch.lastOffset
    }
    const indexed = this.#bytesSinceEntry > indexIntervalBytes
    if (indexed) {
      this.offsetIndex.append(batch.lastOffset - this.baseOffset, this.size)
      this.timeIndex.appendGreater(this.largestTimestamp, this.#offsetOfLargest - this.baseOffset)
      this.#bytesSinceEntry = 0
    }
    this.#bytesSinceEntry += batch.bytes
    this.size += batch.bytes
    return indexed
  }

  /** Whether a new segment must start before this batch (Kafka's `LogSegment.shouldRoll`). */
  mustRoll(batch: BatchSummary, config: LogConfig): boolean {
    if (this.size === 0) return false
    return (
      this.size + batch.bytes > config.segmentBytes ||
      batch.maxTimestamp - this.firstTimestamp > segmentMsMax(config) ||
      // the time index keeps a slot free for the entry a roll adds
      this.offsetIndex.bytes + OFFSET_ENTRY_BYTES > config.segmentIndexBytes ||
      this.timeIndex.bytes + 2 * TIME_ENTRY_BYTES > config.segmentIndexBytes ||
      batch.lastOffset - this.baseOffset > INT32_MAX
    )
  }

  /** Writes the indexes out, with the entry for the greatest timestamp that a roll and a close add. */
  finishIndexes(): void {
    this.timeIndex.appendGreater(this.largestTimestamp, this.#offsetOfLargest - this.baseOffset)
    this.storeIndexes()
  }

  storeIndexes(): void {
    this.offsetIndex.store()
    this.timeIndex.store()
  }

  /** Goes on after a load: what the batches behind the last index entry told. */
  resume(state: {
    firstTimestamp: number
    largestTimestamp: number
    offsetOfLargest: number
    bytesSinceEntry: number
  }): void {
    this.firstTimestamp = state.firstTimestamp
    this.#bytesSinceEntry = state.bytesSinceEntry
    if (state.largestTimestamp > this.largestTimestamp) {
      this.largestTimestamp = state.largestTimestamp
      this.#offsetOfLargest = state.offsetOfLargest
    }
  }

  /** Cuts the segment at the start of the batch that holds `offset`, accounts anew what stays, and returns the offset it then ends at. */
  cutTo(offset: number, options: {indexIntervalBytes: number; crc32c: Crc32c}): number {
    this.size = 0
    this.#bytesSinceEntry = 0
    this.largestTimestamp = -1
    this.firstTimestamp = Number.NaN
    this.offsetIndex.cut(0)
    this.timeIndex.cut(0, -1)
    let end = this.baseOffset
    scanSegment(this.file, {
      ...options,
      baseOffset: this.baseOffset,
      mayEndBehindGap: true,
      onBatch: (view, at, position) => {
        const last = lastOffset(view, at)
        if (last >= offset) return
        this.size = position
        this.account(
          {lastOffset: last, maxTimestamp: indexedTimestamp(view, at), bytes: batchSize(view, at)},
          options.indexIntervalBytes,
        )
        end = last + 1
      },
    })
    this.file.truncate(this.size)
    return end
  }

  files(): StorageFile[] {
    return [this.file, this.offsetIndex.file, this.timeIndex.file]
  }

  /** Closes all three, also where one of them tells of an error. */
  close(): void {
    try {
      this.file.close()
    } finally {
      try {
        this.offsetIndex.close()
      } finally {
        this.timeIndex.close()
      }
    }
  }
}

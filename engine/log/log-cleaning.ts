import {assert} from '../assert.ts'
import {BATCH, maxTimestamp} from '../record/record-batch.ts'
import type {CleanJob, CleanResult} from './clean-segments.ts'
import {dirtyRatioOf, findCleanable} from './cleanable.ts'
import type {LogConfig} from './log-config.ts'
import {SUFFIX, segmentFile} from './segment-files.ts'
import type {SegmentList} from './segment-list.ts'
import type {Storage} from './storage.ts'
import {removeCleaned, swapSegments} from './swap-segments.ts'

/** What compaction came to since the log was opened. */
export interface CompactionCounters {
  /** Bytes by which it made the log smaller. */
  readonly cleanedBytes: number
  /** When the last job began that came to something, in ms since 1970; -1 for none. */
  readonly lastRunMs: number
  /** Part of the rolled segments, by bytes, that was not compacted yet when compaction last looked. */
  readonly dirtyRatio: number
}

/** How far a log is compacted, and the job that is under way: it reads segments that stay as they are until it has ended, or else counts for nothing. */
export class LogCleaning {
  readonly #storage: Storage
  readonly #dir: string
  readonly #segments: SegmentList
  #cleanedEnd: number
  #counters: CompactionCounters = {cleanedBytes: 0, lastRunMs: -1, dirtyRatio: 0}
  #job: CleanJob | undefined
  #isVoid = false

  constructor(storage: Storage, dir: string, segments: SegmentList, cleanedEnd: number) {
    this.#storage = storage
    this.#dir = dir
    this.#segments = segments
    this.#cleanedEnd = cleanedEnd
  }

  get cleanedEnd(): number {
    return this.#cleanedEnd
  }

  /** The same object until they change. */
  get counters(): CompactionCounters {
    return this.#counters
  }

  begin(
    config: LogConfig,
    state: {limit: number; nowMs: number; producers: CleanJob['producers']},
  ): CleanJob | undefined {
    assert(this.#job === undefined, 'one job at a time')
    const {limit, nowMs, producers} = state
    const segments = this.#segments.all
    this.#count({})
    const firstTimestampOf = (base: number): number => this.#firstTimestampOf(base)
    const found = findCleanable({segments, cleanedEnd: this.#cleanedEnd, limit, nowMs, firstTimestampOf}, config)
    if (found === undefined) return undefined
    // of a job whose thread has died
    removeCleaned(this.#storage, this.#dir)
    const {segmentBytes, segmentIndexBytes, indexIntervalBytes, deleteRetentionMs} = config
    this.#isVoid = false
    this.#job = {
      dir: this.#dir,
      bases: segments.slice(0, found.count).map(({baseOffset}) => baseOffset),
      endOffset: found.endOffset,
      firstDirtyOffset: found.firstDirtyOffset,
      dirtyRatio: found.dirtyRatio,
      producers,
      segmentBytes,
      segmentIndexBytes,
      indexIntervalBytes,
      deleteRetentionMs,
      nowMs,
    }
    return this.#job
  }

  end(job: CleanJob, result: CleanResult): boolean {
    if (this.#isVoid) {
      this.abandon(job)
      return false
    }
    this.#take(job)
    swapSegments(this.#storage, this.#dir, result.groups)
    this.#segments.replace(result.groups)
    this.#cleanedEnd = result.endOffset
    const {cleanedBytes} = this.#counters
    this.#count({cleanedBytes: cleanedBytes + result.bytesBefore - result.bytesAfter, lastRunMs: job.nowMs})
    return true
  }

  abandon(job: CleanJob): void {
    this.#take(job)
    removeCleaned(this.#storage, this.#dir)
  }

  /** The log is cut at `offset`: what is written from there on is dirty. */
  cut(offset: number): void {
    this.#cleanedEnd = Math.min(this.#cleanedEnd, offset)
    if (this.#job !== undefined && offset < this.#job.endOffset) this.void()
  }

  /** Segments that a job is at work on are gone. */
  void(): void {
    this.#isVoid = true
  }

  #take(job: CleanJob): void {
    assert(job === this.#job, 'the job that ends is the one that began')
    this.#job = undefined
  }

  #count(counters: Partial<CompactionCounters>): void {
    this.#counters = {...this.#counters, ...counters, dirtyRatio: dirtyRatioOf(this.#segments.all, this.#cleanedEnd)}
  }

  #firstTimestampOf(baseOffset: number): number {
    const file = this.#storage.open(segmentFile(this.#dir, baseOffset, SUFFIX.log), 'read')
    try {
      const header = new DataView(new ArrayBuffer(BATCH.records))
      file.read(new Uint8Array(header.buffer), 0, BATCH.records, 0)
      return maxTimestamp(header, 0)
    } finally {
      file.close()
    }
  }
}

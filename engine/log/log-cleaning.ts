import {assert} from '../assert.ts'
import type {OdradekError} from '../errors.ts'
import {BATCH, maxTimestamp} from '../record/record-batch.ts'
import type {CleanJob, CleanResult} from './clean-job.ts'
import {dirtyRatioOf, findCleanable} from './cleanable.ts'
import {isWhole, removeCleaned} from './cleaned-files.ts'
import {type CleanerMark, writeCleanerMark} from './cleaner-mark.ts'
import type {LogConfig} from './log-config.ts'
import {SUFFIX, segmentFile} from './segment-files.ts'
import type {SegmentList} from './segment-list.ts'
import type {Storage} from './storage.ts'
import {swapSegments} from './swap-segments.ts'

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
  /** As it is on record, or would be. */
  #mark: CleanerMark
  #counters: CompactionCounters = {cleanedBytes: 0, lastRunMs: -1, dirtyRatio: 0}
  #job: CleanJob | undefined
  #isVoid = false

  constructor(storage: Storage, dir: string, segments: SegmentList, mark: CleanerMark) {
    this.#storage = storage
    this.#dir = dir
    this.#segments = segments
    this.#mark = mark
  }

  get cleanedEnd(): number {
    return this.#mark.cleanedEnd
  }

  /** The same object until they change. */
  get counters(): CompactionCounters {
    return this.#counters
  }

  begin(
    config: LogConfig,
    state: {limit: number; nowMs: number; producers: () => CleanJob['producers']},
  ): CleanJob | undefined {
    assert(this.#job === undefined, 'one job at a time')
    const {limit, nowMs, producers} = state
    const segments = this.#segments.all
    this.#count({})
    const firstTimestampOf = (base: number): number => this.#firstTimestampOf(base)
    const found = findCleanable({segments, cleanedEnd: this.cleanedEnd, limit, nowMs, firstTimestampOf}, config)
    if (found === undefined) return undefined
    const {segmentBytes, segmentIndexBytes, indexIntervalBytes, deleteRetentionMs} = config
    this.#isVoid = false
    this.#job = {
      dir: this.#dir,
      bases: segments.slice(0, found.count).map(({baseOffset}) => baseOffset),
      endOffset: found.endOffset,
      firstDirtyOffset: found.firstDirtyOffset,
      dirtyRatio: found.dirtyRatio,
      producers: producers(),
      segmentBytes,
      segmentIndexBytes,
      indexIntervalBytes,
      deleteRetentionMs,
      nowMs,
    }
    return this.#job
  }

  /** What is thrown here has changed nothing, but for what `fail` makes of it: the segments then are in doubt. */
  end(job: CleanJob, result: CleanResult, fail: (error: unknown) => OdradekError): boolean {
    this.#take(job)
    const storage = this.#storage
    if (this.#isVoid || !isWhole(storage, this.#dir, result.groups)) {
      removeCleaned(storage, this.#dir)
      return false
    }
    const {endOffset, groups} = result
    // before the first segment changes: what the checkpoint says afterwards is known for ours
    this.#record({...this.#mark, ownEnd: Math.max(this.#mark.ownEnd, endOffset)})
    try {
      swapSegments(storage, this.#dir, groups)
      this.#segments.replace(groups)
    } catch (error) {
      throw fail(error)
    }
    this.#record({...this.#mark, cleanedEnd: endOffset})
    const {cleanedBytes} = this.#counters
    this.#count({cleanedBytes: cleanedBytes + result.bytesBefore - result.bytesAfter, lastRunMs: job.nowMs})
    return true
  }

  abandon(job: CleanJob): void {
    this.#take(job)
    removeCleaned(this.#storage, this.#dir)
  }

  /** The log is to be cut at `offset`: what is written from there on is dirty, and has no gaps. That is on record before anything is cut. */
  cut(offset: number): void {
    const {cleanedEnd, gapsBelow} = this.#mark
    if (offset < Math.max(cleanedEnd, gapsBelow))
      this.#record({
        ...this.#mark,
        cleanedEnd: Math.min(cleanedEnd, offset),
        gapsBelow: Math.min(gapsBelow, offset),
      })
    if (this.#job !== undefined && offset < this.#job.endOffset) this.void()
  }

  /** Segments that a job is at work on are gone. */
  void(): void {
    this.#isVoid = true
  }

  #record(mark: CleanerMark): void {
    writeCleanerMark(this.#storage, this.#dir, mark)
    this.#mark = mark
  }

  #take(job: CleanJob): void {
    assert(job === this.#job, 'the job that ends is the one that began')
    this.#job = undefined
  }

  #count(counters: Partial<CompactionCounters>): void {
    this.#counters = {...this.#counters, ...counters, dirtyRatio: dirtyRatioOf(this.#segments.all, this.cleanedEnd)}
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

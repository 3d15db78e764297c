import {assert} from '../assert.ts'
import {BATCH, maxTimestamp} from '../record/record-batch.ts'
import type {CleanJob, CleanResult} from './clean-job.ts'
import {findCleanable} from './cleanable.ts'
import {isWhole, removeCleaned} from './cleaned-files.ts'
import type {LogConfig} from './log-config.ts'
import {SUFFIX, segmentFile} from './segment-files.ts'
import type {SegmentList} from './segment-list.ts'
import type {Storage} from './storage.ts'
import {swapSegments} from './swap-segments.ts'

/** How far a log is compacted, and the job that is under way: it reads segments that stay as they are until it has ended, or else counts for nothing. */
export class LogCleaning {
  readonly #storage: Storage
  readonly #dir: string
  readonly #segments: SegmentList
  #cleanedEnd: number
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

  begin(
    config: LogConfig,
    state: {limit: number; nowMs: number; producers: CleanJob['producers']},
  ): CleanJob | undefined {
    assert(this.#job === undefined, 'one job at a time')
    const {limit, nowMs, producers} = state
    const segments = this.#segments.all
    const firstTimestampOf = (base: number): number => this.#firstTimestampOf(base)
    const found = findCleanable({segments, cleanedEnd: this.#cleanedEnd, limit, nowMs, firstTimestampOf}, config)
    if (found === undefined) return undefined
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
    if (this.#isVoid || !isWhole(this.#storage, this.#dir, result.groups)) {
      this.abandon(job)
      return false
    }
    this.#take(job)
    swapSegments(this.#storage, this.#dir, result.groups)
    this.#segments.replace(result.groups)
    this.#cleanedEnd = result.endOffset
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

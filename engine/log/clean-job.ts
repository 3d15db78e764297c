import type {ErrorCode} from '../errors.ts'

/** What is to be compacted, and by which rules; it can be sent between threads. */
export interface CleanJob {
  readonly dir: string
  /** The oldest segments of the log, all of them to be written anew. */
  readonly bases: readonly number[]
  /** Where the segment behind them begins. */
  readonly endOffset: number
  /** Below it every key was there once when this was last done. */
  readonly firstDirtyOffset: number
  /** How much of it is dirty, by bytes: where there are several jobs, the one with more comes first. */
  readonly dirtyRatio: number
  /** The last offset of each producer's last batch: that stays, though it may be empty then, so that the producer stays known. */
  readonly producers: readonly (readonly [producerId: number, lastOffset: number])[]
  readonly segmentBytes: number
  readonly segmentIndexBytes: number
  readonly indexIntervalBytes: number
  readonly deleteRetentionMs: number
  readonly nowMs: number
}

/** Segments that became one, which has the name of the first. */
export interface CleanedGroup {
  readonly bases: readonly number[]
  readonly size: number
  readonly indexBytes: number
  readonly timeIndexBytes: number
  readonly largestTimestamp: number
}

export interface CleanResult {
  /** Everything below is compacted: less than was asked for where the keys did not fit into memory. */
  readonly endOffset: number
  readonly groups: readonly CleanedGroup[]
  readonly bytesBefore: number
  readonly bytesAfter: number
}

/** What came of a job: what is to take the place of what was, or why there is nothing. */
export type CleanOutcome = {readonly result: CleanResult} | {readonly failure: ErrorCode}

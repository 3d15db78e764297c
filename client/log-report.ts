import type {CompactionMetrics, ReplicaLine} from '../engine/cluster/replica-line.ts'
import {type ErrorCode, errorCodeOf} from '../engine/errors.ts'

/** One segment, as `verify` found it. */
export interface SegmentReport {
  readonly baseOffset: number
  /** First offset that is not in it. */
  readonly endOffset: number
  readonly bytes: number
  readonly batches: number
  readonly records: number
  readonly ok: boolean
  /** Stretches of the file without an intact batch: where, which offsets, why. */
  readonly damaged: readonly {
    position: number
    length: number
    offset: number
    nextOffset: number | undefined
    why: string
  }[]
  readonly problems: readonly string[]
}

export interface VerifyReport {
  readonly ok: boolean
  readonly records: number
  readonly bytes: number
  readonly segments: readonly SegmentReport[]
}

export interface LogMetrics {
  readonly logStartOffset: number
  readonly highWatermark: number
  readonly logEndOffset: number
  readonly syncedOffset: number
  /** Since the log was opened. */
  readonly batches: number
  readonly appendedBytes: number
  readonly syncs: number
  readonly segments: number
  /** Bytes of all segments on disk. */
  readonly sizeBytes: number
  readonly compaction: CompactionMetrics
  /**
   * Why the log was not compacted when that was last tried, else undefined: CORRUPT_MESSAGE where bytes fail their check, UNSUPPORTED_COMPRESSION_TYPE where a codec is
   * not at hand, INVALID_REQUEST where there are transactions, or what the disk did. It is tried again every five minutes.
   */
  readonly compactionError: ErrorCode | undefined
  readonly attachedThreads: number
  /** Age of the replica thread's last sign of life, in ms. */
  readonly idleMs: number
}

export function compactionErrorOf({cleaningFailure}: ReplicaLine): ErrorCode | undefined {
  return cleaningFailure === 0 ? undefined : errorCodeOf(cleaningFailure)
}

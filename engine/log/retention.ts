import {isDeleted, type LogConfig} from './log-config.ts'

/** What retention needs to know of a segment. */
export interface SegmentSummary {
  readonly baseOffset: number
  readonly size: number
  /** Greatest timestamp of its records, or the time of its last write where they carry none. */
  readonly largestTimestamp: number
}

export interface RetentionState {
  readonly segments: readonly SegmentSummary[]
  readonly logStartOffset: number
  readonly logEndOffset: number
  readonly highWatermark: number
  readonly nowMs: number
}

/**
 * How many of the oldest segments may go (Kafka's `UnifiedLog.deleteOldSegments`): oldest first, stopping at the first that
 * stays, and only where everything in it is below the high watermark. The active segment counts as one of them. Where records are
 * compacted only, none go but those that somebody has deleted.
 */
export function expiredSegments(state: RetentionState, config: LogConfig): number {
  const {segments} = state
  const byAge = isDeleted(config) && config.retentionMs >= 0
  const bySize = isDeleted(config) && config.retentionBytes >= 0
  let total = 0
  for (const segment of segments) total += segment.size
  let count = 0
  for (const [i, segment] of segments.entries()) {
    const end = segments[i + 1]?.baseOffset ?? state.logEndOffset
    const last = i === segments.length - 1
    if (end > state.highWatermark || (last && segment.size === 0)) break
    const tooOld = byAge && state.nowMs - segment.largestTimestamp > config.retentionMs
    const tooMuch = bySize && total - segment.size >= config.retentionBytes
    const below = end <= state.logStartOffset && !last
    if (!tooOld && !tooMuch && !below) break
    total -= segment.size
    count++
  }
  return count
}

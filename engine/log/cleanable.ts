import type {LogConfig} from './log-config.ts'
import type {SegmentSummary} from './retention.ts'

/** What the choice of what to compact stands on. */
export interface CleanableState {
  /** All segments; the last one is written and never compacted. */
  readonly segments: readonly SegmentSummary[]
  /** Everything below was compacted before. */
  readonly cleanedEnd: number
  /** Nothing at or above may be touched: it is not settled, or not stored. */
  readonly limit: number
  readonly nowMs: number
  /** Timestamp of a segment's first batch. */
  firstTimestampOf(baseOffset: number): number
}

/** What is to be compacted: the oldest `count` segments, of which the first ones up to `firstDirtyOffset` were before. */
export interface Cleanable {
  readonly count: number
  readonly firstDirtyOffset: number
  readonly endOffset: number
  readonly dirtyRatio: number
}

/**
 * What of a log may be compacted now and is worth it (Kafka's `LogCleanerManager`): whole segments that have come to rest, where enough of
 * them is dirty, or has been for too long.
 */
export function findCleanable(state: CleanableState, config: LogConfig): Cleanable | undefined {
  const {segments, cleanedEnd, limit, nowMs} = state
  const {minCompactionLagMs} = config
  let clean = 0
  let dirty = 0
  let firstDirty = -1
  let count = 0
  for (const [i, {baseOffset, size, largestTimestamp}] of segments.slice(0, -1).entries()) {
    const end = segments[i + 1]!.baseOffset
    if (end > limit) break
    if (end > cleanedEnd) {
      if (largestTimestamp > nowMs - minCompactionLagMs && minCompactionLagMs > 0) break
      if (firstDirty < 0) firstDirty = Math.max(baseOffset, cleanedEnd)
      dirty += size
    } else clean += size
    count = i + 1
  }
  if (dirty === 0) return undefined
  const dirtyRatio = dirty / (clean + dirty)
  if (dirtyRatio <= config.minCleanableDirtyRatio && !isOverdue(state, config, count)) return undefined
  return {count, firstDirtyOffset: firstDirty, endOffset: segments[count]!.baseOffset, dirtyRatio}
}

/** How much of the segments that are not written any more was not compacted yet, by bytes. */
export function dirtyRatioOf(segments: readonly SegmentSummary[], cleanedEnd: number): number {
  let dirty = 0
  let all = 0
  for (const [i, {size}] of segments.slice(0, -1).entries()) {
    all += size
    if (segments[i + 1]!.baseOffset > cleanedEnd) dirty += size
  }
  return all === 0 ? 0 : dirty / all
}

/** Whether something has been dirty for longer than `max.compaction.lag.ms`. */
function isOverdue(state: CleanableState, {maxCompactionLagMs}: LogConfig, count: number): boolean {
  if (maxCompactionLagMs === Number.MAX_SAFE_INTEGER) return false
  const {segments, cleanedEnd, nowMs} = state
  return segments.slice(0, count).some(({baseOffset}, i) => {
    if (segments[i + 1]!.baseOffset <= cleanedEnd) return false
    const first = state.firstTimestampOf(baseOffset)
    // of what has no time nobody knows how long it has been there
    return first > 0 && nowMs - first > maxCompactionLagMs
  })
}

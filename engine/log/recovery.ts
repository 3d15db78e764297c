import {type EpochStart, epochAt} from './leader-epoch-checkpoint.ts'
import type {DamagedRange, SegmentScan} from './scan-segment.ts'

/** What was found on disk: base offsets ascending, and a scan of every segment that was read. */
export interface Evidence {
  readonly bases: readonly number[]
  readonly scans: ReadonlyMap<number, SegmentScan>
  /** Everything below had been synced. */
  readonly syncedEnd: number
  /** Up to there compaction may have left gaps between segments. */
  readonly gapsBelow: number
  /** From the checkpoint: records below had been deleted. */
  readonly logStartOffset: number
  /** Leader epochs as they were recorded. */
  readonly epochs: readonly EpochStart[]
}

export interface Damage {
  readonly baseOffset: number
  readonly range: DamagedRange | undefined
  readonly text: string
}

/** What recovery makes of the evidence. */
export interface Verdict {
  /** Base offsets of the segments that stay. */
  readonly bases: readonly number[]
  /** A torn tail: the last segment that stays is cut here. */
  readonly cut: {readonly baseOffset: number; readonly position: number; readonly offset: number} | undefined
  readonly damage: readonly Damage[]
  readonly logStartOffset: number
  readonly logEndOffset: number
  /** The next append needs a segment of its own, because damage ends the last one. */
  readonly startsAnew: boolean
}

/**
 * Tells a torn tail from damage. Bytes that fail their check above the synced end were never promised: the log ends before
 * them, as in Kafka. Below it they had been stored safely, so losing them silently would be a lie: that is damage, it
 * is reported, and the intact batches behind it stay.
 */
export function judge(evidence: Evidence): Verdict {
  const {bases, scans, syncedEnd, gapsBelow} = evidence
  const damage: Damage[] = []
  let expected: number | undefined
  for (const [i, base] of bases.entries()) {
    if (expected !== undefined && base !== expected && !(base > expected && base <= gapsBelow)) {
      // behind a gap that was never promised, or left over from a cut: what was not synced goes
      if (Math.min(expected, base) >= syncedEnd)
        return conclude(evidence, {bases: bases.slice(0, i), cut: undefined, damage, end: expected})
      damage.push({baseOffset: base, range: undefined, text: misplaced(base, expected)})
    }
    const scan = scans.get(base)
    expected = bases[i + 1]
    if (scan === undefined) continue
    const tail = tailOf(evidence, scan)
    for (const range of scan.damaged) {
      if (range.offset >= syncedEnd) break
      damage.push({
        baseOffset: base,
        range,
        text: `segment ${base} is damaged at byte ${range.position} (${range.length} bytes, from offset ${range.offset}): ${range.why}`,
      })
    }
    if (tail !== undefined) {
      const cut = {baseOffset: base, position: tail.position, offset: tail.offset}
      return conclude(evidence, {bases: bases.slice(0, i + 1), cut, damage, end: tail.offset})
    }
    expected = scan.nextOffset
  }
  return conclude(evidence, {bases, cut: undefined, damage, end: expected ?? evidence.logStartOffset})
}

/** Where a segment's tail begins that was never promised: bytes that fail their check, or an earlier leader's records that were cut, and came back. */
function tailOf(
  {epochs, syncedEnd}: Evidence,
  scan: SegmentScan,
): {readonly position: number; readonly offset: number} | undefined {
  const bad = scan.damaged.find(({offset}) => offset >= syncedEnd)
  const back = scan.epochs.find(({epoch, startOffset}) => {
    const isKnown = epochs.some(recorded => recorded.epoch === epoch)
    return isKnown && startOffset >= syncedEnd && epoch < epochAt(epochs, startOffset)
  })
  if (back === undefined || (bad !== undefined && bad.position < back.position)) return bad
  return {position: back.position, offset: back.startOffset}
}

function misplaced(base: number, expected: number): string {
  return base > expected
    ? `offsets ${expected} to ${base - 1} are missing before segment ${base}`
    : `segment ${base} begins below offset ${expected}, where the one before it ends`
}

function conclude(
  evidence: Evidence,
  found: {bases: readonly number[]; cut: Verdict['cut']; damage: Damage[]; end: number},
): Verdict {
  const {syncedEnd, logStartOffset} = evidence
  const {bases, damage, cut, end} = found
  damage.push(...strayEpochs(evidence, bases, end))
  if (end < syncedEnd) {
    const last = bases.at(-1) ?? end
    const size = evidence.scans.get(last)?.size ?? 0
    damage.push({
      baseOffset: last,
      range: undefined,
      text: `segment ${last} ends at byte ${size} and offset ${end}, but everything below ${syncedEnd} had been synced`,
    })
  }
  // all that is left had been deleted; offsets go on where readers were told that the log starts
  if (damage.length === 0 && end < logStartOffset)
    return {bases: [], cut: undefined, damage, logStartOffset, logEndOffset: logStartOffset, startsAnew: true}
  const logEndOffset = Math.max(end, syncedEnd)
  return {
    bases,
    cut,
    damage,
    logStartOffset: Math.min(Math.max(logStartOffset, bases[0] ?? logEndOffset), logEndOffset),
    logEndOffset,
    startsAnew: damage.length > 0 || bases.length === 0,
  }
}

/**
 * Batches whose leader epoch is not the recorded one: it lies outside the CRC, and an epoch is recorded before its first batch, so no crash
 * does that. An earlier leader's records that came back above the synced end are cut by then.
 */
function strayEpochs(evidence: Evidence, bases: readonly number[], end: number): Damage[] {
  const {epochs, scans} = evidence
  const first = epochs[0]?.startOffset ?? Number.POSITIVE_INFINITY
  const stray: Damage[] = []
  for (const base of bases) {
    for (const {epoch, startOffset, position} of scans.get(base)?.epochs ?? []) {
      if (startOffset < first || startOffset >= end) continue
      const recorded = epochAt(epochs, startOffset)
      if (epoch === recorded) continue
      stray.push({
        baseOffset: base,
        range: undefined,
        text: `segment ${base} is damaged at byte ${position}: leader epoch ${epoch} of offset ${startOffset} was recorded as ${recorded}`,
      })
    }
  }
  return stray
}

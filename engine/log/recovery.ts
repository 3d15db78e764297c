import type {DamagedRange, SegmentScan} from './scan-segment.ts'

/** What was found on disk: base offsets ascending, and a scan of every segment that was read. */
export interface Evidence {
  readonly bases: readonly number[]
  readonly scans: ReadonlyMap<number, SegmentScan>
  /** Everything below had been synced. */
  readonly syncedEnd: number
  /** From the checkpoint: records below had been deleted. */
  readonly logStartOffset: number
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
  const {bases, scans, syncedEnd} = evidence
  const damage: Damage[] = []
  let expected: number | undefined
  for (const [i, base] of bases.entries()) {
    if (expected !== undefined && base > expected) {
      if (expected >= syncedEnd)
        return conclude(evidence, {bases: bases.slice(0, i), cut: undefined, damage, end: expected})
      damage.push({
        baseOffset: base,
        range: undefined,
        text: `offsets ${expected} to ${base - 1} are missing before segment ${base}`,
      })
    }
    const scan = scans.get(base)
    expected = bases[i + 1]
    if (scan === undefined) continue
    for (const range of scan.damaged) {
      if (range.offset >= syncedEnd) {
        const cut = {baseOffset: base, position: range.position, offset: range.offset}
        return conclude(evidence, {bases: bases.slice(0, i + 1), cut, damage, end: range.offset})
      }
      damage.push({
        baseOffset: base,
        range,
        text: `segment ${base} is damaged at byte ${range.position} (${range.length} bytes, from offset ${range.offset}): ${range.why}`,
      })
    }
    expected = scan.nextOffset
  }
  return conclude(evidence, {bases, cut: undefined, damage, end: expected ?? evidence.logStartOffset})
}

function conclude(
  evidence: Evidence,
  found: {bases: readonly number[]; cut: Verdict['cut']; damage: Damage[]; end: number},
): Verdict {
  const {syncedEnd} = evidence
  const {bases, damage, cut, end} = found
  if (end < syncedEnd) {
    damage.push({
      baseOffset: bases.at(-1) ?? end,
      range: undefined,
      text: `the log ends at offset ${end}, but everything below ${syncedEnd} had been synced`,
    })
  }
  const logEndOffset = Math.max(end, syncedEnd)
  const logStartOffset = Math.min(Math.max(evidence.logStartOffset, bases[0] ?? logEndOffset), logEndOffset)
  return {bases, cut, damage, logStartOffset, logEndOffset, startsAnew: damage.length > 0 || bases.length === 0}
}

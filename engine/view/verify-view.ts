import {storageError} from '../errors.ts'
import {readEpochs} from '../log/leader-epoch-checkpoint.ts'
import {LOG_CONFIG_DEFAULTS} from '../log/log-config.ts'
import {type SegmentVerdict, verifySegment} from '../log/verify-segment.ts'
import type {TornTail} from './batch-cursor.ts'
import type {LogEnd, LogView} from './log-view.ts'

export interface ViewCheck {
  /** Whether somebody has the log open now: then the tail is in the making, and all that was followed by something is final. */
  readonly isOwned: () => boolean
  /** Called now and then: bytes read of the segment that is being checked. */
  readonly onProgress: (baseOffset: number, bytes: number) => void
}

/** What came of one segment: its verdict, or that retention took it away before it was read. */
export type SegmentOutcome =
  | {readonly deleted: false; readonly verdict: SegmentVerdict; readonly ok: boolean}
  | {readonly deleted: true; readonly baseOffset: number}

/** What the whole log adds to its segments. */
export interface ViewVerdict {
  readonly logStartOffset: number
  readonly logEndOffset: number
  readonly syncedEnd: number
  /** What the next opening will cut; no damage, for it had not been synced. */
  readonly torn: TornTail | undefined
  readonly problems: readonly string[]
}

/** Checks a log from outside, segment by segment, by the same rule as recovery: bad bytes above the synced end of a log that nobody has open are a torn tail. */
export function* verifyView(view: LogView, check: ViewCheck): Generator<SegmentOutcome, ViewVerdict> {
  const logStartOffset = view.logStartOffset()
  const syncedEnd = view.syncedEnd()
  // the end first: what is rolled after it is not looked for
  let end: LogEnd = view.end()
  const bases = view.bases().filter(base => base <= end.offset)
  for (const [i, baseOffset] of bases.entries()) {
    // what had been synced must be there, also where the log ends before it
    const endOffset = bases[i + 1] ?? Math.max(end.offset, syncedEnd)
    const segment = {baseOffset, endOffset, isClosed: i + 1 < bases.length}
    let outcome = verifyOne(view, check, segment)
    // a roll or a write may have been half done when it was read
    if (!outcome.deleted && !outcome.ok && check.isOwned()) outcome = verifyOne(view, check, segment)
    if (!outcome.deleted && !outcome.ok && !view.bases().includes(baseOffset)) outcome = {deleted: true, baseOffset}
    const torn = outcome.deleted || check.isOwned() ? undefined : tornTail(view, outcome.verdict, {syncedEnd, bases})
    if (torn === undefined) {
      yield outcome
      continue
    }
    yield verifyOne(view, check, {baseOffset, endOffset: torn.offset})
    end = {offset: torn.offset, torn}
    break
  }
  const problems: string[] = []
  if (bases.length > 0 && readEpochs(view.storage, view.dir).length === 0)
    problems.push('leader-epoch-checkpoint is missing or unreadable')
  if (end.offset < syncedEnd)
    problems.push(`the log ends at offset ${end.offset}, but everything below ${syncedEnd} had been synced`)
  return {logStartOffset, logEndOffset: end.offset, syncedEnd, torn: end.torn, problems}
}

function verifyOne(
  view: LogView,
  check: ViewCheck,
  segment: {baseOffset: number; endOffset: number; isClosed?: boolean},
): SegmentOutcome {
  const {baseOffset} = segment
  const {indexIntervalBytes} = LOG_CONFIG_DEFAULTS
  try {
    const request = {...segment, dir: view.dir, indexIntervalBytes, epochs: readEpochs(view.storage, view.dir)}
    const verdict = verifySegment(view.storage, request, view.crc32c, bytes => check.onProgress(baseOffset, bytes))
    return {deleted: false, verdict, ok: verdict.damaged.length === 0 && verdict.problems.length === 0}
  } catch (error) {
    if ((error as {code?: string}).code === 'ENOENT') return {deleted: true, baseOffset}
    throw storageError(error, `verifying segment ${baseOffset}`)
  }
}

/** Where recovery would cut within this segment, or behind it where the next one does not follow: nothing from there on had been synced. */
function tornTail(
  view: LogView,
  verdict: SegmentVerdict,
  log: {syncedEnd: number; bases: readonly number[]},
): TornTail | undefined {
  const {baseOffset, bytes, nextOffset, endOffset} = verdict
  const behind = log.bases.filter(base => base > baseOffset).reduce((sum, base) => sum + view.segmentBytes(base), 0)
  const range = verdict.damaged.find(({offset}) => offset >= log.syncedEnd)
  if (range !== undefined) {
    const {position, offset, why} = range
    return {baseOffset, position, length: bytes - position + behind, offset, why}
  }
  if (nextOffset === endOffset || nextOffset < log.syncedEnd || verdict.damaged.length > 0) return undefined
  const why = `offsets ${nextOffset} to ${endOffset - 1} are missing`
  return {baseOffset, position: bytes, length: behind, offset: nextOffset, why}
}

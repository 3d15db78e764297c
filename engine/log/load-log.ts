import type {Crc32c} from '../bytes/crc32c.ts'
import {OdradekError, storageError} from '../errors.ts'
import {type CleanerMark, gapsOnRecord, isSameMark, readCleanerMark, writeCleanerMark} from './cleaner-mark.ts'
import {syncDirectory} from './files.ts'
import {lookUpBatch, lookUpLargestTime} from './index-lookup.ts'
import {type EpochStart, readEpochs, writeEpochs} from './leader-epoch-checkpoint.ts'
import {LeaderEpochs} from './leader-epochs.ts'
import {Log, type LogState, type LogWorld} from './log.ts'
import type {LogConfig} from './log-config.ts'
import {OFFSET_ENTRY_BYTES} from './offset-index.ts'
import {recoverProducers} from './recover-producers.ts'
import {judge, type Verdict} from './recovery.ts'
import {repair} from './repair.ts'
import type {SegmentSummary} from './retention.ts'
import {type ScanFrom, type ScanOptions, type SegmentScan, scanSegment} from './scan-segment.ts'
import {findScanStart} from './scan-start.ts'
import {ActiveSegment} from './segment.ts'
import {SUFFIX, segmentBases, segmentFile} from './segment-files.ts'
import type {Storage} from './storage.ts'
import {SyncedEnd} from './synced-end.ts'

/** What is known of a partition before its files are read. */
export interface LoadRequest {
  /** The last owner closed the dir cleanly, so nothing needs a check. */
  readonly clean: boolean
  /** Offset below which everything was on stable storage, from the checkpoint; 0 where unknown. */
  readonly recoveryPoint: number
  readonly logStartOffset: number
  /** Everything below is compacted, from the checkpoint; 0 where unknown. */
  readonly cleanedEnd?: number
  /** Compaction may have been at work here, whatever the checkpoint says. */
  readonly isCompacted?: boolean
  /** What to do with damage to data that had been synced: refuse the log, or open it and leave the damage where it is. */
  readonly onDamage: 'refuse' | 'keep'
  /**
   * Whether every producer is to be known whose batches are there, though that takes reading the headers of the last segment. Where nobody sends
   * with a producer id, what the scan meets is enough.
   */
  readonly exactProducers?: boolean
}

/** A segment to read, in full or from a place on. */
export interface PlannedScan {
  readonly path: string
  readonly baseOffset: number
  readonly endOffset: number | undefined
  readonly epochs: readonly EpochStart[]
  readonly from: ScanFrom | undefined
  readonly mayEndBehindGap?: boolean
}

/** What must be read before the log can be loaded; each scan may run anywhere. */
export interface LoadPlan {
  readonly bases: readonly number[]
  readonly scans: readonly PlannedScan[]
  readonly syncedEnd: number
  /** A sync has failed: what is read may be in the system's memory only, and is written again. */
  readonly rewrite: boolean
  /** Leader epochs as they were recorded; none where that record is lost. */
  readonly epochs: readonly EpochStart[]
}

/** Looks at a partition's directory and changes nothing; a compaction that was cut off is at its end by then (`finishSwap`). */
export function planLoad(storage: Storage, dir: string, request: LoadRequest): LoadPlan {
  const names = (storage.list(dir) ?? []).filter(entry => !entry.directory).map(entry => entry.name)
  const bases = segmentBases(names)
  const syncedEnd = syncedEndOf(storage, dir, request)
  const epochs = readEpochs(storage, dir)
  const rewrite = SyncedEnd.hasFailed(storage, dir)
  const scans: PlannedScan[] = []
  for (const [i, baseOffset] of bases.entries()) {
    const endOffset = bases[i + 1]
    // what ends where the sync did may have been synced before its indexes were finished
    const doubtful = !request.clean && (endOffset === undefined || endOffset >= syncedEnd)
    const mayStartLate = epochs.length > 0 && hasIndex(storage, dir, baseOffset)
    if (!doubtful && mayStartLate) continue
    const from = mayStartLate && !rewrite ? findScanStart(storage, dir, baseOffset, syncedEnd) : undefined
    const path = segmentFile(dir, baseOffset, SUFFIX.log)
    scans.push({path, baseOffset, endOffset, epochs, from, mayEndBehindGap: mayHaveGaps(request)})
  }
  return {bases, scans, syncedEnd, rewrite, epochs}
}

function mayHaveGaps({isCompacted = false, cleanedEnd = 0}: LoadRequest): boolean {
  return isCompacted || cleanedEnd > 0
}

/**
 * How far a log is compacted, and where a segment may begin behind a gap. Kafka's cleaner leaves no batch where there is no record, ours always leaves the last one: so it is
 * only of a log that Kafka may have compacted that a missing segment cannot be told, and of one that nobody has kept a record of. A cut lowers the synced end before it
 * removes anything, and what it leaves behind where it is cut off must not be taken for that.
 */
function cleanerMarkOf(
  {storage, dir}: LogWorld,
  found: CleanerMark | undefined,
  request: LoadRequest,
  syncedEnd: number,
): CleanerMark {
  const {isCompacted = false, cleanedEnd = 0} = request
  const own = {cleanedEnd: Math.min(cleanedEnd, found?.cleanedEnd ?? cleanedEnd), ownEnd: found?.ownEnd ?? cleanedEnd}
  const gapsBelow = gapsOnRecord(found, cleanedEnd)
  if (gapsBelow !== undefined) return {...own, gapsBelow}
  // what ours has on record, and has never compacted, nobody has
  const isOurs = SyncedEnd.read(storage, dir) !== undefined
  if (isOurs && found === undefined && cleanedEnd === 0) return {...own, gapsBelow: 0}
  const compactedEnd = isCompacted ? Math.max(cleanedEnd, syncedEnd) : cleanedEnd
  return {...own, ownEnd: cleanedEnd, gapsBelow: isOurs ? Math.min(compactedEnd, syncedEnd) : compactedEnd}
}

function hasIndex(storage: Storage, dir: string, baseOffset: number): boolean {
  const index = storage.stat(segmentFile(dir, baseOffset, SUFFIX.index))
  return index !== undefined && index.size % OFFSET_ENTRY_BYTES === 0
}

/**
 * How far the log had been synced. A clean close leaves an exact recovery point, also where Kafka wrote it and knows nothing of
 * our record. Without one it is our record that counts: a cut lowers it, and it may not have lowered the other.
 */
function syncedEndOf(storage: Storage, dir: string, request: LoadRequest): number {
  if (request.clean && request.recoveryPoint > 0) return request.recoveryPoint
  return SyncedEnd.read(storage, dir) ?? request.recoveryPoint
}

/** Loads a log from its files and the scans that were planned. Nothing on disk has changed when it throws LOG_DAMAGED. */
export function loadLog(
  world: LogWorld,
  config: LogConfig,
  request: LoadRequest,
  plan: LoadPlan,
  scanned: readonly SegmentScan[],
): {log: Log; verdict: Verdict} {
  const {storage, dir} = world
  const {bases, syncedEnd, epochs} = plan
  const whole = scanned.map(scan => (isDoubtful(scan, syncedEnd) ? scanAgain(world, config, plan, scan) : scan))
  const scans = new Map(whole.map(scan => [scan.baseOffset, scan]))
  const last = bases.at(-1)
  if (last !== undefined && !scans.has(last)) {
    const tail = scanTail(world, config, plan, {baseOffset: last, mayEndBehindGap: mayHaveGaps(request)})
    scans.set(last, tail.scan)
    if (tail.isWhole) whole.push(tail.scan)
  }
  const foundMark = readCleanerMark(storage, dir)
  const {gapsBelow, ...mark} = cleanerMarkOf(world, foundMark, request, syncedEnd)
  const verdict = judge({
    bases,
    scans,
    syncedEnd,
    gapsBelow,
    logStartOffset: request.logStartOffset,
    epochs,
  })
  if (verdict.damage.length > 0 && request.onDamage === 'refuse') {
    throw new OdradekError(
      'LOG_DAMAGED',
      `${dir}: ${verdict.damage.map(damage => damage.text).join('; ')}. Nothing was changed; restore the files, or open with onDamage: 'keep' to read what is intact`,
    )
  }
  try {
    repair(storage, dir, verdict, whole, plan)
    if (plan.rewrite) SyncedEnd.clearMark(storage, dir)
    // of what stands there a name may not last yet: who put it there may have ended, or failed, before it had synced the directory
    if (!request.clean) syncDirectory(storage, dir)
    const cleanerMark = {...mark, gapsBelow, cleanedEnd: Math.min(mark.cleanedEnd, verdict.logEndOffset)}
    // from now on a gap is told from a segment that is missing
    if (foundMark === undefined ? gapsBelow > 0 : !isSameMark(foundMark, cleanerMark))
      writeCleanerMark(storage, dir, cleanerMark)
    const recorded = ensureEpochs(storage, dir, verdict, {epochs, scans})
    const {bases: kept, logEndOffset} = verdict
    // a scan that did not begin at its segment's start says nothing of the producers before it
    const told = request.exactProducers === true ? whole.filter(({from}) => from === undefined) : whole
    const producers = recoverProducers(storage, dir, {bases: kept, logEndOffset, scans: told})
    const log = openLog(world, config, {
      ...openSegments(world, config, verdict, scans),
      logStartOffset: verdict.logStartOffset,
      logEndOffset: verdict.logEndOffset,
      syncedEnd: request.clean ? verdict.logEndOffset : Math.min(syncedEnd, verdict.logEndOffset),
      cleanerMark,
      ...recorded,
      producers,
    })
    return {log, verdict}
  } catch (error) {
    throw storageError(error, `loading ${dir}`)
  }
}

/** Whether a scan that did not start at the segment's start met damage: then all of it is looked for. */
function isDoubtful(scan: SegmentScan, syncedEnd: number): boolean {
  return scan.from !== undefined && scan.damaged.some(range => range.offset < syncedEnd)
}

function scanAgain(world: LogWorld, config: LogConfig, plan: LoadPlan, {baseOffset}: SegmentScan): SegmentScan {
  const {path, ...planned} = plan.scans.find(scan => scan.baseOffset === baseOffset)!
  const {indexIntervalBytes} = config
  return scanFile(world.storage, path, {...planned, from: undefined, indexIntervalBytes, crc32c: world.crc32c})
}

function openLog(world: LogWorld, config: LogConfig, state: LogState): Log {
  try {
    return new Log(world, config, state)
  } catch (error) {
    state.active.close()
    throw error
  }
}

/**
 * After a clean close only what lies behind the last index entry is unknown. An index that leads nowhere, or has nothing
 * where it should, costs a full read and is made anew.
 */
function scanTail(
  world: LogWorld,
  config: LogConfig,
  plan: LoadPlan,
  {baseOffset, mayEndBehindGap}: {baseOffset: number; mayEndBehindGap: boolean},
): {scan: SegmentScan; isWhole: boolean} {
  const {storage, dir, crc32c} = world
  const {indexIntervalBytes} = config
  const options = {baseOffset, indexIntervalBytes, crc32c, epochs: plan.epochs, mayEndBehindGap}
  const from = lookUpBatch(storage, dir, baseOffset, Number.MAX_SAFE_INTEGER)
  const file = storage.open(segmentFile(dir, baseOffset, SUFFIX.log), 'read')
  try {
    if (from !== undefined && from.position >= 0 && from.position < file.size()) {
      const scan = scanSegment(file, {...options, from})
      if (scan.damaged.length === 0) return {scan, isWhole: false}
    }
    const scan = scanSegment(file, options)
    return {scan, isWhole: from !== undefined || scan.offsetEntries.length > 0 || scan.damaged.length > 0}
  } finally {
    file.close()
  }
}

/** Opens the last segment to go on in, or a new one where there is none or where damage ends the last one. */
function openSegments(
  world: LogWorld,
  config: LogConfig,
  verdict: Verdict,
  scans: ReadonlyMap<number, SegmentScan>,
): {closed: SegmentSummary[]; active: ActiveSegment} {
  const {storage, dir, crc32c} = world
  const last = verdict.bases.at(-1)
  const goOn = last !== undefined && (!verdict.startsAnew || last === verdict.logEndOffset)
  const closed = verdict.bases
    .slice(0, goOn ? -1 : undefined)
    .map(base => summaryOf(storage, dir, base, scans.get(base)))
  if (!goOn) return {closed, active: new ActiveSegment(storage, dir, verdict.logEndOffset, {fresh: true})}
  const {indexIntervalBytes} = config
  // what stays was judged
  const options = {baseOffset: last, indexIntervalBytes, crc32c, mayEndBehindGap: true}
  const found = scans.get(last)!
  const scan = hasCutBatches(verdict, found)
    ? scanFile(storage, segmentFile(dir, last, SUFFIX.log), {...options, from: found.from})
    : found
  const active = new ActiveSegment(storage, dir, last, {fresh: false})
  active.resume(scan)
  return {closed, active}
}

/** Whether batches were accounted that lay behind the place where the log is cut. */
function hasCutBatches({cut}: Verdict, {baseOffset, damaged}: SegmentScan): boolean {
  if (cut?.baseOffset !== baseOffset) return false
  const last = damaged.at(-1)
  return last?.position !== cut.position || last.nextOffset !== undefined
}

function summaryOf(storage: Storage, dir: string, baseOffset: number, scan: SegmentScan | undefined): SegmentSummary {
  const status = storage.stat(segmentFile(dir, baseOffset, SUFFIX.log))!
  const largest = scan?.largestTimestamp ?? lookUpLargestTime(storage, dir, baseOffset)?.timestamp ?? -1
  return {baseOffset, size: status.size, largestTimestamp: largest >= 0 ? largest : status.modifiedMs}
}

/**
 * The reigns that are recorded or, where that record is lost, those its batches tell of. One that began beyond the log's end has lost
 * its batches. A log that no cluster governs goes on in the last reign.
 */
function ensureEpochs(
  storage: Storage,
  dir: string,
  verdict: Verdict,
  found: Pick<LoadPlan, 'epochs'> & {scans: ReadonlyMap<number, SegmentScan>},
): {epochs: LeaderEpochs; leaderEpoch: number} {
  const epochs = new LeaderEpochs(storage, dir, found.epochs)
  const recorded = epochs.latest
  if (recorded >= 0) {
    epochs.cutFrom(verdict.logEndOffset + 1)
    return {epochs, leaderEpoch: recorded}
  }
  const starts: EpochStart[] = []
  for (const base of verdict.bases) {
    for (const {epoch, startOffset} of found.scans.get(base)!.epochs) {
      if (epoch > (starts.at(-1)?.epoch ?? -1) && startOffset < verdict.logEndOffset) starts.push({epoch, startOffset})
    }
  }
  if (starts.length === 0) starts.push({epoch: 0, startOffset: verdict.logStartOffset})
  writeEpochs(storage, dir, starts)
  return {epochs: new LeaderEpochs(storage, dir, starts), leaderEpoch: starts.at(-1)!.epoch}
}

/** Scans on this thread, for callers that have no other. */
export function scanHere(
  storage: Storage,
  plan: LoadPlan,
  options: {indexIntervalBytes: number; crc32c: Crc32c},
): SegmentScan[] {
  return plan.scans.map(({path, ...planned}) => scanFile(storage, path, {...planned, ...options}))
}

function scanFile(storage: Storage, path: string, options: ScanOptions): SegmentScan {
  const file = storage.open(path, 'read')
  try {
    return scanSegment(file, options)
  } finally {
    file.close()
  }
}

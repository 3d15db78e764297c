import type {Crc32c} from '../bytes/crc32c.ts'
import {OdradekError, storageError} from '../errors.ts'
import {maxTimestamp} from '../record/record-batch.ts'
import {readEpochs, writeEpochs} from './leader-epoch-checkpoint.ts'
import {Log, type LogWorld} from './log.ts'
import type {LogConfig} from './log-config.ts'
import {OFFSET_ENTRY_BYTES, OffsetIndex} from './offset-index.ts'
import {judge, type Verdict} from './recovery.ts'
import type {SegmentSummary} from './retention.ts'
import {type SegmentScan, scanSegment} from './scan-segment.ts'
import {ActiveSegment} from './segment.ts'
import {offsetOfFile, SUFFIX, segmentBases, segmentFile} from './segment-files.ts'
import type {Storage} from './storage.ts'
import {SyncedEnd} from './synced-end.ts'
import {TIME_ENTRY_BYTES, TimeIndex} from './time-index.ts'

/** What is known of a partition before its files are read. */
export interface LoadRequest {
  /** The last owner closed the dir cleanly, so nothing needs a check. */
  readonly clean: boolean
  /** Offset below which everything was on stable storage, from the checkpoint; 0 where unknown. */
  readonly recoveryPoint: number
  readonly logStartOffset: number
  /** What to do with damage to data that had been synced: refuse the log, or open it and leave the damage where it is. */
  readonly onDamage: 'refuse' | 'keep'
}

/** What must be read in full before the log can be loaded; each scan may run anywhere. */
export interface LoadPlan {
  readonly bases: readonly number[]
  readonly scans: readonly {readonly path: string; readonly baseOffset: number}[]
  readonly syncedEnd: number
}

/** Looks at a partition's directory and changes nothing. */
export function planLoad(storage: Storage, dir: string, request: LoadRequest): LoadPlan {
  const names = (storage.list(dir) ?? []).filter(entry => !entry.directory).map(entry => entry.name)
  const swap = names.find(name => name.endsWith('.swap'))
  if (swap !== undefined)
    throw new OdradekError(
      'FOREIGN_DIR',
      `${dir}/${swap} is of a compaction that was cut off; let Kafka open and close the dir first`,
    )
  const bases = segmentBases(names)
  const syncedEnd = Math.max(SyncedEnd.read(storage, dir) ?? 0, request.recoveryPoint)
  const active = bases.at(-1)
  const scans = bases.filter((base, i) => {
    const path = segmentFile(dir, base, SUFFIX.index)
    const index = storage.stat(path)
    if (index === undefined || index.size % OFFSET_ENTRY_BYTES !== 0) return true
    const end = bases[i + 1] ?? Number.POSITIVE_INFINITY
    return !request.clean && (end > syncedEnd || base === active)
  })
  return {
    bases,
    scans: scans.map(baseOffset => ({path: segmentFile(dir, baseOffset, SUFFIX.log), baseOffset})),
    syncedEnd,
  }
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
  const scans = new Map(scanned.map(scan => [scan.baseOffset, scan]))
  const active = plan.bases.at(-1)
  const tail = active !== undefined && !scans.has(active) ? scanTail(world, config, active) : undefined
  if (tail !== undefined) scans.set(active!, tail)
  const verdict = judge({bases: plan.bases, scans, syncedEnd: plan.syncedEnd, logStartOffset: request.logStartOffset})
  if (verdict.damage.length > 0 && request.onDamage === 'refuse') {
    throw new OdradekError(
      'LOG_DAMAGED',
      `${dir}: ${verdict.damage.map(damage => damage.text).join('; ')}. Nothing was changed; restore the files, or open with onDamage: 'keep' to read what is intact`,
    )
  }
  try {
    applyCut(storage, dir, plan, verdict)
    for (const base of verdict.bases) {
      const scan = scans.get(base)
      if (scan !== undefined && scan !== tail) rebuildIndexes(storage, dir, scan, verdict)
    }
    const log = new Log(world, config, {
      ...openSegments(world, config, verdict, scans, tail),
      logStartOffset: verdict.logStartOffset,
      logEndOffset: verdict.logEndOffset,
      syncedEnd: request.clean ? verdict.logEndOffset : Math.min(plan.syncedEnd, verdict.logEndOffset),
      leaderEpoch: ensureEpoch(storage, dir, verdict.logStartOffset),
    })
    removeStraySnapshots(storage, dir, verdict)
    return {log, verdict}
  } catch (error) {
    throw storageError(error, `loading ${dir}`)
  }
}

/** After a clean close only what lies behind the last index entry is unknown; an index that leads nowhere costs a full read. */
function scanTail(world: LogWorld, config: LogConfig, baseOffset: number): SegmentScan {
  const {storage, dir, crc32c} = world
  const index = new OffsetIndex(storage, segmentFile(dir, baseOffset, SUFFIX.index))
  const file = storage.open(segmentFile(dir, baseOffset, SUFFIX.log), 'read')
  try {
    const options = {baseOffset, indexIntervalBytes: config.indexIntervalBytes, crc32c}
    if (index.count === 0) return scanSegment(file, options)
    const slot = index.count - 1
    const before = slot === 0 ? baseOffset : baseOffset + index.relativeOffset(slot - 1) + 1
    const scan = scanSegment(file, {...options, from: {position: index.position(slot), offset: before}})
    if (scan.damaged.length === 0 && scan.batches > 0) return scan
    return scanSegment(file, options)
  } finally {
    index.close()
    file.close()
  }
}

function applyCut(storage: Storage, dir: string, plan: LoadPlan, verdict: Verdict): void {
  for (const base of plan.bases) {
    if (verdict.bases.includes(base)) continue
    for (const suffix of Object.values(SUFFIX)) {
      const path = segmentFile(dir, base, suffix)
      if (storage.stat(path) !== undefined) storage.remove(path)
    }
  }
  if (verdict.cut === undefined) return
  const file = storage.open(segmentFile(dir, verdict.cut.baseOffset, SUFFIX.log), 'write')
  try {
    file.truncate(verdict.cut.position)
  } finally {
    file.close()
  }
}

function rebuildIndexes(storage: Storage, dir: string, scan: SegmentScan, verdict: Verdict): void {
  const end = verdict.cut?.baseOffset === scan.baseOffset ? verdict.cut : undefined
  const offsets = new OffsetIndex(storage, segmentFile(dir, scan.baseOffset, SUFFIX.index), 0)
  const times = new TimeIndex(storage, segmentFile(dir, scan.baseOffset, SUFFIX.timeIndex), 0)
  for (let i = 0; i < scan.offsetEntries.length; i += 2) {
    const [relative, position] = [scan.offsetEntries[i]!, scan.offsetEntries[i + 1]!]
    if (end === undefined || position < end.position) offsets.append(relative, position)
  }
  for (let i = 0; i < scan.timeEntries.length; i += 2) {
    const [timestamp, relative] = [scan.timeEntries[i]!, scan.timeEntries[i + 1]!]
    if (end === undefined || scan.baseOffset + relative < end.offset) times.appendGreater(timestamp, relative)
  }
  for (const index of [offsets, times]) {
    index.store()
    index.file.sync()
    index.close()
  }
}

/** Opens the last segment to go on in, or a new one where there is none or where damage ends the last one. */
function openSegments(
  world: LogWorld,
  config: LogConfig,
  verdict: Verdict,
  scans: ReadonlyMap<number, SegmentScan>,
  tail: SegmentScan | undefined,
): {closed: SegmentSummary[]; active: ActiveSegment} {
  const {storage, dir, crc32c} = world
  const last = verdict.bases.at(-1)
  const goOn = last !== undefined && (!verdict.startsAnew || last === verdict.logEndOffset)
  const closed = verdict.bases
    .slice(0, goOn ? -1 : undefined)
    .map(base => summaryOf(storage, dir, base, scans.get(base)))
  const active = new ActiveSegment(storage, dir, goOn ? last : verdict.logEndOffset)
  if (!goOn) return {closed, active}
  const options = {baseOffset: last, indexIntervalBytes: config.indexIntervalBytes, crc32c}
  const scan = verdict.cut?.baseOffset === last ? scanSegment(active.file, options) : scans.get(last)!
  const firstTimestamp = scan === tail ? firstTimestampOf(active) : scan.firstTimestamp
  active.resume({...scan, firstTimestamp})
  return {closed, active}
}

function firstTimestampOf(segment: ActiveSegment): number {
  const header = new Uint8Array(61)
  if (segment.file.read(header, 0, header.length, 0) < header.length) return Number.NaN
  return maxTimestamp(new DataView(header.buffer), 0)
}

function summaryOf(storage: Storage, dir: string, baseOffset: number, scan: SegmentScan | undefined): SegmentSummary {
  const status = storage.stat(segmentFile(dir, baseOffset, SUFFIX.log))!
  let largestTimestamp = scan?.largestTimestamp ?? -1
  if (
    scan === undefined &&
    (storage.stat(segmentFile(dir, baseOffset, SUFFIX.timeIndex))?.size ?? 0) >= TIME_ENTRY_BYTES
  ) {
    const index = new TimeIndex(storage, segmentFile(dir, baseOffset, SUFFIX.timeIndex))
    largestTimestamp = index.lastTimestamp
    index.close()
  }
  return {baseOffset, size: status.size, largestTimestamp: largestTimestamp >= 0 ? largestTimestamp : status.modifiedMs}
}

/** A log that no cluster governs has one reign: the last one recorded, or epoch 0. */
function ensureEpoch(storage: Storage, dir: string, startOffset: number): number {
  const epochs = readEpochs(storage, dir)
  const last = epochs.at(-1)
  if (last !== undefined) return last.epoch
  writeEpochs(storage, dir, [{epoch: 0, startOffset}])
  return 0
}

/** Snapshots that belong to no segment go, except the newest one, as in Kafka's `ProducerStateManager`. */
function removeStraySnapshots(storage: Storage, dir: string, verdict: Verdict): void {
  const offsets = (storage.list(dir) ?? [])
    .map(entry => offsetOfFile(entry.name, SUFFIX.snapshot))
    .filter(offset => offset !== undefined)
  const newest = Math.max(...offsets.filter(offset => offset <= verdict.logEndOffset), -1)
  for (const offset of offsets) {
    if (offset !== newest && !verdict.bases.includes(offset)) storage.remove(segmentFile(dir, offset, SUFFIX.snapshot))
  }
}

/** Scans on this thread, for callers that have no other. */
export function scanHere(
  storage: Storage,
  plan: LoadPlan,
  options: {indexIntervalBytes: number; crc32c: Crc32c},
): SegmentScan[] {
  return plan.scans.map(({path, baseOffset}) => {
    const file = storage.open(path, 'read')
    try {
      return scanSegment(file, {baseOffset, ...options})
    } finally {
      file.close()
    }
  })
}

import {syncDirectory, writeFully} from './files.ts'
import {CHUNK_BYTES} from './find-intact.ts'
import {OffsetIndex} from './offset-index.ts'
import type {Verdict} from './recovery.ts'
import type {SegmentScan} from './scan-segment.ts'
import {offsetOfFile, SUFFIX, type Suffix, segmentFile} from './segment-files.ts'
import type {Storage, StorageFile} from './storage.ts'
import {TimeIndex} from './time-index.ts'

/**
 * Makes the files of a partition what the verdict says. It may be cut off anywhere: what it did is what the next recovery
 * would do as well, and nothing goes that the verdict keeps.
 */
export function repair(
  storage: Storage,
  dir: string,
  verdict: Verdict,
  scans: Iterable<SegmentScan>,
  {rewrite}: {readonly rewrite: boolean} = {rewrite: false},
): void {
  const removed = [removeStrays(storage, dir, verdict), removeStraySnapshots(storage, dir, verdict)].includes(true)
  // what comes back after a power loss must not meet what is written in its place
  if (removed) syncDirectory(storage, dir)
  for (const scan of scans) {
    if (!verdict.bases.includes(scan.baseOffset)) continue
    rebuildIndexes(storage, dir, scan, verdict)
    storeSegment(storage, dir, scan, {verdict, rewrite})
  }
}

/** Removes segments that do not stay, the newest first, and files that belong to no segment. */
function removeStrays(storage: Storage, dir: string, verdict: Verdict): boolean {
  const names = (storage.list(dir) ?? []).map(entry => entry.name)
  const strays = names.filter(name => isStray(name, verdict)).sort((a, b) => (a < b ? 1 : -1))
  for (const name of strays) storage.remove(`${dir}/${name}`)
  return strays.length > 0
}

const OF_SEGMENT: readonly Suffix[] = [SUFFIX.log, SUFFIX.index, SUFFIX.timeIndex, SUFFIX.txnIndex]

function isStray(name: string, verdict: Verdict): boolean {
  const base = OF_SEGMENT.map(suffix => offsetOfFile(name, suffix)).find(offset => offset !== undefined)
  return base !== undefined && !verdict.bases.includes(base)
}

const NO_ENTRIES = {offsetEntries: 0, timeEntries: 0, lastTimestamp: -1}

function rebuildIndexes(storage: Storage, dir: string, scan: SegmentScan, verdict: Verdict): void {
  const cut = verdict.cut?.baseOffset === scan.baseOffset ? verdict.cut : undefined
  const keep = scan.from?.keep ?? NO_ENTRIES
  const index = new OffsetIndex(storage, segmentFile(dir, scan.baseOffset, SUFFIX.index), {
    empty: keep.offsetEntries === 0,
  })
  try {
    index.cut(keep.offsetEntries)
    for (let i = 0; i < scan.offsetEntries.length; i += 2) {
      const [relative, position] = [scan.offsetEntries[i]!, scan.offsetEntries[i + 1]!]
      if (cut === undefined || position < cut.position) index.append(relative, position)
    }
    index.store()
    index.file.sync()
  } finally {
    index.close()
  }
  const timeIndex = new TimeIndex(storage, segmentFile(dir, scan.baseOffset, SUFFIX.timeIndex), {
    empty: keep.timeEntries === 0,
  })
  try {
    timeIndex.cut(keep.timeEntries, keep.lastTimestamp)
    for (let i = 0; i < scan.timeEntries.length; i += 2) {
      const [timestamp, relative] = [scan.timeEntries[i]!, scan.timeEntries[i + 1]!]
      if (cut === undefined || scan.baseOffset + relative < cut.offset) timeIndex.appendGreater(timestamp, relative)
    }
    timeIndex.store()
    timeIndex.file.sync()
  } finally {
    timeIndex.close()
  }
}

/** Cuts a torn tail off, and puts on stable storage what was read: the process that wrote it may have died before it could. */
function storeSegment(
  storage: Storage,
  dir: string,
  scan: SegmentScan,
  {verdict, rewrite}: {readonly verdict: Verdict; readonly rewrite: boolean},
): void {
  const file = storage.open(segmentFile(dir, scan.baseOffset, SUFFIX.log), 'write')
  try {
    if (verdict.cut?.baseOffset === scan.baseOffset) file.truncate(verdict.cut.position)
    if (rewrite) writeAgain(file)
    file.sync()
  } finally {
    file.close()
  }
}

/** After a sync that failed the system takes the file for stored: only what is written again will be. */
function writeAgain(file: StorageFile): void {
  const size = file.size()
  const bytes = new Uint8Array(Math.min(CHUNK_BYTES, size))
  for (let position = 0; position < size; position += bytes.length) {
    const length = file.read(bytes, 0, Math.min(bytes.length, size - position), position)
    writeFully(file, bytes, 0, length, position)
  }
}

/** Snapshots that belong to no segment go, except the newest one, as in Kafka's `ProducerStateManager`. */
function removeStraySnapshots(storage: Storage, dir: string, verdict: Verdict): boolean {
  const offsets = (storage.list(dir) ?? [])
    .map(entry => offsetOfFile(entry.name, SUFFIX.snapshot))
    .filter(offset => offset !== undefined)
  const newest = Math.max(...offsets.filter(offset => offset <= verdict.logEndOffset), -1)
  const strays = offsets.filter(offset => offset !== newest && !verdict.bases.includes(offset))
  for (const offset of strays) storage.remove(segmentFile(dir, offset, SUFFIX.snapshot))
  return strays.length > 0
}

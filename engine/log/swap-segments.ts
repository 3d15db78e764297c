import {batchSize, lastOffset} from '../record/record-batch.ts'
import type {CleanedGroup} from './clean-job.ts'
import {filesWith, removeOtherCleaned} from './cleaned-files.ts'
import {syncDirectory} from './files.ts'
import {readHeader} from './read-header.ts'
import {ENDING, offsetOfFile, SUFFIX, type Suffix, segmentFile} from './segment-files.ts'
import type {Storage} from './storage.ts'

/**
 * Puts compacted segments in the place of those they were made of. Each step leaves something from which `finishSwap` can tell what was
 * meant, and readers of any thread find every offset at any moment:
 *
 * 1. `.cleaned` becomes `.swap`, oldest group first. From the first group without a `.cleaned` file on this counts.
 * 2. The new log takes the place of the first old one, in one step; then the others go, the older before the newer: whoever looks
 *    for an offset looks in the last segment that begins at or below it, and finds it there, before and after each of them.
 * 3. The new indexes take their places: the last `.swap` files, and so what tells that 2 had begun.
 */
const INDEXES: readonly Suffix[] = [SUFFIX.index, SUFFIX.timeIndex]
const CLEANED: readonly Suffix[] = [SUFFIX.log, ...INDEXES]

export function swapSegments(storage: Storage, dir: string, groups: readonly CleanedGroup[]): void {
  removeOtherCleaned(storage, dir, groups)
  for (const {bases} of groups)
    for (const suffix of CLEANED) {
      const path = segmentFile(dir, bases[0]!, suffix)
      storage.rename(path + ENDING.cleaned, path + ENDING.swap)
    }
  syncDirectory(storage, dir)
  for (const {bases} of groups) {
    const path = segmentFile(dir, bases[0]!, SUFFIX.log)
    storage.rename(path + ENDING.swap, path)
    for (const base of bases.slice(1)) markDeleted(storage, dir, base)
  }
  syncDirectory(storage, dir)
  for (const {bases} of groups) placeIndexes(storage, dir, bases[0]!)
  syncDirectory(storage, dir)
  for (const {bases} of groups) for (const base of bases.slice(1)) removeDeleted(storage, dir, base)
}

/**
 * Ends a swap that was cut off, by the rules of Kafka's `LogLoader`: before anybody looks at the segments. What was not complete counts
 * for nothing; what was takes the place of every segment that begins within its offsets.
 */
export function finishSwap(storage: Storage, dir: string): void {
  const cleaned = filesWith(ENDING.cleaned, storage, dir)
  const swaps = filesWith(ENDING.swap, storage, dir)
  const deleted = filesWith(ENDING.deleted, storage, dir)
  if (cleaned.length + swaps.length + deleted.length === 0) return
  const incomplete = Math.min(...cleaned.map(({base}) => base))
  // a swap file must not outlive the cleaned one that tells it is not complete
  for (const {path, base} of swaps) if (base >= incomplete) storage.remove(path)
  syncDirectory(storage, dir)
  for (const {path} of cleaned) storage.remove(path)
  const complete = swaps.map(({base}) => base).filter(base => base < incomplete)
  const bases = [...new Set(complete)].sort((a, b) => a - b)
  for (const base of bases) placeLog(storage, dir, base)
  syncDirectory(storage, dir)
  for (const base of bases) placeIndexes(storage, dir, base)
  syncDirectory(storage, dir)
  for (const {path} of filesWith(ENDING.deleted, storage, dir)) storage.remove(path)
}

/** Puts a complete log in its place, and marks those deleted that begin within its offsets. */
function placeLog(storage: Storage, dir: string, base: number): void {
  const path = segmentFile(dir, base, SUFFIX.log)
  if (storage.stat(path + ENDING.swap) !== undefined) storage.rename(path + ENDING.swap, path)
  // its first segment was deleted since
  if (storage.stat(path) === undefined) return
  const end = endOfSegment(storage, path)
  for (const name of namesOf(storage, dir).sort()) {
    const other = offsetOfFile(name, SUFFIX.log)
    if (other !== undefined && other > base && other < end) markDeleted(storage, dir, other)
  }
}

function placeIndexes(storage: Storage, dir: string, base: number): void {
  for (const suffix of INDEXES) {
    const path = segmentFile(dir, base, suffix)
    if (storage.stat(path + ENDING.swap) !== undefined) storage.rename(path + ENDING.swap, path)
  }
}

function markDeleted(storage: Storage, dir: string, base: number): void {
  for (const suffix of Object.values(SUFFIX)) {
    const path = segmentFile(dir, base, suffix)
    if (storage.stat(path) !== undefined) storage.rename(path, path + ENDING.deleted)
  }
}

function removeDeleted(storage: Storage, dir: string, base: number): void {
  for (const suffix of Object.values(SUFFIX)) {
    const path = segmentFile(dir, base, suffix) + ENDING.deleted
    if (storage.stat(path) !== undefined) storage.remove(path)
  }
}

/** The offset behind the last batch of a segment, 0 where it has none. */
function endOfSegment(storage: Storage, path: string): number {
  const file = storage.open(path, 'read')
  try {
    let end = 0
    let position = 0
    for (;;) {
      const header = readHeader(file, position)
      if (header === undefined) return end
      end = lastOffset(header, 0) + 1
      position += batchSize(header, 0)
    }
  } finally {
    file.close()
  }
}

/** Of a directory that is there. */
function namesOf(storage: Storage, dir: string): string[] {
  return storage
    .list(dir)!
    .filter(entry => !entry.directory)
    .map(entry => entry.name)
}

import {readInt64} from '../bytes/int64.ts'
import {OFFSET_ENTRY_BYTES} from './offset-index.ts'
import {SUFFIX, segmentFile} from './segment-files.ts'
import type {Storage, StorageFile} from './storage.ts'
import {TIME_ENTRY_BYTES} from './time-index.ts'

/**
 * Looks things up in the index files of a segment from any thread, by binary search over the file itself. The files are
 * written by the replica thread and may lag behind the log: an answer is a place to start reading, at or before the
 * one that is asked for, never a promise.
 */

/** What an entry of an offset index names: where a batch starts in the segment, and its last offset. */
export interface IndexedBatch {
  readonly position: number
  readonly lastOffset: number
}

/** The last indexed batch that ends at or before `offset`; undefined where the index has none. */
export function lookUpBatch(
  storage: Storage,
  dir: string,
  baseOffset: number,
  offset: number,
): IndexedBatch | undefined {
  const path = segmentFile(dir, baseOffset, SUFFIX.index)
  return withEntries(storage, path, OFFSET_ENTRY_BYTES, undefined, (entry, count) => {
    const slot = floorSlot(count, i => entry(i).getInt32(0), offset - baseOffset)
    if (slot < 0) return undefined
    const found = entry(slot)
    return {position: found.getInt32(4), lastOffset: baseOffset + found.getInt32(0)}
  })
}

/** Offset to start reading for the first record not older than `timestamp`; the segment's base where the index has nothing. */
export function lookUpOffsetBefore(storage: Storage, dir: string, baseOffset: number, timestamp: number): number {
  const path = segmentFile(dir, baseOffset, SUFFIX.timeIndex)
  return withEntries(storage, path, TIME_ENTRY_BYTES, baseOffset, (entry, count) => {
    const slot = floorSlot(count, i => readInt64(entry(i), 0), timestamp)
    return slot < 0 ? baseOffset : baseOffset + entry(slot).getInt32(8)
  })
}

/** Greatest timestamp of a rolled segment, or undefined where its time index does not tell. */
export function lookUpLargestTimestamp(storage: Storage, dir: string, baseOffset: number): number | undefined {
  const path = segmentFile(dir, baseOffset, SUFFIX.timeIndex)
  return withEntries(storage, path, TIME_ENTRY_BYTES, undefined, (entry, count) =>
    count === 0 ? undefined : readInt64(entry(count - 1), 0),
  )
}

function withEntries<T>(
  storage: Storage,
  path: string,
  entryBytes: number,
  absent: T,
  look: (entry: (slot: number) => DataView, count: number) => T,
): T {
  let file: StorageFile
  try {
    file = storage.open(path, 'read')
  } catch {
    return absent // never there, or removed by retention in the meantime
  }
  try {
    const bytes = new Uint8Array(entryBytes)
    const view = new DataView(bytes.buffer)
    const entry = (slot: number): DataView => {
      file.read(bytes, 0, entryBytes, slot * entryBytes)
      return view
    }
    return look(entry, Math.floor(file.size() / entryBytes))
  } finally {
    file.close()
  }
}

/** The last of `count` ascending values that is at most `target`, or -1. */
function floorSlot(count: number, valueAt: (slot: number) => number, target: number): number {
  let low = 0
  let high = count - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    if (valueAt(middle) <= target) low = middle + 1
    else high = middle - 1
  }
  return high
}

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

/** What an entry of a time index says: the greatest timestamp up to the batch that holds the offset, which is that batch's. */
export interface TimeEntry {
  readonly timestamp: number
  readonly offset: number
}

/** The last entry of at most `timestamp`: no record before its batch is as new. Undefined where there is none. */
export function lookUpTime(
  storage: Storage,
  dir: string,
  baseOffset: number,
  timestamp: number,
): TimeEntry | undefined {
  const path = segmentFile(dir, baseOffset, SUFFIX.timeIndex)
  return withEntries(storage, path, TIME_ENTRY_BYTES, undefined, (entry, count) => {
    const slot = floorSlot(count, i => readInt64(entry(i), 0), timestamp)
    return slot < 0 ? undefined : timeEntry(entry(slot), baseOffset)
  })
}

/** The entry of the greatest timestamp of a rolled segment; undefined where its time index does not tell. */
export function lookUpLargestTime(storage: Storage, dir: string, baseOffset: number): TimeEntry | undefined {
  const path = segmentFile(dir, baseOffset, SUFFIX.timeIndex)
  return withEntries(storage, path, TIME_ENTRY_BYTES, undefined, (entry, count) =>
    count === 0 ? undefined : timeEntry(entry(count - 1), baseOffset),
  )
}

function timeEntry(entry: DataView, baseOffset: number): TimeEntry {
  return {timestamp: readInt64(entry, 0), offset: baseOffset + entry.getInt32(8)}
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

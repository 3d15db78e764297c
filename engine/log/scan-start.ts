import {readInt64} from '../bytes/int64.ts'
import {baseOffset, batchSize, lastOffset, maxTimestamp} from '../record/record-batch.ts'
import {readWhole} from './files.ts'
import {OFFSET_ENTRY_BYTES} from './offset-index.ts'
import {readHeader} from './read-header.ts'
import type {ScanFrom} from './scan-segment.ts'
import {SUFFIX, segmentFile} from './segment-files.ts'
import type {Storage} from './storage.ts'
import {TIME_ENTRY_BYTES} from './time-index.ts'

/**
 * Where recovery may start to read a segment of which everything below `syncedEnd` was synced; undefined where it must read it all.
 *
 * Indexes are not synced with their segment: after a power loss any part of them may be gone or hold zeros, and a time index that lost its end
 * looks like that of a segment in which nothing later came. What vouches for both is an entry of the time index whose batch
 * is there: entries are appended in their order, so those before it are there as well, and no batch before it has a timestamp as
 * great. The scan starts before that batch and finds the greatest timestamp by itself.
 */
export function findScanStart(
  storage: Storage,
  dir: string,
  segmentBase: number,
  syncedEnd: number,
): ScanFrom | undefined {
  const times = new Entries(storage, segmentFile(dir, segmentBase, SUFFIX.timeIndex), {
    entryBytes: TIME_ENTRY_BYTES,
    fields: [readInt64, (view, at) => view.getInt32(at + 8)],
  })
  const offsets = new Entries(storage, segmentFile(dir, segmentBase, SUFFIX.index), {
    entryBytes: OFFSET_ENTRY_BYTES,
    fields: [(view, at) => view.getInt32(at), (view, at) => view.getInt32(at + 4)],
  })
  const newest = times.countUpTo(1, syncedEnd - 1 - segmentBase) - 1
  if (newest < 0) return undefined
  const [timestamp, relative] = [times.field(newest, 0), times.field(newest, 1)]
  const offsetEntries = offsets.countUpTo(0, relative - 1)
  if (offsetEntries === 0) return undefined
  const lastRelative = offsets.field(offsetEntries - 1, 0)
  const start = {position: offsets.field(offsetEntries - 1, 1), lastOffset: segmentBase + lastRelative}
  const witness = {timestamp, offset: segmentBase + relative}
  if (!isBorneOut(storage, segmentFile(dir, segmentBase, SUFFIX.log), start, witness)) return undefined
  const timeEntries = times.countUpTo(1, lastRelative)
  const lastTimestamp = timeEntries === 0 ? -1 : times.field(timeEntries - 1, 0)
  return {...start, keep: {offsetEntries, timeEntries, lastTimestamp}}
}

/** Whether a batch ends where the scan is to start, and behind it is one that holds the offset and has the timestamp. */
function isBorneOut(
  storage: Storage,
  path: string,
  start: {readonly position: number; readonly lastOffset: number},
  witness: {readonly timestamp: number; readonly offset: number},
): boolean {
  const file = storage.open(path, 'read')
  try {
    let {position} = start
    let header = readHeader(file, position)
    let last = start.lastOffset
    if (header === undefined || lastOffset(header, 0) !== last) return false
    while (last < witness.offset) {
      position += batchSize(header, 0)
      header = readHeader(file, position)
      // only the scan checks CRCs, but offsets that ascend bring this loop to its end
      if (header === undefined || baseOffset(header, 0) <= last) return false
      last = lastOffset(header, 0)
    }
    return maxTimestamp(header, 0) === witness.timestamp && baseOffset(header, 0) <= witness.offset
  } finally {
    file.close()
  }
}

type Field = (view: DataView, at: number) => number

/** The entries of an index file up to the first one of which a field is not greater than before. */
class Entries {
  readonly #view: DataView
  readonly #entryBytes: number
  readonly #fields: readonly [Field, Field]
  readonly #count: number

  constructor(storage: Storage, path: string, shape: {entryBytes: number; fields: readonly [Field, Field]}) {
    const bytes = readWhole(storage, path) ?? new Uint8Array(0)
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#entryBytes = shape.entryBytes
    this.#fields = shape.fields
    this.#count = this.#countInOrder()
  }

  field(slot: number, which: 0 | 1): number {
    return this.#fields[which](this.#view, slot * this.#entryBytes)
  }

  /** How many entries have a field of at most `bound`. */
  countUpTo(which: 0 | 1, bound: number): number {
    let count = this.#count
    while (count > 0 && this.field(count - 1, which) > bound) count--
    return count
  }

  #countInOrder(): number {
    const count = Math.floor(this.#view.byteLength / this.#entryBytes)
    let first = -1
    let second = -1
    for (let slot = 0; slot < count; slot++) {
      const [nextFirst, nextSecond] = [this.field(slot, 0), this.field(slot, 1)]
      // where an entry was lost there are zeros, which are in order in the first slot only
      if (!(nextFirst > first && nextSecond > second && nextFirst + nextSecond > 0)) return slot
      first = nextFirst
      second = nextSecond
    }
    return count
  }
}

import {SLOT_BYTES} from '../limits.ts'
import {type GroupRecord, offsetRecord, RECORD_OVERHEAD} from './group-records.ts'

/** A topic, a partition, and what else is known of it. */
type Place = readonly [topic: string, partition: number, ...rest: unknown[]]

/** Committed offsets that are taken back together, and the records that say so. */
export interface Tombstones<Entry extends Place> {
  readonly entries: readonly Entry[]
  readonly records: readonly GroupRecord[]
}

/** As much as leaves room in a slot for a group's own end. */
const PIECE_BYTES = SLOT_BYTES / 2

/** Takes back what a group has committed, in pieces: one batch for all that a large group has might be larger than the log takes. */
export function tombstones<Entry extends Place>(group: string, all: Iterable<Entry>): Tombstones<Entry>[] {
  const pieces: {entries: Entry[]; records: GroupRecord[]}[] = []
  let bytes = PIECE_BYTES
  for (const entry of all) {
    const record = offsetRecord(group, entry[0], entry[1], null)
    const size = record.key.length + RECORD_OVERHEAD
    if (bytes + size > PIECE_BYTES) {
      pieces.push({entries: [], records: []})
      bytes = 0
    }
    const piece = pieces.at(-1)!
    piece.entries.push(entry)
    piece.records.push(record)
    bytes += size
  }
  return pieces
}

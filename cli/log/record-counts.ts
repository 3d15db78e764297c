import {ATTRIBUTES, BATCH} from '../../engine/record/record-batch.ts'
import type {BatchCursor} from '../../engine/view/batch-cursor.ts'
import {type BatchRecords, codecName} from '../../engine/view/batch-records.ts'

/** Keys told apart: beyond it, there are at least so many. */
export const KEYS_MAX = 100_000

/** What gathers while the records of a log are read. */
export class RecordCounts {
  batches = 0
  records = 0
  firstTimestamp = Number.POSITIVE_INFINITY
  lastTimestamp = Number.NEGATIVE_INFINITY
  keyed = 0
  keyBytes = 0
  valueBytes = 0
  nullValues = 0
  withHeaders = 0
  unread = 0
  readonly unreadCodecs = new Set<string>()
  readonly keys = new Set<string>()

  take(cursor: BatchCursor, records: BatchRecords): void {
    const {bytes, view, at} = cursor
    this.batches++
    if (view.getInt16(at + BATCH.attributes) & ATTRIBUTES.control) return
    const count = view.getInt32(at + BATCH.recordCount)
    if (records.enter(bytes, view, at) !== undefined) {
      this.records += count
      this.unread += count
      this.unreadCodecs.add(codecName(view, at))
      return
    }
    const {walker} = records
    while (walker.next()) {
      this.records++
      if (walker.timestamp < this.firstTimestamp) this.firstTimestamp = walker.timestamp
      if (walker.timestamp > this.lastTimestamp) this.lastTimestamp = walker.timestamp
      if (walker.headerCount > 0) this.withHeaders++
      if (walker.valueLength < 0) this.nullValues++
      else this.valueBytes += walker.valueLength
      if (walker.keyLength < 0) continue
      this.keyed++
      this.keyBytes += walker.keyLength
      if (this.keys.size < KEYS_MAX) {
        const key = Buffer.from(walker.bytes.buffer, walker.bytes.byteOffset + walker.keyStart, walker.keyLength)
        this.keys.add(key.toString('latin1'))
      }
    }
  }
}

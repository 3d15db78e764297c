import {crc32c} from '../bytes/crc32c.ts'
import {readInt64, writeInt64} from '../bytes/int64.ts'

/**
 * A `.snapshot` (Kafka's `ProducerStateManager`, schema `ProducerSnapshot`): of every producer the last batch below the offset the file is
 * named after. Kafka writes one at every roll and clean close even where no producer has an id, and takes their
 * absence beside a clean-shutdown marker for a log never scanned.
 */
export interface ProducerSnapshotEntry {
  readonly producerId: number
  readonly producerEpoch: number
  /** Of the last batch, -1 where none is known: sequence, offset, and the distance to its first sequence. */
  readonly lastSequence: number
  readonly lastOffset: number
  readonly offsetDelta: number
  readonly timestamp: number
  readonly coordinatorEpoch: number
  /** First offset of the open transaction, -1 where there is none. */
  readonly transactionStart: number
}

/** Version int16, CRC-32C uint32 over what follows, count int32. */
const HEADER_BYTES = 10
const CRC_START = 6
const VERSION = 1
const ENTRY = {
  producerId: 0,
  producerEpoch: 8,
  lastSequence: 10,
  lastOffset: 14,
  offsetDelta: 22,
  timestamp: 26,
  coordinatorEpoch: 34,
  transactionStart: 38,
} as const
const ENTRY_BYTES = 46

export function encodeProducerSnapshot(entries: readonly ProducerSnapshotEntry[]): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + entries.length * ENTRY_BYTES)
  const view = new DataView(bytes.buffer)
  view.setInt16(0, VERSION)
  view.setInt32(CRC_START, entries.length)
  for (const [i, entry] of entries.entries()) {
    const at = HEADER_BYTES + i * ENTRY_BYTES
    writeInt64(view, at + ENTRY.producerId, entry.producerId)
    view.setInt16(at + ENTRY.producerEpoch, entry.producerEpoch)
    view.setInt32(at + ENTRY.lastSequence, entry.lastSequence)
    writeInt64(view, at + ENTRY.lastOffset, entry.lastOffset)
    view.setInt32(at + ENTRY.offsetDelta, entry.offsetDelta)
    writeInt64(view, at + ENTRY.timestamp, entry.timestamp)
    view.setInt32(at + ENTRY.coordinatorEpoch, entry.coordinatorEpoch)
    writeInt64(view, at + ENTRY.transactionStart, entry.transactionStart)
  }
  view.setUint32(2, crc32c(bytes.subarray(CRC_START)))
  return bytes
}

/** The producers of a snapshot, or undefined where it is not whole. */
export function decodeProducerSnapshot(bytes: Uint8Array): ProducerSnapshotEntry[] | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < HEADER_BYTES || view.getInt16(0) !== VERSION) return undefined
  if (view.getUint32(2) !== crc32c(bytes.subarray(CRC_START))) return undefined
  const count = view.getInt32(CRC_START)
  if (bytes.length !== HEADER_BYTES + count * ENTRY_BYTES) return undefined
  return Array.from({length: count}, (_, i) => {
    const at = HEADER_BYTES + i * ENTRY_BYTES
    return {
      producerId: readInt64(view, at + ENTRY.producerId),
      producerEpoch: view.getInt16(at + ENTRY.producerEpoch),
      lastSequence: view.getInt32(at + ENTRY.lastSequence),
      lastOffset: readInt64(view, at + ENTRY.lastOffset),
      offsetDelta: view.getInt32(at + ENTRY.offsetDelta),
      timestamp: readInt64(view, at + ENTRY.timestamp),
      coordinatorEpoch: view.getInt32(at + ENTRY.coordinatorEpoch),
      transactionStart: readInt64(view, at + ENTRY.transactionStart),
    }
  })
}

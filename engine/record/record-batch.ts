import {readInt64, writeInt64} from '../bytes/int64.ts'
import {INT32_MAX} from '../limits.ts'

/**
 * The header of a record batch v2 (Kafka's `DefaultRecordBatch`), big-endian, as positions from the batch's start.
 * Base offset and leader epoch lie before the bytes the CRC covers, so a leader stamps them without touching it.
 */
export const BATCH = {
  baseOffset: 0,
  batchLength: 8,
  leaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  recordCount: 57,
  records: 61,
} as const

/** Base offset and length: bytes that `batchLength` does not count. */
export const LOG_OVERHEAD = 12
export const MAGIC = 2

export const ATTRIBUTES = {
  codec: 0x07,
  logAppendTime: 0x08,
  transactional: 0x10,
  control: 0x20,
  deleteHorizon: 0x40,
} as const

/** Bytes of the whole batch that starts at `at`, as its header says. */
export function batchSize(view: DataView, at: number): number {
  return LOG_OVERHEAD + view.getInt32(at + BATCH.batchLength)
}

export function baseOffset(view: DataView, at: number): number {
  return readInt64(view, at + BATCH.baseOffset)
}

export function lastOffset(view: DataView, at: number): number {
  return readInt64(view, at + BATCH.baseOffset) + view.getInt32(at + BATCH.lastOffsetDelta)
}

export function maxTimestamp(view: DataView, at: number): number {
  return readInt64(view, at + BATCH.maxTimestamp)
}

/** What Kafka has for no time. */
export const NO_TIMESTAMP = -1

/** What a time index says of a batch: a batch that compaction has emptied keeps its time, but no record of that time is there. */
export function indexedTimestamp(view: DataView, at: number): number {
  return view.getInt32(at + BATCH.recordCount) === 0 ? NO_TIMESTAMP : maxTimestamp(view, at)
}

/** The producer's id, -1 where the batch has none. */
export function producerId(view: DataView, at: number): number {
  return readInt64(view, at + BATCH.producerId)
}

export function hasProducer(view: DataView, at: number): boolean {
  return view.getInt32(at + BATCH.producerId) >= 0
}

/** Sequence of the last record: it follows 2^31 - 1 with 0. */
export function lastSequence(view: DataView, at: number): number {
  return (view.getInt32(at + BATCH.baseSequence) + view.getInt32(at + BATCH.lastOffsetDelta)) & INT32_MAX
}

/** Makes a batch its producer's, so that a retry is known for one. The CRC covers it: it is stamped before the batch is sealed. */
export function stampProducer(
  view: DataView,
  at: number,
  stamp: {producerId: number; producerEpoch: number; baseSequence: number},
): void {
  writeInt64(view, at + BATCH.producerId, stamp.producerId)
  view.setInt16(at + BATCH.producerEpoch, stamp.producerEpoch)
  view.setInt32(at + BATCH.baseSequence, stamp.baseSequence)
}

/** What a leader writes into a batch it takes; both fields lie outside the CRC. */
export function stampBatch(view: DataView, at: number, stamp: {baseOffset: number; leaderEpoch: number}): void {
  writeInt64(view, at + BATCH.baseOffset, stamp.baseOffset)
  view.setInt32(at + BATCH.leaderEpoch, stamp.leaderEpoch)
}

/** Makes the broker's clock the batch's time (`message.timestamp.type=LogAppendTime`); the CRC must be computed after it. */
export function stampAppendTime(view: DataView, at: number, nowMs: number): void {
  view.setInt16(at + BATCH.attributes, view.getInt16(at + BATCH.attributes) | ATTRIBUTES.logAppendTime)
  writeInt64(view, at + BATCH.maxTimestamp, nowMs)
}

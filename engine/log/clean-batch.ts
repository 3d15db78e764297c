import type {Crc32c} from '../bytes/crc32c.ts'
import {readInt64, writeInt64} from '../bytes/int64.ts'
import {VarintCursor, varintSize, varlongSize, writeVarint, writeVarlong} from '../bytes/varint.ts'
import {OdradekError} from '../errors.ts'
import {sealBatch} from '../record/batch-check.ts'
import {ATTRIBUTES, BATCH, LOG_OVERHEAD} from '../record/record-batch.ts'
import {RecordWalker} from '../record/record-walker.ts'

/** What is known when a batch comes to be compacted. */
export interface CleanRules {
  /** Whether the record that the walker stands on is the newest of its key. */
  isNewest(walker: RecordWalker): boolean
  readonly nowMs: number
  readonly deleteRetentionMs: number
  readonly crc32c: Crc32c
}

/** A record that stays: where it lies, and what its batch must know of it. */
interface Kept {
  readonly start: number
  readonly end: number
  readonly timestamp: number
}

/**
 * What compaction leaves of a checked batch (Kafka's `MemoryRecords.filterTo`): the batch itself where all of it stays, undefined where
 * nothing does, unless its place is to be kept by an empty one. Offsets, epochs and sequences stay as they are: the batch begins
 * and ends where it did. A record without a key stays. One without a value stays for `deleteRetentionMs` from when this first meets it, which the batch then tells:
 * its base timestamp becomes that time, the delete horizon.
 */
export function cleanBatch(batch: Uint8Array, rules: CleanRules, keepsPlace: boolean): Uint8Array | undefined {
  const header = new DataView(batch.buffer, batch.byteOffset, batch.length)
  const attributes = header.getInt16(BATCH.attributes)
  const horizonMs = attributes & ATTRIBUTES.deleteHorizon ? readInt64(header, BATCH.baseTimestamp) : undefined
  const {kept, hasTombstones} = recordsKept(batch, horizonMs, rules)
  const isStamped = horizonMs === undefined && hasTombstones
  if (kept.length === header.getInt32(BATCH.recordCount) && !isStamped)
    return kept.length > 0 || keepsPlace ? batch : undefined
  if (kept.length === 0) return keepsPlace ? emptyBatch(batch, rules.crc32c) : undefined
  const newHorizonMs = Math.min(rules.nowMs + rules.deleteRetentionMs, Number.MAX_SAFE_INTEGER)
  const cleaned = isStamped ? withHorizon(batch, kept, newHorizonMs) : withRecords(batch, kept)
  const view = new DataView(cleaned.buffer)
  view.setInt32(BATCH.batchLength, cleaned.length - LOG_OVERHEAD)
  view.setInt32(BATCH.recordCount, kept.length)
  if ((attributes & ATTRIBUTES.logAppendTime) === 0) writeInt64(view, BATCH.maxTimestamp, latestOf(kept))
  sealBatch(cleaned, view, 0, rules.crc32c)
  return cleaned
}

/** A batch can have more records than a call can have arguments. */
function latestOf(kept: readonly Kept[]): number {
  return kept.reduce((latest, {timestamp}) => Math.max(latest, timestamp), Number.NEGATIVE_INFINITY)
}

function recordsKept(
  batch: Uint8Array,
  horizonMs: number | undefined,
  rules: CleanRules,
): {kept: Kept[]; hasTombstones: boolean} {
  const mayDelete = horizonMs !== undefined && rules.nowMs >= horizonMs
  const walker = new RecordWalker(batch)
  walker.enter(0)
  const kept: Kept[] = []
  let hasTombstones = false
  let start: number = BATCH.records
  while (walker.next()) {
    const {recordEnd: end, timestamp} = walker
    const isTombstone = walker.valueLength < 0
    // nothing ever follows what has no key
    const hasKey = walker.keyLength >= 0
    if (!hasKey || (!(isTombstone && mayDelete) && rules.isNewest(walker))) {
      kept.push({start, end, timestamp})
      hasTombstones ||= hasKey && isTombstone
    }
    start = end
  }
  if (walker.problem !== undefined) throw new OdradekError('CORRUPT_MESSAGE', walker.problem)
  return {kept, hasTombstones}
}

/** The header and the records that stay, as they are. */
function withRecords(batch: Uint8Array, kept: readonly Kept[]): Uint8Array {
  const bytes = kept.reduce<number>((sum, {start, end}) => sum + end - start, BATCH.records)
  const cleaned = new Uint8Array(bytes)
  cleaned.set(batch.subarray(0, BATCH.records))
  let at: number = BATCH.records
  for (const {start, end} of kept) {
    cleaned.set(batch.subarray(start, end), at)
    at += end - start
  }
  return cleaned
}

/** The same with another base timestamp, to which those of the records then are relative. */
function withHorizon(batch: Uint8Array, kept: readonly Kept[], horizonMs: number): Uint8Array {
  const cursor = new VarintCursor(batch)
  cursor.end = batch.length
  const records = kept.map(({start, end, timestamp}) => {
    cursor.at = start
    cursor.varint()
    cursor.at++ // attributes
    cursor.varlong()
    const delta = timestamp - horizonMs
    return {rest: batch.subarray(cursor.at, end), delta, body: 1 + varlongSize(delta) + end - cursor.at}
  })
  const cleaned = new Uint8Array(records.reduce<number>((sum, {body}) => sum + varintSize(body) + body, BATCH.records))
  cleaned.set(batch.subarray(0, BATCH.records))
  const view = new DataView(cleaned.buffer)
  view.setInt16(BATCH.attributes, view.getInt16(BATCH.attributes) | ATTRIBUTES.deleteHorizon)
  writeInt64(view, BATCH.baseTimestamp, horizonMs)
  let at: number = BATCH.records
  for (const {rest, delta, body} of records) {
    at = writeVarint(cleaned, at, body)
    at = writeVarlong(cleaned, at + 1, delta)
    cleaned.set(rest, at)
    at += rest.length
  }
  return cleaned
}

/** A header without records, as Kafka writes it: the time of the newest one that was there stays. */
function emptyBatch(batch: Uint8Array, crc32c: Crc32c): Uint8Array {
  const empty = new Uint8Array(batch.subarray(0, BATCH.records))
  const view = new DataView(empty.buffer)
  view.setInt32(BATCH.batchLength, BATCH.records - LOG_OVERHEAD)
  view.setInt16(BATCH.attributes, view.getInt16(BATCH.attributes) & ~(ATTRIBUTES.deleteHorizon | ATTRIBUTES.codec))
  writeInt64(view, BATCH.baseTimestamp, -1)
  view.setInt32(BATCH.recordCount, 0)
  sealBatch(empty, view, 0, crc32c)
  return empty
}

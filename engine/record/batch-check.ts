import type {Crc32c} from '../bytes/crc32c.ts'
import {BATCH, baseOffset, batchSize, LOG_OVERHEAD, lastOffset, MAGIC} from './record-batch.ts'

/** The problem with the header that starts at `at`, or undefined. `end` bounds the bytes at hand. */
export function headerProblem(view: DataView, at: number, end: number): string | undefined {
  if (end - at < BATCH.records) return `${end - at} bytes are too few for a batch header`
  const size = batchSize(view, at)
  if (size < BATCH.records) return `batch length ${size - LOG_OVERHEAD} is impossible`
  if (view.getInt8(at + BATCH.magic) !== MAGIC) return `magic is ${view.getInt8(at + BATCH.magic)}, not 2`
  if (!(baseOffset(view, at) >= 0)) return 'base offset is negative or beyond 2^53'
  if (size > end - at) return `batch of ${size} bytes runs past the ${end - at} bytes there are`
  const count = view.getInt32(at + BATCH.recordCount)
  const lastOffsetDelta = view.getInt32(at + BATCH.lastOffsetDelta)
  // compaction may leave fewer records than offsets, never more
  if (count < 0 || lastOffsetDelta < count - 1 || lastOffsetDelta < 0)
    return `${count} records cannot span ${lastOffsetDelta + 1} offsets`
  // the offset behind the batch must be exact, too: it is the next one
  if (!Number.isSafeInteger(lastOffset(view, at) + 1)) return 'last offset is beyond 2^53'
  return undefined
}

/** The problem with the whole batch at `at`, its CRC included, or undefined. `bytes` and `view` show the same memory. */
export function batchProblem(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  end: number,
  crc32c: Crc32c,
): string | undefined {
  const problem = headerProblem(view, at, end)
  if (problem !== undefined) return problem
  return crcMatches(bytes, view, at, crc32c) ? undefined : 'CRC does not match'
}

/** Whether the CRC of the batch at `at` is right; its header must have been checked. */
export function crcMatches(bytes: Uint8Array, view: DataView, at: number, crc32c: Crc32c): boolean {
  return crc32c(bytes.subarray(at + BATCH.attributes, at + batchSize(view, at))) === view.getUint32(at + BATCH.crc)
}

/** Whether a batch has its CRC. Until then 0 stands there; one that comes to 0 is computed again, and comes to 0 again. */
export function isSealed(view: DataView, at: number): boolean {
  return view.getUint32(at + BATCH.crc) !== 0
}

/** Computes and stores the CRC of the batch at `at`. */
export function sealBatch(bytes: Uint8Array, view: DataView, at: number, crc32c: Crc32c): void {
  view.setUint32(at + BATCH.crc, crc32c(bytes.subarray(at + BATCH.attributes, at + batchSize(view, at))))
}

import zlib from 'node:zlib'
import {BATCH} from '../engine/record/record-batch.ts'

/** Codecs that this Node.js brings along, whose frames Java reads: gzip, and in newer ones zstd. */
export type Codec = 'gzip' | 'zstd'

const NUMBERS: Readonly<Record<Codec, number>> = {gzip: 1, zstd: 4}
const DECOMPRESSED_BYTES_MAX = 1024 * 1024 * 1024

type Squeeze = (bytes: Uint8Array, options?: object) => Buffer
const {zstdCompressSync, zstdDecompressSync} = zlib as {zstdCompressSync?: Squeeze; zstdDecompressSync?: Squeeze}

/** Undoes a codec, by Kafka's name of it; undefined for one that is not at hand. */
export function decompress(codec: string, bytes: Uint8Array): Uint8Array | undefined {
  const limits = {maxOutputLength: DECOMPRESSED_BYTES_MAX}
  if (codec === 'gzip') return zlib.gunzipSync(bytes, limits)
  return codec === 'zstd' ? zstdDecompressSync?.(bytes, limits) : undefined
}

export function hasCodec(codec: Codec): boolean {
  return codec === 'gzip' || zstdCompressSync !== undefined
}

/** The batch with its records compressed, in bytes of its own; as it is, where that would not make it smaller. */
export function compressBatch(batch: Uint8Array, codec: Codec): Uint8Array {
  const records = batch.subarray(BATCH.records)
  const squeezed = codec === 'gzip' ? zlib.gzipSync(records) : zstdCompressSync!(records)
  if (squeezed.length >= records.length) return new Uint8Array(batch)
  const bytes = new Uint8Array(BATCH.records + squeezed.length)
  bytes.set(batch.subarray(0, BATCH.records))
  bytes.set(squeezed, BATCH.records)
  const view = new DataView(bytes.buffer)
  view.setInt32(BATCH.batchLength, view.getInt32(BATCH.batchLength) + squeezed.length - records.length)
  view.setInt16(BATCH.attributes, NUMBERS[codec])
  return bytes
}

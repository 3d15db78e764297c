import zlib from 'node:zlib'
import {unlz4} from '../engine/bytes/lz4.ts'
import {unsnappy} from '../engine/bytes/snappy.ts'
import {BATCH} from '../engine/record/record-batch.ts'

/** Compresses the records of batches; one that takes its time does so in `compressLater`. */
export type BatchCodec = {
  /** In a batch's attributes. */
  readonly number: number
} & (
  | {readonly compress: (records: Uint8Array) => Uint8Array}
  | {readonly compressLater: (records: Uint8Array) => Promise<Uint8Array>}
)

const DECOMPRESSED_BYTES_MAX = 1024 * 1024 * 1024

type Squeeze = (bytes: Uint8Array, options?: object) => Buffer
const {zstdCompressSync, zstdDecompressSync} = zlib as {zstdCompressSync?: Squeeze; zstdDecompressSync?: Squeeze}

/** Those that this Node.js brings along, and whose frames Java reads: gzip, and in newer ones zstd. */
export const GZIP: BatchCodec = {number: 1, compress: records => zlib.gzipSync(records)}
export const ZSTD: BatchCodec | undefined = zstdCompressSync && {
  number: 4,
  compress: records => zstdCompressSync(records),
}

/** Undoes a codec, by Kafka's name of it; undefined for one that is not at hand. */
export function decompress(codec: string, bytes: Uint8Array): Uint8Array | undefined {
  const limits = {maxOutputLength: DECOMPRESSED_BYTES_MAX}
  switch (codec) {
    case 'gzip':
      return zlib.gunzipSync(bytes, limits)
    case 'snappy':
      return unsnappy(bytes, DECOMPRESSED_BYTES_MAX)
    case 'lz4':
      return unlz4(bytes, DECOMPRESSED_BYTES_MAX)
    case 'zstd':
      return zstdDecompressSync?.(bytes, limits)
    default:
      return undefined
  }
}

/** The batch with its records compressed, in bytes of its own; as it is, where that would not make it smaller. */
export function compressBatch(batch: Uint8Array, codec: BatchCodec): Uint8Array | Promise<Uint8Array> {
  const plain = new Uint8Array(batch)
  const records = plain.subarray(BATCH.records)
  if ('compress' in codec) return packed(plain, codec.compress(records), codec.number)
  return codec.compressLater(records).then(squeezed => packed(plain, squeezed, codec.number))
}

function packed(plain: Uint8Array, squeezed: Uint8Array, number: number): Uint8Array {
  const saved = plain.length - BATCH.records - squeezed.length
  if (saved <= 0) return plain
  const bytes = new Uint8Array(BATCH.records + squeezed.length)
  bytes.set(plain.subarray(0, BATCH.records))
  bytes.set(squeezed, BATCH.records)
  const view = new DataView(bytes.buffer)
  view.setInt32(BATCH.batchLength, view.getInt32(BATCH.batchLength) - saved)
  view.setInt16(BATCH.attributes, number)
  return bytes
}

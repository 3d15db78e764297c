import zlib from 'node:zlib'
import {MAX_MESSAGE_BYTES_MAX} from '../../engine/limits.ts'
import type {Codecs} from '../../engine/log/clean-segments.ts'

/** Numbers of codecs in a batch's attributes. */
const GZIP = 1
const ZSTD = 4

const LIMITS = {maxOutputLength: 8 * MAX_MESSAGE_BYTES_MAX}

const {zstdCompressSync, zstdDecompressSync} = zlib as {
  zstdCompressSync?: (bytes: Uint8Array) => Uint8Array
  zstdDecompressSync?: (bytes: Uint8Array, options: object) => Uint8Array
}

/** What Node brings along: gzip, and in newer ones zstd. */
export const zlibCodecs: Codecs = {
  decompress(codec, bytes) {
    if (codec === GZIP) return zlib.gunzipSync(bytes, LIMITS)
    return codec === ZSTD ? zstdDecompressSync?.(bytes, LIMITS) : undefined
  },
  compress(codec, bytes) {
    if (codec === GZIP) return zlib.gzipSync(bytes)
    return codec === ZSTD ? zstdCompressSync?.(bytes) : undefined
  },
}

import {MAX_MESSAGE_BYTES_MAX} from '../../engine/limits.ts'
import type {Codecs} from '../../engine/log/clean-segments.ts'

/** Numbers of codecs in a batch's attributes. */
const GZIP = 1
const ZSTD = 4

const LIMITS = {maxOutputLength: 8 * MAX_MESSAGE_BYTES_MAX}

type Zlib = typeof import('node:zlib') & {
  zstdCompressSync?: (bytes: Uint8Array) => Uint8Array
  zstdDecompressSync?: (bytes: Uint8Array, options: object) => Uint8Array
}

/** Loaded with the first batch: a host that starts has no time for it. */
const zlib = (): Zlib => process.getBuiltinModule('node:zlib')

/** What Node brings along: gzip, and in newer ones zstd. */
export const zlibCodecs: Codecs = {
  decompress(codec, bytes) {
    if (codec === GZIP) return zlib().gunzipSync(bytes, LIMITS)
    return codec === ZSTD ? zlib().zstdDecompressSync?.(bytes, LIMITS) : undefined
  },
  compress(codec, bytes) {
    if (codec === GZIP) return zlib().gzipSync(bytes)
    return codec === ZSTD ? zlib().zstdCompressSync?.(bytes) : undefined
  },
}

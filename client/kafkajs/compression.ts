import {type Codec, hasCodec} from '../codecs.ts'
import {CompressionTypes} from './enums.ts'
import {KafkaJSNotImplemented} from './errors.ts'

const NAMES: readonly string[] = Object.keys(CompressionTypes)

/**
 * KafkaJS' registry of codecs. Here it tells which there are, and nothing more: batches are compressed by Node.js itself, and a codec put in here is not
 * asked.
 */
export const CompressionCodecs: {[codec: number]: () => unknown} = Object.fromEntries(
  Object.values(CompressionTypes)
    .filter(codec => codec !== CompressionTypes.None)
    .map(codec => [codec, () => codecOf(codec)]),
)

/** The codec of that number, undefined for none. Throws KafkaJSNotImplemented for one that this Node.js has not. */
export function codecOf(compression: number): Codec | undefined {
  if (compression === CompressionTypes.None) return undefined
  if (compression === CompressionTypes.GZIP) return 'gzip'
  if (compression === CompressionTypes.ZSTD && hasCodec('zstd')) return 'zstd'
  throw new KafkaJSNotImplemented(`${NAMES[compression] ?? compression} compression not implemented`)
}

import {lz4Frame} from '../../engine/bytes/lz4.ts'
import {isXerial, snappyLength} from '../../engine/bytes/snappy.ts'
import {CODECS} from '../../engine/view/batch-records.ts'
import {type BatchCodec, decompress, GZIP, ZSTD} from '../codecs.ts'
import {CompressionTypes} from './enums.ts'
import {KafkaJSNonRetriableError, KafkaJSNotImplemented} from './errors.ts'

/** A codec as KafkaJS has them, and as the packages for it bring them along. */
export interface CompressionCodec {
  compress(encoder: {buffer: Buffer}): Promise<Buffer>
  decompress(bytes: Buffer): Promise<Buffer>
}

const NAMES: readonly string[] = Object.keys(CompressionTypes)
const OURS: readonly (BatchCodec | undefined)[] = [GZIP, ZSTD]

/**
 * KafkaJS' registry of codecs, by number. One that a program puts in here is used to write and to read, in the place of what Node.js
 * has (GZIP, and ZSTD in newer ones) and of the reading of Snappy and LZ4 that this package has.
 */
// biome-ignore lint/suspicious/noExplicitAny: packages for KafkaJS say what theirs is, or say nothing
export const CompressionCodecs: {[codec: number]: () => any} = Object.fromEntries(
  Object.values(CompressionTypes)
    .filter(number => number !== CompressionTypes.None)
    .map(number => [number, () => oursOf(number)]),
)

const DEFAULTS = {...CompressionCodecs}

/** The codec of that number, undefined for none. Throws KafkaJSNotImplemented for one that is not at hand. */
export function codecOf(compression: number): BatchCodec | undefined {
  if (compression === CompressionTypes.None) return undefined
  const theirs = theirsOf(compression)
  if (theirs === undefined) return batchCodecOf(compression)
  return {
    number: compression,
    async compressLater(records) {
      const squeezed = await theirs.compress({buffer: bufferOn(records)})
      requireJavas(compression, squeezed, records.length)
      return squeezed
    },
  }
}

/** The codec that the program has put in, by Kafka's name of it; undefined where it has not. */
export function theirsNamed(name: string): CompressionCodec | undefined {
  return theirsOf((CODECS as readonly string[]).indexOf(name))
}

function theirsOf(number: number): CompressionCodec | undefined {
  const codec = CompressionCodecs[number]
  return codec === DEFAULTS[number] ? undefined : (codec?.() as CompressionCodec)
}

function batchCodecOf(number: number): BatchCodec {
  const codec = OURS.find(each => each?.number === number)
  if (codec === undefined) throw new KafkaJSNotImplemented(`${NAMES[number] ?? number} compression not implemented`)
  return codec
}

/** What is there from the start, for a program that asks for it. */
function oursOf(number: number): CompressionCodec {
  const codec = batchCodecOf(number) as {compress: (records: Uint8Array) => Uint8Array}
  return {
    compress: async ({buffer}) => bufferOn(codec.compress(buffer)),
    decompress: async bytes => bufferOn(decompress(CODECS[number]!, bytes)!),
  }
}

export function bufferOn(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}

/** What Java's clients and tools could not read is not stored: a package may write frames of its own. */
function requireJavas(number: number, squeezed: Uint8Array, plainLength: number): void {
  const problem = squeezed instanceof Uint8Array ? problemOf(number, squeezed, plainLength) : 'it gave no Buffer'
  if (problem !== undefined)
    throw new KafkaJSNonRetriableError(`What the codec for ${NAMES[number]} writes, Java cannot read: ${problem}`)
}

function problemOf(number: number, bytes: Uint8Array, plainLength: number): string | undefined {
  switch (number) {
    case CompressionTypes.Snappy:
      return isXerial(bytes) || snappyLength(bytes) === plainLength
        ? undefined
        : 'it is neither a block nor xerial’s frame'
    case CompressionTypes.LZ4:
      return lz4Problem(bytes)
    default: {
      const mark = MARKS[number]
      return mark?.every((byte, i) => bytes[i] === byte) === false ? 'it has another mark' : undefined
    }
  }
}

function lz4Problem(bytes: Uint8Array): string | undefined {
  try {
    return lz4Frame(bytes).isIndependent ? undefined : 'its blocks depend on one another'
  } catch (error) {
    return (error as Error).message
  }
}

/** First bytes, by number. */
const MARKS: Readonly<Record<number, readonly number[]>> = {
  [CompressionTypes.GZIP]: [0x1f, 0x8b],
  [CompressionTypes.ZSTD]: [0x28, 0xb5, 0x2f, 0xfd],
}

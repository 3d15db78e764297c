import {ATTRIBUTES, BATCH, batchSize} from '../record/record-batch.ts'
import {RecordWalker} from '../record/record-walker.ts'

/** Kafka's names of the codecs, by their number in a batch's attributes. */
export const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const

/** Of a batch that begins at `at`. */
export function codecName(view: DataView, at: number): string {
  const codec = view.getInt16(at + BATCH.attributes) & ATTRIBUTES.codec
  return CODECS[codec] ?? `codec ${codec}`
}

/** Undoes a codec; undefined for one that is not at hand. Handed in, for the engine has none of its own. */
export type Decompress = (codec: string, bytes: Uint8Array) => Uint8Array | undefined

/**
 * Walks the records of any batch: also of control batches, which readers are not shown, and of compressed ones. Those are walked in a
 * plain copy.
 */
export class BatchRecords {
  walker = new RecordWalker(new Uint8Array(0))
  readonly #decompress: Decompress
  #isShown: RecordWalker = this.walker

  constructor(decompress: Decompress) {
    this.#decompress = decompress
  }

  /** Starts on a checked batch; a sentence where its records cannot be had. */
  enter(bytes: Uint8Array, view: DataView, at: number): string | undefined {
    const attributes = view.getInt16(at + BATCH.attributes)
    if ((attributes & (ATTRIBUTES.codec | ATTRIBUTES.control)) === 0) {
      if (this.#isShown.bytes !== bytes) this.#isShown = new RecordWalker(bytes)
      this.walker = this.#isShown
      this.walker.enter(at)
      return undefined
    }
    const name = codecName(view, at)
    const stored = bytes.subarray(at + BATCH.records, at + batchSize(view, at))
    const records = name === 'none' ? stored : this.#undo(name, stored)
    if (typeof records === 'string') return records
    const copy = new Uint8Array(BATCH.records + records.length)
    copy.set(bytes.subarray(at, at + BATCH.records))
    copy.set(records, BATCH.records)
    const header = new DataView(copy.buffer)
    header.setInt16(BATCH.attributes, attributes & ~(ATTRIBUTES.codec | ATTRIBUTES.control))
    header.setInt32(BATCH.batchLength, header.getInt32(BATCH.batchLength) + records.length - stored.length)
    this.walker = new RecordWalker(copy)
    this.walker.enter(0)
    return undefined
  }

  #undo(name: string, stored: Uint8Array): Uint8Array | string {
    try {
      return this.#decompress(name, stored) ?? `records are compressed with ${name}, which cannot be read here`
    } catch (error) {
      return `records do not decompress with ${name}: ${(error as Error).message}`
    }
  }
}

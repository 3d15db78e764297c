import type {Crc32c} from '../engine/bytes/crc32c.ts'
import {INT32_MAX} from '../engine/limits.ts'
import {sealBatch} from '../engine/record/batch-check.ts'
import {stampProducer} from '../engine/record/record-batch.ts'

/** The numbers by which leaders know a sender's batches again: its producer id and epoch, and a sequence for each record. */
export class ProducerSequences {
  readonly #producerId: number
  readonly #crc32c: Crc32c
  #epoch = 0
  #next = 0

  constructor(producerId: number, crc32c: Crc32c) {
    this.#producerId = producerId
    this.#crc32c = crc32c
  }

  /** Gives a batch the sequences that come next, and its CRC; returns the first of them. */
  stamp(bytes: Uint8Array, records: number): number {
    const base = this.#next
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    stampProducer(view, 0, {producerId: this.#producerId, producerEpoch: this.#epoch, baseSequence: base})
    this.#next = (this.#next + records) & INT32_MAX
    sealBatch(bytes, view, 0, this.#crc32c)
    return base
  }

  /** What was given to batches that leaders will never have leaves a gap: from here on the numbers begin anew. */
  beginEpoch(): void {
    this.#epoch++
    this.#next = 0
  }

  /** Nothing that was given out from `sequence` on has ever been sent: it is given again. */
  rewindTo(sequence: number): void {
    this.#next = sequence
  }
}

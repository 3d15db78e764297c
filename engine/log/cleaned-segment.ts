import {OdradekError} from '../errors.ts'
import {INT32_MAX} from '../limits.ts'
import {indexedTimestamp, lastOffset} from '../record/record-batch.ts'
import type {CleanedGroup} from './clean-job.ts'
import {writeFully} from './files.ts'
import {CHUNK_BYTES} from './find-intact.ts'
import type {ActiveSegment} from './segment.ts'

/** A segment in the making: what stays gathers and is written in large pieces. */
export class CleanedSegment {
  readonly #segment: ActiveSegment
  readonly #indexIntervalBytes: number
  #pending: Uint8Array
  #pendingBytes = 0
  #written = 0

  /** `bytesMax`: what is appended is together not much more. */
  constructor(segment: ActiveSegment, indexIntervalBytes: number, bytesMax: number) {
    this.#pending = new Uint8Array(Math.min(CHUNK_BYTES, bytesMax))
    this.#segment = segment
    this.#indexIntervalBytes = indexIntervalBytes
  }

  append(batch: Uint8Array): void {
    // a delete horizon takes some bytes a record
    if (this.#segment.size + batch.length > INT32_MAX)
      throw new OdradekError('MESSAGE_TOO_LARGE', 'a segment would be larger than positions in it can tell')
    if (this.#pendingBytes + batch.length > this.#pending.length) this.#store()
    if (batch.length > this.#pending.length) this.#pending = new Uint8Array(batch.length)
    this.#pending.set(batch, this.#pendingBytes)
    this.#pendingBytes += batch.length
    const view = new DataView(batch.buffer, batch.byteOffset, batch.length)
    const summary = {lastOffset: lastOffset(view, 0), maxTimestamp: indexedTimestamp(view, 0), bytes: batch.length}
    this.#segment.account(summary, this.#indexIntervalBytes)
  }

  /** Puts it on stable storage. */
  finish(): Omit<CleanedGroup, 'bases'> {
    this.#store()
    this.#segment.finishIndexes()
    for (const file of this.#segment.files()) file.sync()
    const {size, largestTimestamp, offsetIndex, timeIndex} = this.#segment
    return {size, largestTimestamp, indexBytes: offsetIndex.bytes, timeIndexBytes: timeIndex.bytes}
  }

  close(): void {
    this.#segment.close()
  }

  #store(): void {
    writeFully(this.#segment.file, this.#pending, 0, this.#pendingBytes, this.#written)
    this.#written += this.#pendingBytes
    this.#pendingBytes = 0
  }
}

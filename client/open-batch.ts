import {OdradekError} from '../engine/errors.ts'
import {SLOT_BYTES} from '../engine/limits.ts'
import {BatchBuilder, recordSizeMax} from '../engine/record/batch-builder.ts'
import {BATCH} from '../engine/record/record-batch.ts'
import type {RecordParts} from './record.ts'

/** The batch that records are added to now, and who is told what becomes of it. */
export class OpenBatch<Settled> {
  readonly builder: BatchBuilder
  #settled: Settled[] = []
  /** Records whose sender is told what becomes of them. */
  #watched = 0

  constructor(maxBatchBytes: number) {
    this.builder = new BatchBuilder(Math.min(SLOT_BYTES, maxBatchBytes))
  }

  /** Whether there are records in it whose failure nobody is told of by `settled`. */
  get appended(): boolean {
    return this.builder.count > this.#watched
  }

  /** A record was added whose sender is told. */
  watch(): void {
    this.#watched++
  }

  whenSettled(settled: Settled): void {
    this.#settled.push(settled)
  }

  /** Who is to be told of it: from here on that is not this one's to do. */
  handOver(): {settled: readonly Settled[]; appended: boolean} {
    const told = {settled: this.#settled, appended: this.appended}
    this.#settled = []
    this.#watched = this.builder.count
    return told
  }

  /** Begins the next one. */
  reset(): void {
    this.builder.reset()
    this.#watched = 0
  }
}

/** Builds a record that is too large for the open batch in one of its own, in `spare` where that is large enough. Throws MESSAGE_TOO_LARGE. */
export function buildLarge(
  {key, value, timestamp, headers}: RecordParts,
  options: {nowMs: number; maxBatchBytes: number; bounds: string; spare?: BatchBuilder | undefined},
): BatchBuilder {
  const {nowMs, maxBatchBytes, bounds, spare} = options
  const wanted = BATCH.records + recordSizeMax(key, value, headers)
  const capacity = Math.min(wanted, maxBatchBytes)
  const builder = spare !== undefined && spare.capacity >= capacity ? spare : new BatchBuilder(capacity)
  builder.reset()
  builder.setNow(nowMs)
  if (!builder.add(key, value, timestamp, headers) || builder.size > maxBatchBytes)
    throw new OdradekError('MESSAGE_TOO_LARGE', `a record of about ${wanted} bytes; ${bounds} allow ${maxBatchBytes}`)
  return builder
}

export function bufferExhausted(waitingBytes: number, bufferMemory: number): OdradekError {
  return new OdradekError(
    'BUFFER_EXHAUSTED',
    `${waitingBytes} bytes wait to be taken, bufferMemory is ${bufferMemory}; await drained() when append returns false`,
  )
}

import {OdradekError} from '../engine/errors.ts'
import {BatchBuilder} from '../engine/record/batch-builder.ts'
import {type BatchCodec, compressBatch} from './codecs.ts'
import type {PartitionSender} from './partition-sender.ts'
import type {BatchSettled} from './producer-batch.ts'
import type {RecordParts} from './record.ts'
import type {SendingEnd} from './send.ts'

/** Takes the records of one send, and hands them to a partition's sender in compressed batches of their own. */
export class CompressingEnd implements SendingEnd {
  readonly #sender: PartitionSender
  readonly #codec: BatchCodec
  readonly #builder: BatchBuilder
  /** Before a batch is handed over: what its records are to be worth. */
  readonly #want: () => void
  #settled: BatchSettled[] = []
  #late: Promise<void> | undefined

  constructor(
    sender: PartitionSender,
    options: {codec: BatchCodec; maxBatchBytes: number; nowMs: number; want: () => void},
  ) {
    this.#sender = sender
    this.#codec = options.codec
    this.#want = options.want
    this.#builder = new BatchBuilder(options.maxBatchBytes)
    this.#builder.setNow(options.nowMs)
  }

  add(
    key: RecordParts['key'],
    value: RecordParts['value'],
    timestamp: number | undefined,
    headers: RecordParts['headers'],
  ): number {
    const builder = this.#builder
    if (builder.count === 0) this.#sender.requireRoom(value?.length ?? 0)
    if (!builder.add(key, value, timestamp, headers)) {
      this.close()
      this.#sender.requireRoom(builder.capacity)
      if (!builder.add(key, value, timestamp, headers))
        throw new OdradekError(
          'MESSAGE_TOO_LARGE',
          `a record of more than ${builder.capacity} bytes, which max.message.bytes and segment.bytes allow before compression`,
        )
    }
    return builder.count - 1
  }

  whenSettled(settled: BatchSettled): void {
    this.#settled.push(settled)
  }

  /** Resolves when all was handed over that a codec took its time for. */
  get late(): Promise<void> | undefined {
    return this.#late
  }

  /** Hands over what is there, behind what was before it. */
  close(): void {
    const builder = this.#builder
    const {count} = builder
    if (count === 0) return
    const settled = this.#settled
    this.#settled = []
    const handOver = (bytes: Uint8Array): void => {
      this.#want()
      this.#sender.addBatch(bytes, count, settled)
    }
    const packed = compressBatch(builder.finish(), this.#codec)
    builder.reset()
    if (packed instanceof Uint8Array) {
      handOver(packed)
      return
    }
    this.#late = Promise.all([packed, this.#late]).then(
      ([bytes]) => handOver(bytes),
      (cause: Error) => {
        const error = new OdradekError('UNSUPPORTED_COMPRESSION_TYPE', 'its codec failed', {cause})
        for (const each of settled) each(error)
        throw cause
      },
    )
  }
}

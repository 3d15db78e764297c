import {PARTITIONS} from './plan.ts'

/** Counters that all threads of the job see: how many records of each partition are acknowledged, and how many are read. */
export class Board {
  readonly memory: SharedArrayBuffer
  readonly #words: Int32Array

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(2 * PARTITIONS * Int32Array.BYTES_PER_ELEMENT)) {
    this.memory = memory
    this.#words = new Int32Array(memory)
  }

  /** So many more are acknowledged; both producers say so. */
  addAcked(partition: number, records: number): void {
    Atomics.add(this.#words, partition, records)
  }

  /** The live reader alone says so. */
  setRead(partition: number, records: number): void {
    Atomics.store(this.#words, PARTITIONS + partition, records)
  }

  read(partition: number): number {
    return Atomics.load(this.#words, PARTITIONS + partition)
  }

  get acked(): number {
    return this.#words.subarray(0, PARTITIONS).reduce((sum, _, i) => sum + Atomics.load(this.#words, i), 0)
  }
}

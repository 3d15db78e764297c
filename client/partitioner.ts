import type {Bytes} from '../engine/record/batch-builder.ts'
import {murmur2} from './murmur2.ts'

/** After so many bytes to one partition the next one is drawn: Kafka's `batch.size`. */
const STICKS_BYTES = 16_384

const KEY_BYTES = 256
const scratch = Buffer.alloc(KEY_BYTES)

/** The partition a key belongs to, of so many: what Java's producers say, so that programs may share a topic. */
export function partitionOfKey(key: Bytes, partitions: number): number {
  return (hashOf(key) & 0x7fffffff) % partitions
}

function hashOf(key: Bytes): number {
  if (typeof key !== 'string') return murmur2(key)
  // most keys are short: no bytes of their own are made for them
  if (key.length * 3 > KEY_BYTES) return murmur2(Buffer.from(key))
  return murmur2(scratch.subarray(0, scratch.write(key, 0)))
}

/**
 * Where records without a key go: to one partition until that has had a batch's worth, then to another (KIP-794), so that batches are few and
 * full. Only partitions that somebody leads are drawn.
 */
export class StickyPartition {
  #partition = -1
  #bytes = 0
  readonly #random: () => number

  constructor(random: () => number = Math.random) {
    this.#random = random
  }

  /** The partition of the next record, of `bytes` bytes. `available` are those that are led now; without any, all `partitions` are. */
  next(bytes: number, partitions: number, available?: readonly number[]): number {
    if (this.#partition < 0 || this.#partition >= partitions || this.#bytes >= STICKS_BYTES) {
      this.#partition = this.#draw(partitions, available ?? [])
      this.#bytes = 0
    }
    this.#bytes += bytes
    return this.#partition
  }

  /** Another one than before, where there is another. */
  #draw(partitions: number, available: readonly number[]): number {
    const count = available.length === 0 ? partitions : available.length
    const at = (index: number): number => (available.length === 0 ? index : available[index]!)
    const drawn = Math.floor(this.#random() * count)
    return at(drawn) === this.#partition ? at((drawn + 1) % count) : at(drawn)
  }
}

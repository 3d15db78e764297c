import {struct} from '../memory/struct.ts'

const LEASE = struct('Lease', {coordinators: ['lease']})

export const LEASE_BYTES = LEASE.bytes

/** Who of the coordinators writes, and since which epoch; holder 0 means nobody has yet. */
export interface LeaseState {
  readonly holder: number
  readonly epoch: number
}

/**
 * The word that makes one coordinator the writer: taken by one compare-exchange, which raises the epoch. To hold it is not
 * enough: every append to the metadata logs carries the epoch, and a log that has seen a later one refuses.
 */
export class Lease {
  readonly #words: BigInt64Array
  #decodedWord = 0n
  #decoded: LeaseState = {holder: 0, epoch: 0}

  constructor(memory: SharedArrayBuffer, byteOffset: number) {
    this.#words = new BigInt64Array(memory, byteOffset, LEASE.words)
  }

  /** The object is the same for as long as the word is. */
  read(): LeaseState {
    const word = Atomics.load(this.#words, LEASE.at.lease)
    if (word !== this.#decodedWord) {
      this.#decodedWord = word
      this.#decoded = {holder: Number(word & 0xffn), epoch: Number(word >> 8n)}
    }
    return this.#decoded
  }

  /** Takes the lease from exactly `seen`, with an epoch above it and at least `epochMin`; returns that epoch, or 0 where another one was first. */
  take(seen: LeaseState, id: number, epochMin = 0): number {
    const epoch = Math.max(seen.epoch + 1, epochMin)
    const expected = encode(seen)
    return Atomics.compareExchange(this.#words, LEASE.at.lease, expected, encode({holder: id, epoch})) === expected
      ? epoch
      : 0
  }

  /** Gives it up, where it still is what was `held`: nobody holds it then, in the same epoch. */
  release(held: LeaseState): void {
    Atomics.compareExchange(this.#words, LEASE.at.lease, encode(held), encode({holder: 0, epoch: held.epoch}))
  }
}

function encode({holder, epoch}: LeaseState): bigint {
  return (BigInt(epoch) << 8n) | BigInt(holder)
}

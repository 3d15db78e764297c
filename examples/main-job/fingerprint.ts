import {createHash, type Hash} from 'node:crypto'
import {crc32} from 'node:zlib'
import type {Flight} from './flights.ts'
import {PRODUCERS, producerOf} from './plan.ts'

/** What flights add up to: two that are equal tell of the same flights, each producer's in the same order. */
export interface Fingerprint {
  readonly count: number
  /** Sum of the CRC-32 of all flights: the same in whatever order they come. */
  readonly contents: number
  /** SHA-256 of each producer's flights, one behind the other. */
  readonly orders: readonly string[]
}

export class Fingerprinter {
  #count = 0
  #contents = 0
  readonly #orders: Hash[] = Array.from({length: PRODUCERS}, () => createHash('sha256'))

  add(flight: Flight): void {
    const line = `${flight.timestamp} ${flight.key} ${flight.value}\n`
    this.#count++
    this.#contents += crc32(line)
    this.#orders[producerOf(flight)]!.update(line)
  }

  finish(): Fingerprint {
    return {count: this.#count, contents: this.#contents, orders: this.#orders.map(hash => hash.digest('hex'))}
  }
}

export function fingerprintOf(flights: Iterable<Flight>): Fingerprint {
  const fingerprinter = new Fingerprinter()
  for (const flight of flights) fingerprinter.add(flight)
  return fingerprinter.finish()
}

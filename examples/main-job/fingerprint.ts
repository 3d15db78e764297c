import {createHash, type Hash} from 'node:crypto'
import {crc32} from 'node:zlib'
import type {Flight} from './flights.ts'

/** What flights add up to: two that are equal tell of the same flights, each airport's in the same order. */
export interface Fingerprint {
  readonly count: number
  /** Sum of the CRC-32 of all flights: the same in whatever order they come. */
  readonly contents: number
  /** By airport: SHA-256 of its flights, one behind the other. */
  readonly orders: ReadonlyMap<string, string>
}

export class Fingerprinter {
  #count = 0
  #contents = 0
  readonly #orders = new Map<string, Hash>()

  add(flight: Flight): void {
    const line = `${flight.timestamp} ${flight.key} ${flight.value}\n`
    this.#count++
    this.#contents += crc32(line)
    let hash = this.#orders.get(flight.key)
    if (hash === undefined) this.#orders.set(flight.key, (hash = createHash('sha256')))
    hash.update(line)
  }

  finish(): Fingerprint {
    const orders = [...this.#orders].map(([airport, hash]) => [airport, hash.digest('hex')] as const)
    return {count: this.#count, contents: this.#contents, orders: new Map(orders.sort())}
  }
}

export function fingerprintOf(flights: Iterable<Flight>): Fingerprint {
  const fingerprinter = new Fingerprinter()
  for (const flight of flights) fingerprinter.add(flight)
  return fingerprinter.finish()
}

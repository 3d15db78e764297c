import type {Flight} from './flights.ts'
import {PRODUCERS, producerOf} from './plan.ts'

/**
 * The data set's flights in the order of the log: each producer's as they are in the data set, the producers interleaved
 * as it happened. By time they are almost in order, no more: two threads never run abreast.
 */
export class LogOrder {
  readonly #flights: readonly (Flight | undefined)[]
  /** Greatest timestamp up to each offset: never falls, unlike the timestamps themselves. */
  readonly #newest: Float64Array

  /** `producers` tells which producer's flight stands at each offset; where it has none left, nothing should stand. */
  constructor(flights: readonly Flight[], producers: readonly number[]) {
    const shares = Array.from({length: PRODUCERS}, (_, producer) =>
      flights.filter(flight => producerOf(flight) === producer).values(),
    )
    this.#flights = producers.map(producer => shares[producer]!.next().value)
    let newest = 0
    this.#newest = Float64Array.from(this.#flights, flight => (newest = Math.max(newest, flight?.timestamp ?? 0)))
  }

  at(offset: number): Flight | undefined {
    return this.#flights[offset]
  }

  /** What `offsetForTimestamp` must say: the first offset whose flight is not older. */
  firstNotOlder(timestamp: number): number | undefined {
    let low = 0
    let high = this.#newest.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#newest[middle]! < timestamp) low = middle + 1
      else high = middle
    }
    return low < this.#newest.length ? low : undefined
  }
}

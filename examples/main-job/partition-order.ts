import type {Flight} from './flights.ts'
import {PRODUCERS, partitionOf, producerOf} from './plan.ts'
import type {Ack} from './producer-thread.ts'

/**
 * The flights of one partition in the order they must stand there: each producer's as they are in the data set, the producers
 * interleaved as it happened. By time they are almost in order, no more: two threads never run abreast.
 */
export class PartitionOrder {
  readonly #partition: number
  readonly #flights: readonly (Flight | undefined)[]
  /** By producer: the offsets at which its flights stand. */
  readonly #offsets: readonly number[][]
  /** Greatest timestamp up to each offset: never falls, unlike the timestamps themselves. */
  readonly #newest: Float64Array

  /** `producers` tells which producer's flight stands at each offset; where it has none left, nothing should stand. */
  constructor(partition: number, flights: readonly Flight[], producers: readonly number[]) {
    const own = flights.filter(({key}) => partitionOf(key) === partition)
    const ids = Array.from({length: PRODUCERS}, (_, producer) => producer)
    const shares = ids.map(producer => own.filter(flight => producerOf(flight) === producer).values())
    this.#partition = partition
    this.#flights = producers.map(producer => shares[producer]!.next().value)
    this.#offsets = ids.map(producer => producers.flatMap((each, offset) => (each === producer ? [offset] : [])))
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

  /** The first acknowledgement of a producer that names other offsets than those where the records it is about stand. */
  firstBrokenAck(producer: number, acks: readonly Ack[]): string | undefined {
    const offsets = this.#offsets[producer]!
    let sent = 0
    for (const {partition, records, firstOffset, lastOffset} of acks) {
      if (partition !== this.#partition) continue
      const [first, last] = [offsets[sent], offsets[sent + records - 1]]
      if (first !== firstOffset || last !== lastOffset)
        return `partition ${partition}: acknowledged at ${firstOffset} to ${lastOffset}, stored at ${first} to ${last}`
      sent += records
    }
    return undefined
  }
}

import type {PartitionRow} from '../cluster/partition-row.ts'
import type {ServedPartition} from './served-partition.ts'

/** A fetch that waits for more to be visible. */
export interface WaitingFetch {
  /** The partitions it waits for. */
  readonly watched: readonly ServedPartition[]
  readonly deadlineMs: number
  /** Something has moved, or `isLast`: the time is over. Whether it is answered by now. */
  look(nowMs: number, isLast: boolean): boolean
}

/** A row that fetches wait for, as it was when they looked last. */
interface Watch {
  readonly row: PartitionRow
  readonly slot: number
  word: bigint
  highWatermark: number
  readonly fetches: Set<WaitingFetch>
}

/** Where the rows' writers ring for who waits: this thread's place, and how often it was rung. */
export interface RingPlace {
  readonly place: number
  readonly rings: () => number
}

/** Without a place among the threads nobody rings. */
const UNRUNG_MS = 10

/**
 * Fetches that wait: for partitions to get on, or for their time to be over. However many connections wait for a partition, it is looked at once a ring, and without a ring not at all.
 */
export class WaitingFetches {
  readonly #ringPlace: () => RingPlace | undefined
  readonly #fetches = new Set<WaitingFetch>()
  readonly #watches = new Map<number, Watch>()
  #rings = 0
  #nextDeadlineMs = Number.POSITIVE_INFINITY

  constructor(ringPlace: () => RingPlace | undefined) {
    this.#ringPlace = ringPlace
  }

  get isPending(): boolean {
    return this.#fetches.size > 0
  }

  /** Has a fetch wait, unless what it waits for has come meanwhile. */
  add(fetch: WaitingFetch, nowMs: number): void {
    this.#fetches.add(fetch)
    this.#nextDeadlineMs = Math.min(this.#nextDeadlineMs, fetch.deadlineMs)
    const place = this.#ringPlace()?.place
    for (const {rowNumber, row, slot} of fetch.watched) {
      // the bit stands before the look: what is published after that rings this thread
      if (place !== undefined) row.waiters.add(place)
      const watch = this.#watches.get(rowNumber)
      if (watch !== undefined && watch.slot === slot) watch.fetches.add(fetch)
      else {
        const {word} = row
        const {highWatermark} = row.replica(slot)
        this.#watches.set(rowNumber, {
          row,
          slot,
          word,
          highWatermark,
          fetches: new Set([...(watch?.fetches ?? []), fetch]),
        })
      }
    }
    this.#look(fetch, nowMs)
  }

  /** Looks at what was rung for, and at whose time is over; returns how many were answered. */
  round(nowMs: number): number {
    if (this.#fetches.size === 0) return 0
    const before = this.#fetches.size
    const ringPlace = this.#ringPlace()
    const rings = ringPlace?.rings() ?? this.#rings + 1
    if (rings !== this.#rings) {
      this.#rings = rings
      for (const fetch of this.#moved(ringPlace?.place)) this.#look(fetch, nowMs)
    }
    if (nowMs >= this.#nextDeadlineMs) {
      for (const fetch of [...this.#fetches]) if (nowMs >= fetch.deadlineMs) this.#look(fetch, nowMs)
      this.#nextDeadlineMs = Number.POSITIVE_INFINITY
      for (const {deadlineMs} of this.#fetches) this.#nextDeadlineMs = Math.min(this.#nextDeadlineMs, deadlineMs)
    }
    return before - this.#fetches.size
  }

  dueInMs(nowMs: number): number {
    if (this.#fetches.size === 0) return Number.POSITIVE_INFINITY
    const due = Math.max(0, this.#nextDeadlineMs - nowMs)
    return this.#ringPlace() === undefined ? Math.min(due, UNRUNG_MS) : due
  }

  /** The broker goes: whoever waits is answered with what there is. */
  close(nowMs: number): void {
    for (const fetch of [...this.#fetches]) if (fetch.look(nowMs, true)) this.#remove(fetch)
  }

  /** Those whose partitions have moved. */
  #moved(place: number | undefined): Set<WaitingFetch> {
    const moved = new Set<WaitingFetch>()
    for (const watch of this.#watches.values()) {
      const {row, slot} = watch
      if (place !== undefined) row.waiters.add(place)
      const {word} = row
      const {highWatermark} = row.replica(slot)
      if (word === watch.word && highWatermark === watch.highWatermark) continue
      watch.word = word
      watch.highWatermark = highWatermark
      for (const fetch of watch.fetches) moved.add(fetch)
    }
    return moved
  }

  #look(fetch: WaitingFetch, nowMs: number): void {
    if (fetch.look(nowMs, nowMs >= fetch.deadlineMs)) this.#remove(fetch)
  }

  #remove(fetch: WaitingFetch): void {
    this.#fetches.delete(fetch)
    for (const {rowNumber} of fetch.watched) {
      const watch = this.#watches.get(rowNumber)
      watch?.fetches.delete(fetch)
      if (watch?.fetches.size === 0) this.#watches.delete(rowNumber)
    }
  }
}

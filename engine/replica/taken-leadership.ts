import {decodeLeadership, type Leadership, NO_LEADERSHIP} from '../cluster/leadership.ts'
import type {PartitionRow} from '../cluster/partition-row.ts'

/**
 * The leadership that a replica acts under: the row's word as it last took it up. What it counts, or reads of others, holds under this one
 * only: whether it still stands is asked after the reading, and before anything is shown.
 */
export class TakenLeadership {
  readonly #row: PartitionRow
  #word = 0n
  #leadership: Leadership = NO_LEADERSHIP

  constructor(row: PartitionRow) {
    this.#row = row
  }

  get word(): bigint {
    return this.#word
  }

  get leadership(): Leadership {
    return this.#leadership
  }

  /** Whether the row has no other one by now. */
  get stands(): boolean {
    return this.#row.word === this.#word
  }

  take(word: bigint): void {
    this.#word = word
    this.#leadership = decodeLeadership(word)
  }

  /** It could not be taken up: the row's word is news again, whatever it is. */
  forget(): void {
    this.#word = 0n
    this.#leadership = NO_LEADERSHIP
  }
}

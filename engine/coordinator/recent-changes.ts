import type {CommittedChange} from '../ensemble/consensus.ts'

/** As many changes are kept for brokers that missed some, and up to twice as many; who missed more gets a snapshot. */
const KEPT = 16_384

/** The last committed changes, by offset. Not every offset has one: who takes the lease marks its place in the metadata log. */
export class RecentChanges {
  #changes: CommittedChange[] = []
  /** Changes below it are not known one by one. */
  #start = 0

  add(change: CommittedChange): void {
    // twice as many, then half of them go: none is moved often
    if (this.#changes.length === 2 * KEPT) {
      this.#changes = this.#changes.slice(KEPT)
      this.#start = this.#changes[0]!.offset
    }
    this.#changes.push(change)
  }

  /** Goes on from a snapshot: what came before is not known one by one. */
  restart(end: number): void {
    this.#changes = []
    this.#start = end
  }

  /** All from an offset on, or undefined where the first of them are not kept. */
  from(offset: number): readonly CommittedChange[] | undefined {
    if (offset < this.#start) return undefined
    const at = this.#changes.findLastIndex(change => change.offset < offset)
    return this.#changes.slice(at + 1)
  }
}

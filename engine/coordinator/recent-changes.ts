import type {CommittedChange} from './consensus.ts'

/** As many changes are kept, at least, for brokers that missed some; who missed more gets a snapshot. */
const KEPT = 16_384

/** The last committed changes, by offset. */
export class RecentChanges {
  #changes: CommittedChange[] = []
  #end = 0

  /** Offset behind the last one. */
  get end(): number {
    return this.#end
  }

  add(change: CommittedChange): void {
    // twice as many, then half of them go: none is moved often
    if (this.#changes.length === 2 * KEPT) this.#changes = this.#changes.slice(KEPT)
    this.#changes.push(change)
    this.#end = change.offset + 1
  }

  /** Goes on from a snapshot: what came before is not known one by one. */
  restart(end: number): void {
    this.#changes = []
    this.#end = end
  }

  /** All from an offset on, or undefined where the first of them are not kept. */
  from(offset: number): readonly CommittedChange[] | undefined {
    if (offset >= this.#end) return []
    const first = this.#end - this.#changes.length
    return offset < first ? undefined : this.#changes.slice(offset - first)
  }
}

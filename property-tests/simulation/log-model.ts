import type {StoredBatch} from './partition.ts'

/** What a log should be: an array of batches and a few numbers. */
export class LogModel {
  /** What is written and not deleted. */
  batches: StoredBatch[] = []
  /** What is taken and not yet written. */
  staged: StoredBatch[] = []
  start: number
  end: number
  /** Readers that live on see nothing at or above it, and nothing below it is cut. */
  highWatermark: number
  /** Everything below was acknowledged as synced. */
  synced = 0
  /** How far the log itself knows that: after a power loss it may know less. */
  onRecord = 0
  /** A sync failed: only a new load helps. */
  isFailed = false
  nowMs = 1_000_000
  /** Batches that could not be written. A power loss may leave them in the place of what was written over them. */
  #lost: StoredBatch[] = []

  constructor(start: number) {
    this.start = start
    this.end = start
    this.highWatermark = start
  }

  get stagedEnd(): number {
    return this.staged.at(-1)?.nextOffset ?? this.end
  }

  /** What a reader should find from `offset` on below `limit`. */
  between(offset: number, limit: number): StoredBatch[] {
    return this.batches.filter(batch => batch.nextOffset > offset && batch.baseOffset < limit)
  }

  commit(): void {
    this.end = this.stagedEnd
    this.batches.push(...this.staged)
    this.staged = []
  }

  /** The run could not be written. */
  loseStaged(): void {
    this.#lost.push(...this.staged)
    this.staged = []
  }

  moveStart(start: number): void {
    this.start = start
    this.batches = this.between(start, this.end)
  }

  confirmSynced(end: number): void {
    this.synced = Math.max(this.synced, end)
    this.onRecord = Math.max(this.onRecord, end)
    this.#lost = this.#lost.filter(batch => batch.baseOffset >= this.synced)
  }

  cut(end: number): void {
    this.batches = this.batches.filter(batch => batch.nextOffset <= end)
    this.end = end
    this.start = Math.min(this.start, end)
    this.synced = Math.min(this.synced, end)
    this.onRecord = Math.min(this.onRecord, end)
    this.#lost = this.#lost.filter(batch => batch.baseOffset < end)
  }

  /** The log was loaded after a crash: whether it may hold these batches and end there. The model then goes on with them. */
  recover(end: number, found: readonly StoredBatch[]): boolean {
    const known = (batch: StoredBatch): boolean =>
      this.#holds(this.batches, batch) || (batch.baseOffset >= this.synced && this.#holds(this.#lost, batch))
    const follows = (batch: StoredBatch, i: number): boolean => i === 0 || batch.baseOffset === found[i - 1]!.nextOffset
    if (end < this.synced || !found.every(known) || !found.every(follows)) return false
    if (end !== (found.at(-1)?.nextOffset ?? this.start)) return false
    this.batches = [...found]
    this.staged = []
    this.end = end
    this.highWatermark = Math.min(this.highWatermark, end)
    this.isFailed = false
    this.#lost = []
    return true
  }

  #holds(batches: readonly StoredBatch[], wanted: StoredBatch): boolean {
    return batches.some(batch => batch.baseOffset === wanted.baseOffset && batch.bytes.equals(wanted.bytes))
  }
}

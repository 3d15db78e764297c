import {assert} from '../assert.ts'
import {ROLLED_SEGMENTS_MAX, SYNC_FILES_MAX} from '../limits.ts'
import type {ActiveSegment} from './segment.ts'
import type {Storage, StorageFile} from './storage.ts'
import {SyncedEnd} from './synced-end.ts'

/** Files to sync so that everything below `end` lasts. */
export interface SyncJob {
  readonly end: number
  readonly files: readonly StorageFile[]
  readonly rolled: readonly ActiveSegment[]
}

/** Rolled segments one sync covers, each with three files, beside the active one and the directory. */
const ROLLED_A_SYNC = Math.floor((SYNC_FILES_MAX - 2) / 3)

/** How far a log is on stable storage, and which of its files a sync must cover to get further. One sync is under way at a time. */
export class SyncState {
  readonly #record: SyncedEnd
  /** Held open, so that a sync never fails for want of a file handle. */
  readonly #directory: StorageFile | undefined
  /** Rolled segments whose files are not known to be on stable storage, oldest first; they stay open until then. */
  readonly #rolled: ActiveSegment[] = []
  #namesChanged = true
  #job: SyncJob | undefined
  #syncedEnd: number

  constructor(storage: Storage, dir: string, syncedEnd: number) {
    this.#syncedEnd = syncedEnd
    this.#record = new SyncedEnd(storage, dir)
    try {
      this.#directory = storage.openDirectory(dir)
      // Kafka may have cut the log since
      if (syncedEnd < this.#record.end) this.lower(syncedEnd)
      else this.#raise(syncedEnd)
    } catch (error) {
      this.close()
      throw error
    }
  }

  /** Everything below is on stable storage. */
  get syncedEnd(): number {
    return this.#syncedEnd
  }

  get hasRolled(): boolean {
    return this.#rolled.length > 0
  }

  get isSyncing(): boolean {
    return this.#job !== undefined
  }

  /** First offset of what a sync must still cover in rolled segments; infinity where there is none. */
  get firstRolled(): number {
    return this.#rolled[0]?.baseOffset ?? Number.POSITIVE_INFINITY
  }

  /** Whether another segment may be rolled only once the files of some are closed. */
  get isFull(): boolean {
    return this.#rolled.length >= ROLLED_SEGMENTS_MAX
  }

  /**
   * Syncs the rolled segments of which no sync under way has a file, on this thread, and closes them. The synced end follows
   * with the next sync.
   */
  storeRolled(): void {
    const {files = [], rolled = []} = this.#job ?? {}
    // the segment that was active when the sync began may have been rolled meanwhile
    const next = this.#rolled[rolled.length]
    const held = rolled.length + (next !== undefined && files.includes(next.file) ? 1 : 0)
    for (const segment of this.#rolled.slice(held)) for (const file of segment.files()) file.sync()
    closeAll(this.#rolled.splice(held))
  }

  /** A segment was rolled, and another one made. */
  addRolled(segment: ActiveSegment): void {
    this.#rolled.push(segment)
    this.#namesChanged = true
  }

  /** Takes back the newest rolled segment whose files are still open; where `baseOffset` is given, only that one. */
  takeRolled(baseOffset?: number): ActiveSegment | undefined {
    const newest = this.#rolled.at(-1)
    return baseOffset === undefined || newest?.baseOffset === baseOffset ? this.#rolled.pop() : undefined
  }

  /** What to sync so that everything below `end` lasts, or only the segments that are rolled. */
  begin(active: ActiveSegment, end: number, rolledOnly: boolean): SyncJob {
    assert(this.#job === undefined, 'one sync at a time')
    const rolled = this.#rolled.slice(0, ROLLED_A_SYNC)
    const left = this.#rolled[rolled.length] ?? (rolledOnly ? active : undefined)
    const files = rolled.flatMap(segment => segment.files())
    if (left === undefined) files.push(active.file)
    // without their names the files are lost
    if (this.#namesChanged && this.#directory !== undefined) files.push(this.#directory)
    this.#namesChanged = false
    this.#job = {end: left?.baseOffset ?? end, files, rolled}
    return this.#job
  }

  end(job: SyncJob): void {
    assert(job === this.#job, 'the sync that ends is the one that began')
    this.#job = undefined
    this.#rolled.splice(0, job.rolled.length)
    if (job.end > this.#syncedEnd) this.#raise(job.end)
    closeAll(job.rolled)
  }

  fail(): void {
    this.#job = undefined
  }

  /** A sync failed: the next owner writes again what may be in the system's memory only. */
  markFailed(): void {
    try {
      this.#record.markFailed()
    } catch {
      // then nobody can be told; the error that led here counts
    }
  }

  /** What lies at or above `end` is about to be cut: that is on record before anything is. */
  lower(end: number): void {
    this.#syncedEnd = end
    this.#record.write(end)
    this.#record.sync()
  }

  /** Writes the record again where that has failed; throws where it fails again. */
  record(): void {
    this.#record.write(this.#syncedEnd)
  }

  /** Makes the record last as it stands. */
  syncRecord(): void {
    this.#record.sync()
  }

  close(): void {
    for (const segment of this.#rolled) segment.close()
    this.#record.close()
    this.#directory?.close()
  }

  #raise(end: number): void {
    this.#syncedEnd = end
    try {
      this.#record.write(end)
    } catch {
      // what is on record stays true, it only says too little; the next sync tries again
    }
  }
}

function closeAll(segments: readonly ActiveSegment[]): void {
  for (const segment of segments) {
    try {
      segment.close()
    } catch {
      // what it holds is safe, and the system has taken its files back
    }
  }
}

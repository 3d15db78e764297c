import {NO_EPOCH, type ReplicaLine} from '../cluster/replica-line.ts'
import type {CompactionCounters} from '../log/log-cleaning.ts'
import type {Replica} from './replica.ts'
import type {ReplicaWorld} from './replica-world.ts'

/**
 * The log of a partition's replica, and what its line shows of it. It may not be on disk yet, for its directory is made by the first
 * record; until then it counts as one without records.
 */
export class ShownLog {
  readonly #world: ReplicaWorld
  readonly #line: ReplicaLine
  #replica: Replica | undefined
  #highWatermark: number
  #syncedWatermark = 0
  #batches = 0
  #appendedBytes = 0
  #syncs = 0
  /** As it is shown. */
  #compaction: CompactionCounters | undefined

  constructor(world: ReplicaWorld) {
    this.#world = world
    this.#line = world.row.replica(world.slot)
    this.#highWatermark = world.highWatermark
  }

  /** The log with its rules; undefined while there is none on disk. */
  get replica(): Replica | undefined {
    return this.#replica
  }

  get endOffset(): number {
    return this.#replica?.log.logEndOffset ?? 0
  }

  get syncedEnd(): number {
    return this.#replica?.log.syncedEnd ?? 0
  }

  get lastEpoch(): number {
    return this.#replica?.log.lastEpoch ?? NO_EPOCH
  }

  /** As far as this replica knows it. */
  get highWatermark(): number {
    return this.#highWatermark
  }

  moveHighWatermark(offset: number): void {
    this.#highWatermark = offset
    this.#replica?.followHighWatermark(offset)
  }

  /** What all in sync have synced, as far as this replica knows it. */
  moveSyncedWatermark(offset: number): void {
    this.#syncedWatermark = offset
    this.#replica?.followSyncedWatermark(offset)
  }

  /** Opens the log, where it is not open yet; a leader begins its epoch in it. */
  open(nowMs: number, ledEpoch = NO_EPOCH): Replica {
    if (this.#replica !== undefined) return this.#replica
    const replica = this.#world.open(nowMs)
    try {
      if (ledEpoch !== NO_EPOCH && replica.log.epochs.latest !== ledEpoch) replica.log.startEpoch(ledEpoch)
    } catch (error) {
      replica.log.abandon()
      throw error
    }
    this.#replica = replica
    replica.followHighWatermark(this.#highWatermark)
    replica.followSyncedWatermark(this.#syncedWatermark)
    if (this.#line.followedEpoch === NO_EPOCH) this.reset()
    return replica
  }

  /** Takes a batch, and returns its base offset. */
  append(batch: Uint8Array, wallMs: number): number {
    const offset = this.#replica!.append(batch, wallMs)
    this.#batches++
    this.#appendedBytes += batch.length
    return offset
  }

  endSync(nowMs: number, error: unknown): void {
    this.#syncs++
    this.#replica!.endSync(nowMs, error)
  }

  /** What was deleted elsewhere is deleted here: nobody who was told so finds it again under another leader. */
  followLogStart(offset: number): void {
    const log = this.#replica?.log
    if (log !== undefined && offset > log.logStartOffset) log.moveLogStart(offset)
  }

  /** Shows the ends as they are, while this replica follows no epoch. */
  reset(): void {
    const log = this.#replica?.log
    const end = this.endOffset
    this.#highWatermark = Math.min(this.#highWatermark, end)
    // that of the next leader begins at 0, too
    this.moveSyncedWatermark(0)
    this.#line.resetEnds({
      writtenEnd: end,
      syncedEnd: this.syncedEnd,
      highWatermark: this.#highWatermark,
      logStartOffset: log?.logStartOffset ?? 0,
    })
    this.#line.publishLastEpoch(this.lastEpoch)
  }

  /** Shows what has come since; whether an end has moved. */
  show(): boolean {
    const {log} = this.#replica!
    const hasMoved = log.logEndOffset !== this.#line.writtenEnd || log.syncedEnd !== this.#line.syncedEnd
    this.#line.publishWrittenEnd(log.logEndOffset)
    this.#line.publishLastEpoch(log.lastEpoch)
    this.#line.publishLogStartOffset(log.logStartOffset)
    this.#line.publishSyncedEnd(log.syncedEnd)
    this.#line.count({
      batches: this.#batches,
      appendedBytes: this.#appendedBytes,
      syncs: this.#syncs,
      segments: log.segmentCount,
      sizeBytes: log.bytes,
    })
    if (log.compaction !== this.#compaction) {
      this.#compaction = log.compaction
      this.#line.countCompaction(log.compaction)
    }
    return hasMoved
  }

  /** From here on there is none, whatever becomes of its files. */
  forsake(): void {
    this.#replica?.log.abandon()
    this.#replica = undefined
  }
}

import {AssertionFailed} from '../assert.ts'
import {type ErrorCode, OdradekError, storageError} from '../errors.ts'
import type {CleanJob, CleanOutcome} from '../log/clean-job.ts'
import type {Log} from '../log/log.ts'
import type {SyncJob} from '../log/sync-state.ts'
import {type FlushPolicy, flushDueInMs, flushIsDue} from './flush-policy.ts'

export interface ReplicaOptions extends FlushPolicy {
  /** How often retention looks, in ms (Kafka's `log.retention.check.interval.ms`). */
  readonly retentionCheckMs: number
  /** How often compaction looks, in ms (Kafka's `log.cleaner.backoff.ms`). */
  readonly cleanerBackoffMs: number
}

/** What could not be compacted is tried again after so long. */
const CLEAN_AGAIN_MS = 5 * 60_000

/**
 * One partition replica: a log, and the rules of when what it took is synced, visible and deleted. Time and bytes come in,
 * results go out; whoever runs it publishes the ends and does the syncing. `nowMs` is a monotonic clock, `wallMs` the
 * time of day: a clock that is set must not make anything due.
 */
export class Replica {
  readonly log: Log
  #options: ReplicaOptions
  #wantedEnd = 0
  #highWatermark: number | undefined
  #syncedWatermark: number | undefined
  #oldestUnsyncedMs = 0
  #syncing: SyncJob | undefined
  #nextRetentionMs: number
  /** Segments waited for a sync when retention last looked, and so had to stay. */
  #mayHaveKept = false
  #cleaning: CleanJob | undefined
  #nextCleaningMs: number
  #cleaningFailure: ErrorCode | undefined

  constructor(log: Log, options: ReplicaOptions, nowMs: number) {
    this.log = log
    this.#options = options
    this.#nextRetentionMs = nowMs + options.retentionCheckMs
    this.#nextCleaningMs = nowMs + options.cleanerBackoffMs
  }

  /** The topic's rules have changed. */
  configure(options: ReplicaOptions): void {
    this.#options = options
  }

  /** Alone in its ISR, a replica has everything it wrote replicated; in a cluster its leader says how far that is. */
  get highWatermark(): number {
    return this.#highWatermark ?? this.log.logEndOffset
  }

  /** From here on the high watermark is what is told here. */
  followHighWatermark(offset: number): void {
    this.#highWatermark = offset
  }

  /** Of what is not synced by all in sync, compaction takes nothing for newer: without power they may lose it, and the older is then the last. */
  followSyncedWatermark(offset: number): void {
    this.#syncedWatermark = offset
  }

  /** Takes a batch at `wallMs` (ms since 1970, for LogAppendTime) and returns its base offset. */
  append(batch: Uint8Array, wallMs: number): number {
    return this.log.append(batch, wallMs)
  }

  commit(nowMs: number): void {
    const allSynced = this.log.syncedEnd === this.log.logEndOffset
    this.log.commit()
    if (allSynced) this.#oldestUnsyncedMs = nowMs
  }

  /** Somebody waits for everything written so far to be synced. */
  wantSync(): number {
    this.#wantedEnd = this.log.logEndOffset
    return this.#wantedEnd
  }

  /** The sync to do now, if one is due and none is under way; `endSync` must follow. */
  nextSync(nowMs: number): SyncJob | undefined {
    if (this.#syncing !== undefined || !this.log.needsSync) return undefined
    const due = flushIsDue(this.#options, this.#flushState(), nowMs)
    if (!due && !this.log.hasRolled) return undefined
    this.#syncing = this.log.beginSync({rolledOnly: !due})
    return this.#syncing
  }

  get isSyncing(): boolean {
    return this.#syncing !== undefined
  }

  /** The sync under way has ended, or failed with `error`; the log then takes nothing more. */
  endSync(nowMs: number, error?: unknown): void {
    const job = this.#syncing!
    this.#syncing = undefined
    if (error !== undefined) {
      this.log.failSync(error)
      return
    }
    this.log.endSync(job)
    if (this.#mayHaveKept) this.#nextRetentionMs = Number.NEGATIVE_INFINITY
    // records written during the sync are counted as written at its end: at most one sync too late
    this.#oldestUnsyncedMs = nowMs
  }

  /** Moves the log start to `offset` (Kafka's DeleteRecords); -1 means the high watermark. Segments go with the next retention. */
  deleteRecordsBefore(offset: number): number {
    const start = offset === -1 ? this.highWatermark : offset
    if (start > this.highWatermark) {
      throw new OdradekError(
        'OFFSET_OUT_OF_RANGE',
        `cannot delete before ${start}: the log is [${this.log.logStartOffset}, ${this.highWatermark})`,
      )
    }
    if (start > this.log.logStartOffset) {
      this.log.moveLogStart(start)
      this.#nextRetentionMs = Number.NEGATIVE_INFINITY
    }
    return this.log.logStartOffset
  }

  /** What retention wants gone now; the caller publishes the new start, then drops. */
  expired(nowMs: number, wallMs: number): {logStartOffset: number; count: number} | undefined {
    if (nowMs < this.#nextRetentionMs) return undefined
    this.#nextRetentionMs = nowMs + this.#options.retentionCheckMs
    const found = this.log.expired(this.highWatermark, wallMs)
    this.#mayHaveKept = this.log.hasRolled
    return found.count > 0 ? found : undefined
  }

  /** What is to be compacted now, elsewhere; `endCleaning` must follow. */
  nextCleaning(nowMs: number, wallMs: number): CleanJob | undefined {
    if (this.#cleaning !== undefined || nowMs < this.#nextCleaningMs) return undefined
    this.#nextCleaningMs = nowMs + this.#options.cleanerBackoffMs
    const settledEnd = Math.min(this.highWatermark, this.#syncedWatermark ?? Number.POSITIVE_INFINITY)
    this.#cleaning = this.log.beginCleaning(settledEnd, wallMs)
    return this.#cleaning
  }

  /** What came of it; undefined where it was cut short. True where the log is compacted further than before. */
  endCleaning(nowMs: number, outcome: CleanOutcome | undefined): boolean {
    const job = this.#cleaning!
    this.#cleaning = undefined
    const nextMs = this.#nextCleaningMs
    this.#nextCleaningMs = nowMs + CLEAN_AGAIN_MS
    if (outcome !== undefined && 'result' in outcome) {
      const isDone = this.log.endCleaning(job, outcome.result)
      this.#nextCleaningMs = nextMs
      this.#cleaningFailure = undefined
      return isDone
    }
    this.#cleaningFailure = outcome?.failure ?? this.#cleaningFailure
    this.log.abandonCleaning(job)
    return false
  }

  /** Why the log was not compacted when that was last tried; undefined where it was. */
  get cleaningFailure(): ErrorCode | undefined {
    return this.#cleaningFailure
  }

  /** The disk does not allow what belongs to compaction; it is tried again. A bug of ours goes on. */
  failCleaning(error: unknown): void {
    if (error instanceof AssertionFailed) throw error
    this.#cleaningFailure = storageError(error, 'compacting').code
  }

  /** How long this replica can be left alone. */
  dueInMs(nowMs: number): number {
    // a sync under way answers by itself, and a log that failed never syncs again
    const waits = this.#syncing === undefined && this.log.failure === undefined
    const flush = waits ? flushDueInMs(this.#options, this.#flushState(), nowMs) : Number.POSITIVE_INFINITY
    const mayClean = this.#cleaning === undefined && this.log.mayBeCleaned
    const cleaning = mayClean ? Math.max(0, this.#nextCleaningMs - nowMs) : Number.POSITIVE_INFINITY
    return Math.min(flush, cleaning, Math.max(0, this.#nextRetentionMs - nowMs))
  }

  #flushState() {
    return {
      writtenEnd: this.log.logEndOffset,
      syncedEnd: this.log.syncedEnd,
      wantedEnd: this.#wantedEnd,
      oldestUnsyncedMs: this.#oldestUnsyncedMs,
    }
  }
}

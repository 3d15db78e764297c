import {assert} from '../assert.ts'
import type {Crc32c} from '../bytes/crc32c.ts'
import {OdradekError, storageError} from '../errors.ts'
import {INT32_MAX} from '../limits.ts'
import type {ArenaWriter} from '../memory/arena.ts'
import {headerProblem, isSealed, sealBatch} from '../record/batch-check.ts'
import {keyProblem} from '../record/key-problem.ts'
import {
  BATCH,
  baseOffset,
  batchSize,
  indexedTimestamp,
  lastOffset,
  maxTimestamp,
  stampAppendTime,
  stampBatch,
} from '../record/record-batch.ts'
import type {Decompress} from '../record/repack.ts'
import type {CleanJob, CleanResult} from './clean-job.ts'
import type {CleanerMark} from './cleaner-mark.ts'
import {replaceFile, syncDirectory} from './files.ts'
import type {LeaderEpochs} from './leader-epochs.ts'
import {type CompactionCounters, LogCleaning} from './log-cleaning.ts'
import {isCompacted, type LogConfig} from './log-config.ts'
import {LogEnd} from './log-end.ts'
import {type DuplicateBatch, type KnownProducer, ProducerStates} from './producer-states.ts'
import {cutProducerSnapshots, recoverProducers} from './recover-producers.ts'
import {expiredSegments, type SegmentSummary} from './retention.ts'
import type {ActiveSegment, BatchSummary} from './segment.ts'
import {SUFFIX, segmentFile} from './segment-files.ts'
import {SegmentList} from './segment-list.ts'
import type {Storage} from './storage.ts'
import {type SyncJob, SyncState} from './sync-state.ts'

/** What a log stands on: its partition's directory, the disk, the shared memory its newest bytes show in, the checksum. */
export interface LogWorld {
  readonly storage: Storage
  readonly dir: string
  readonly arena: ArenaWriter
  readonly crc32c: Crc32c
  /** For a look at the keys of compressed batches, where the log is compacted; without it those are taken unlooked at. */
  readonly decompress?: Decompress
}

/** A log as found on disk: what `loadLog` hands over. */
export interface LogState {
  readonly closed: readonly SegmentSummary[]
  readonly active: ActiveSegment
  readonly logStartOffset: number
  readonly logEndOffset: number
  readonly syncedEnd: number
  /** How far it is compacted, and by whom. */
  readonly cleanerMark: CleanerMark
  /** The epoch that appends are stamped with until `startEpoch`. */
  readonly leaderEpoch: number
  readonly epochs: LeaderEpochs
  readonly producers: ProducerStates
}

/**
 * One partition's log: segments on disk and, while somebody reads, the newest stretch of the last one in shared memory. Appends are
 * staged and go to the file in runs: `append` takes a batch, `commit` writes what was taken and makes it readable. Single
 * threaded and synchronous; it publishes nothing but the arena's windows, the ends are its owner's to tell.
 */
export class Log {
  #config: LogConfig
  /** The reigns of the partition's leaders; every batch's epoch is among them. */
  readonly epochs: LeaderEpochs
  readonly #world: LogWorld
  readonly #segments: SegmentList
  readonly #sync: SyncState
  readonly #end: LogEnd
  readonly #cleaning: LogCleaning
  #leaderEpoch: number
  #logStartOffset: number
  #failure: OdradekError | undefined

  constructor(world: LogWorld, config: LogConfig, state: LogState) {
    this.#config = config
    this.epochs = state.epochs
    this.#world = world
    this.#segments = new SegmentList(world.storage, world.dir, state.closed, state.active)
    this.#logStartOffset = state.logStartOffset
    this.#leaderEpoch = state.leaderEpoch
    this.#end = new LogEnd(world.arena, this.#segments, state, error => this.#fail('a sync failed', error))
    this.#sync = new SyncState(world.storage, world.dir, state.syncedEnd)
    this.#cleaning = new LogCleaning(world.storage, world.dir, this.#segments, state.cleanerMark)
  }

  /** The topic's rules have changed; what is stored stays as it is. */
  configure(config: LogConfig): void {
    this.#config = config
  }

  get logStartOffset(): number {
    return this.#logStartOffset
  }

  /** Next offset to be written; everything below is in the file. */
  get logEndOffset(): number {
    return this.#end.logEndOffset
  }

  /** Everything below is on stable storage. */
  get syncedEnd(): number {
    return this.#sync.syncedEnd
  }

  /** The epoch that appends are stamped with. */
  get leaderEpoch(): number {
    return this.#leaderEpoch
  }

  /** Epoch of the newest batch, also where retention has removed it since; -1 where there has been none. */
  get lastEpoch(): number {
    return this.epochs.at(this.logEndOffset - 1)
  }

  get segments(): readonly SegmentSummary[] {
    return this.#segments.all
  }

  get segmentCount(): number {
    return this.#segments.count
  }

  get firstBaseOffset(): number {
    return this.#segments.firstBaseOffset
  }

  get bytes(): number {
    return this.#segments.bytes
  }

  /** Set once a sync failed: nothing more is taken, reads go on. */
  get failure(): OdradekError | undefined {
    return this.#failure
  }

  /**
   * Takes a batch and returns the base offset it got. It is neither on disk nor readable before `commit`; until then its
   * bytes are the log's, which stamps them.
   */
  append(batch: Uint8Array, nowMs: number): number {
    if (this.#failure !== undefined) throw this.#failure
    const header = new DataView(batch.buffer, batch.byteOffset, batch.length)
    const taken = this.#measure(batch, header, nowMs)
    // what was recorded of this reign may have been cut
    if (this.epochs.latest !== this.#leaderEpoch) this.startEpoch(this.#leaderEpoch)
    this.#take(batch, header, taken)
    const {bytes, view, at} = this.#end.run
    const base = this.stagedEnd
    stampBatch(view, at, {baseOffset: base, leaderEpoch: this.#leaderEpoch})
    const restamped = this.#config.messageTimestampType === 'LogAppendTime'
    if (restamped) stampAppendTime(view, at, nowMs)
    if (restamped || !isSealed(view, at)) sealBatch(bytes, view, at, this.#world.crc32c)
    this.#end.account(taken, this.#config.indexIntervalBytes, {view, at})
    return base
  }

  /**
   * Takes whole batches that the leader stored, those between `start` and `end`, as they are: offsets, epochs, timestamps and CRC
   * stay, and none of the leader's bounds is checked again. The CRC must have been checked by who copied them, as `LogReader` does.
   * They begin at or above `stagedEnd`; where compaction left a gap the log end jumps. Until `commit` the bytes are the log's. When it
   * throws, the batches before the one that it throws at are taken.
   */
  appendAsFollower(bytes: Uint8Array, start: number, end: number): void {
    if (this.#failure !== undefined) throw this.#failure
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    for (let at = start; at < end; at += batchSize(view, at)) {
      const problem = headerProblem(view, at, end)
      if (problem !== undefined) throw new OdradekError('CORRUPT_MESSAGE', problem)
      const size = batchSize(view, at)
      const base = baseOffset(view, at)
      assert(base >= this.stagedEnd, 'what a follower takes lies behind what it has')
      this.#followEpoch(view.getInt32(at + BATCH.leaderEpoch), base)
      const taken = {lastOffset: lastOffset(view, at), maxTimestamp: indexedTimestamp(view, at), bytes: size}
      this.#take(bytes.subarray(at, at + size), view, taken)
      this.#end.account(taken, this.#config.indexIntervalBytes, {view, at})
    }
  }

  /**
   * Where the batch of a producer lies that is in the log already, so that it is not appended again; undefined where it comes next. To be
   * asked before `append` of a batch with a producer id; what it names is written. Throws OUT_OF_ORDER_SEQUENCE_NUMBER,
   * INVALID_PRODUCER_EPOCH, or DUPLICATE_SEQUENCE_NUMBER for a batch that is stored so long ago that nobody knows where.
   */
  duplicateOf(batch: Uint8Array): DuplicateBatch | undefined {
    const view = new DataView(batch.buffer, batch.byteOffset, batch.length)
    const problem = headerProblem(view, 0, batch.length)
    if (problem !== undefined) throw new OdradekError('INVALID_RECORD', problem)
    const duplicate = this.#end.producers.check(view, 0)
    if (duplicate !== undefined && duplicate.baseOffset >= this.logEndOffset) this.commit()
    return duplicate
  }

  /** The producers it knows. */
  get producers(): KnownProducer[] {
    return this.#end.producers.known()
  }

  /** Forgets producers from which nothing came for `producerIdExpirationMs`. */
  expireProducers(nowMs: number, producerIdExpirationMs: number): void {
    this.#end.producers.expire(nowMs, producerIdExpirationMs)
  }

  /** A leader's reign begins at the log end: it is recorded, and later appends are stamped with it. */
  startEpoch(epoch: number): void {
    if (this.#failure !== undefined) throw this.#failure
    this.commit()
    this.epochs.assign(epoch, this.logEndOffset)
    this.#leaderEpoch = epoch
  }

  /** Writes everything taken since the last commit and makes it readable. When that fails, all of it is forgotten. */
  commit(): void {
    this.#end.commit()
  }

  /** Ends the active segment and starts the next one at the log end. When that fails, the active segment stays. An empty one is as good as a new one. */
  roll(): void {
    if (this.#failure !== undefined) throw this.#failure
    this.commit()
    if (this.#active.size === 0) return
    if (this.#sync.isFull) this.#storeRolled()
    this.#sync.addRolled(this.#startSegment())
    this.#openStretch(0)
  }

  /** Starts a segment at the log end and returns the one that ended. Where the system has no files to give, those of the rolled ones are taken. */
  #startSegment(): ActiveSegment {
    try {
      return this.#segments.roll(this.logEndOffset, this.#end.producers.snapshot())
    } catch (error) {
      if (!this.#sync.hasRolled || !isOutOfFiles(error)) throw error
      this.#storeRolled()
      return this.#segments.roll(this.logEndOffset, this.#end.producers.snapshot())
    }
  }

  #storeRolled(): void {
    try {
      this.#sync.storeRolled()
    } catch (error) {
      throw this.#fail('a sync failed', error)
    }
  }

  /** Whether there is anything a sync would make last. */
  get needsSync(): boolean {
    return this.#failure === undefined && (this.#sync.syncedEnd < this.logEndOffset || this.#sync.hasRolled)
  }

  /** Whether a rolled segment waits to be synced: it then is without anybody asking, as in Kafka. */
  get hasRolled(): boolean {
    return this.#sync.hasRolled
  }

  /** Next offset to be taken: what lies between it and `logEndOffset` is staged. */
  get stagedEnd(): number {
    return this.#end.stagedEnd
  }

  /** What to sync now, or only the segments that are rolled; `endSync` or `failSync` must follow before the next one. */
  beginSync(options: {rolledOnly: boolean} = {rolledOnly: false}): SyncJob {
    return this.#sync.begin(this.#active, this.logEndOffset, options.rolledOnly)
  }

  endSync(job: SyncJob): void {
    this.#sync.end(job)
  }

  /** The sync under way failed. What the files hold is unknown from here on (the kernel may have dropped the pages), so nothing more is written to them. */
  failSync(error: unknown): OdradekError {
    this.#sync.fail()
    return this.#fail('a sync failed', error)
  }

  /** Syncs on this thread. */
  sync(): void {
    if (!this.needsSync) return
    const job = this.beginSync()
    try {
      for (const file of job.files) file.sync()
    } catch (error) {
      throw this.failSync(error)
    }
    this.endSync(job)
  }

  /** For whom a batch counts only once damage to it could be told from a torn tail: throws where the record of the last sync cannot be written. */
  recordSync(): void {
    try {
      this.#sync.record()
    } catch (error) {
      throw storageError(error, 'recording a sync')
    }
  }

  /**
   * What retention would remove now: the new log start, and the number of segments. Publish the start first, then call
   * `dropSegments`. A segment that is still to be synced stays until the next time.
   */
  expired(highWatermark: number, nowMs: number): {logStartOffset: number; count: number} {
    const segments = this.segments
    let count = expiredSegments(
      {segments, logStartOffset: this.#logStartOffset, logEndOffset: this.logEndOffset, highWatermark, nowMs},
      this.#config,
    )
    if (count === segments.length && !this.#rollForRetention()) count--
    while (count > 0 && segments[count - 1]!.baseOffset >= this.#sync.firstRolled) count--
    const start = count === 0 ? this.#logStartOffset : Math.max(this.#logStartOffset, this.segments[count]!.baseOffset)
    return {logStartOffset: start, count}
  }

  /** Everything below is compacted: no key is there twice. */
  get cleanedEnd(): number {
    return this.#cleaning.cleanedEnd
  }

  get compaction(): CompactionCounters {
    return this.#cleaning.counters
  }

  /** Whether there may be something to compact, now or when it has become older. */
  get mayBeCleaned(): boolean {
    const isDirty = this.segmentCount > 1 && this.#active.baseOffset > this.cleanedEnd
    return isCompacted(this.#config) && isDirty && this.#failure === undefined
  }

  /** What is to be compacted now, on a thread that is not this one's; `endCleaning` or `abandonCleaning` must follow before the next one. */
  beginCleaning(highWatermark: number, nowMs: number): CleanJob | undefined {
    // of a producer's batch that is staged nobody knows whether it will be the last one
    if (!this.mayBeCleaned || this.#end.isStaged) return undefined
    const {producers} = this.#end
    const limit = Math.min(highWatermark, this.#sync.firstRolled, producers.firstUnstableOffset)
    return this.#cleaning.begin(this.#config, {limit, nowMs, producers: () => producers.lastBatches()})
  }

  /** Puts what became of a job in the place of what was; false where the log has changed below it, so that it is thrown away. */
  endCleaning(job: CleanJob, result: CleanResult): boolean {
    if (this.#failure !== undefined) {
      this.abandonCleaning(job)
      return false
    }
    return this.#cleaning.end(job, result, error =>
      this.#fail('putting compacted segments in their place failed', error),
    )
  }

  /** Nothing came of a job. */
  abandonCleaning(job: CleanJob): void {
    this.#cleaning.abandon(job)
  }

  /** Moves the log start; records below it are not readable any more. */
  moveLogStart(offset: number): void {
    assert(
      offset >= this.#logStartOffset && offset <= this.logEndOffset,
      'the log start moves forward and within the log',
    )
    this.#logStartOffset = offset
  }

  /** Removes the oldest `count` segments, oldest first. What cannot be removed stays a part of the log, below its start. */
  dropSegments(count: number): void {
    if (count > 0) this.#cleaning.void()
    this.#segments.drop(count)
    this.epochs.cutBelow(this.firstBaseOffset)
  }

  /**
   * Cuts the log so that it ends at or before `offset`, at a batch's start, and with it what it knows of epochs and producers. What is
   * cut may not be acknowledged as synced any more. An offset below the log start is refused.
   */
  truncateTo(offset: number): void {
    assert(!this.#end.isStaged, 'what is taken is written before the log is cut')
    assert(!this.#sync.isSyncing, 'the files of a sync under way stay as they are')
    if (this.#failure !== undefined) throw this.#failure
    if (offset < this.#logStartOffset) {
      throw new OdradekError(
        'OFFSET_OUT_OF_RANGE',
        `cannot cut at ${offset}, the log is [${this.#logStartOffset}, ${this.logEndOffset})`,
      )
    }
    try {
      if (offset < this.logEndOffset) this.#cut(offset)
      // also where nothing is cut: an epoch may begin at the end and have no batch
      this.epochs.cutFrom(this.logEndOffset)
    } catch (error) {
      throw this.#fail('cutting the log failed', error)
    }
  }

  /**
   * Drops everything and starts anew at `offset`, empty: for a follower that fell behind the leader's log start. That is to be where
   * the batch begins that holds the leader's log start; the follower's own moves on once it has that batch.
   */
  restartAt(offset: number): void {
    assert(!this.#end.isStaged, 'what is taken is written before the log is dropped')
    assert(!this.#sync.isSyncing, 'the files of a sync under way stay as they are')
    if (this.#failure !== undefined) throw this.#failure
    try {
      this.#restart(offset)
    } catch (error) {
      throw this.#fail('starting the log anew failed', error)
    }
  }

  /** Writes what is pending, syncs, leaves a producer snapshot, closes the files. */
  close(): void {
    try {
      if (this.#failure !== undefined) throw this.#failure
      this.commit()
      this.#active.finishIndexes()
      // the log's file, too: a stray tail may have been cut since it was synced
      for (const file of this.#active.files()) file.sync()
      this.sync()
      replaceFile(
        this.#world.storage,
        segmentFile(this.#world.dir, this.logEndOffset, SUFFIX.snapshot),
        this.#end.producers.snapshot(),
      )
      this.#sync.syncRecord()
    } catch (error) {
      throw storageError(error, 'closing the log')
    } finally {
      this.abandon()
    }
  }

  /** Closes the files and writes nothing. */
  abandon(): void {
    this.#active.close()
    this.#sync.close()
  }

  get #active(): ActiveSegment {
    return this.#segments.active
  }

  #measure(batch: Uint8Array, view: DataView, nowMs: number): BatchSummary {
    const problem = headerProblem(view, 0, batch.length)
    if (problem !== undefined || batchSize(view, 0) !== batch.length)
      throw new OdradekError('INVALID_RECORD', problem ?? 'the batch has bytes left over')
    const limit = Math.min(this.#config.maxMessageBytes, this.#config.segmentBytes)
    if (batch.length > limit)
      throw new OdradekError('MESSAGE_TOO_LARGE', `a batch of ${batch.length} bytes; the log takes ${limit}`)
    const last = this.stagedEnd + view.getInt32(BATCH.lastOffsetDelta)
    assert(Number.isSafeInteger(last), 'offsets stay exact')
    const timestamp = this.#config.messageTimestampType === 'LogAppendTime' ? nowMs : maxTimestamp(view, 0)
    if (isCompacted(this.#config)) requireKeys(batch, view, this.#world.decompress)
    if (Number.isNaN(timestamp)) throw new OdradekError('INVALID_TIMESTAMP', 'a timestamp is beyond 2^53')
    return {lastOffset: last, maxTimestamp: timestamp, bytes: batch.length}
  }

  /** Makes room for a batch and stages its bytes. `view` is on `batch` where the bytes are to be stamped. */
  #take(batch: Uint8Array, view: DataView, taken: BatchSummary): void {
    if (this.#active.mustRoll(taken, this.#config)) this.roll()
    assert(taken.lastOffset - this.#active.baseOffset <= INT32_MAX, 'a segment spans offsets that its indexes can name')
    if (!this.#end.hasRoom(batch.length)) this.#openStretch(batch.length)
    this.#end.take(batch, view)
  }

  /** A batch of `epoch` is about to be taken at `base` as the leader stored it. */
  #followEpoch(epoch: number, base: number): void {
    const {epochs} = this
    if (epoch === epochs.latest) return
    // what is taken is of an earlier epoch: this one begins at the log end
    this.commit()
    // reigns that were recorded here and have no batch; the leader knows better
    if (epoch < epochs.latest) epochs.cutFrom(this.logEndOffset)
    if (epoch < epochs.latest)
      throw new OdradekError('CORRUPT_MESSAGE', `leader epoch ${epoch} at ${base} comes after ${epochs.latest}`)
    epochs.assign(epoch, this.logEndOffset)
  }

  #openStretch(length: number): void {
    this.commit()
    this.#end.openStretch(length)
  }

  /** Whether the active segment could be ended, so that it may go. On a full disk the others go first, which makes room. */
  #rollForRetention(): boolean {
    if (this.#end.isStaged) return false
    try {
      this.roll()
      return true
    } catch {
      return false
    }
  }

  #cut(offset: number): void {
    const {storage, dir, crc32c} = this.#world
    const wasSynced = offset < this.#sync.syncedEnd
    const bases = this.segments.map(segment => segment.baseOffset)
    // recorded before anything is cut, and nowhere within the batch that holds `offset`
    this.#cleaning.cut(offset)
    if (wasSynced) this.#sync.lower(bases.findLast(base => base <= offset)!)
    this.#end.run.clear()
    const end = this.#segments.cutTo(offset, base => this.#sync.takeRolled(base), {
      indexIntervalBytes: this.#config.indexIntervalBytes,
      crc32c,
    })
    cutProducerSnapshots(storage, dir, end)
    // what was cut must not come back after a power loss and meet what is written in its place, nor must its index entries
    for (const file of this.#active.files()) file.sync()
    syncDirectory(storage, dir)
    this.#end.moveTo(end)
    this.#logStartOffset = Math.min(this.#logStartOffset, end)
    if (wasSynced) this.#sync.lower(end)
    if (!this.#end.producers.isEmpty)
      this.#end.replaceProducers(
        recoverProducers(storage, dir, {
          bases: this.segments.map(segment => segment.baseOffset),
          logEndOffset: end,
          scans: [],
        }),
      )
  }

  #restart(offset: number): void {
    const {storage, dir} = this.#world
    // until the new segment is there, what is left of the log is promised to nobody
    this.#sync.lower(0)
    this.#cleaning.cut(0)
    this.#end.run.clear()
    this.#segments.restart(offset, () => this.#sync.takeRolled())
    cutProducerSnapshots(storage, dir, -1)
    syncDirectory(storage, dir)
    this.epochs.cutFrom(0)
    this.#end.replaceProducers(new ProducerStates())
    this.#logStartOffset = offset
    this.#end.moveTo(offset)
    this.#sync.lower(offset)
  }

  #fail(what: string, error: unknown): OdradekError {
    this.#sync.markFailed()
    this.#failure = new OdradekError(
      'KAFKA_STORAGE_ERROR',
      `${what}, so the log takes no more records; check the disk and open the log again (${String(error)})`,
      {cause: error},
    )
    this.#end.fail(this.#failure)
    return this.#failure
  }
}

/** Without a key nothing tells which record comes after which. */
function requireKeys(batch: Uint8Array, view: DataView, decompress: Decompress | undefined): void {
  const problem = keyProblem(batch, view, decompress)
  if (problem !== undefined) throw new OdradekError('INVALID_RECORD', problem)
}

function isOutOfFiles(error: unknown): boolean {
  const {code} = ((error as OdradekError).cause ?? {}) as {code?: string}
  return code === 'EMFILE' || code === 'ENFILE'
}

import {assert} from '../assert.ts'
import type {Crc32c} from '../bytes/crc32c.ts'
import {OdradekError, storageError} from '../errors.ts'
import {SYNC_FILES_MAX} from '../limits.ts'
import type {ArenaWriter} from '../memory/arena.ts'
import {headerProblem, sealBatch} from '../record/batch-check.ts'
import {BATCH, batchSize, lastOffset, maxTimestamp, stampAppendTime, stampBatch} from '../record/record-batch.ts'
import {replaceFile, writeFully} from './files.ts'
import type {LogConfig} from './log-config.ts'
import {emptyProducerSnapshot} from './producer-snapshot.ts'
import {expiredSegments, type SegmentSummary} from './retention.ts'
import {scanSegment} from './scan-segment.ts'
import {ActiveSegment} from './segment.ts'
import {SUFFIX, segmentFile} from './segment-files.ts'
import type {Storage, StorageFile} from './storage.ts'
import {SyncedEnd} from './synced-end.ts'

/** What a log stands on: its partition's directory, the disk, the shared memory its newest bytes show in, the checksum. */
export interface LogWorld {
  readonly storage: Storage
  readonly dir: string
  readonly arena: ArenaWriter
  readonly crc32c: Crc32c
}

/** A log as found on disk: what `loadLog` hands over. */
export interface LogState {
  readonly closed: readonly SegmentSummary[]
  readonly active: ActiveSegment
  readonly logStartOffset: number
  readonly logEndOffset: number
  readonly syncedEnd: number
  readonly leaderEpoch: number
}

/** Files to sync so that everything below `end` lasts. */
export interface SyncJob {
  readonly end: number
  readonly files: readonly StorageFile[]
  readonly rolled: readonly ActiveSegment[]
  readonly directory: StorageFile | undefined
}

/** Rolled segments one sync covers, each with three files, beside the active one and the directory. */
const ROLLED_A_SYNC = Math.floor((SYNC_FILES_MAX - 2) / 3)

/**
 * One partition's log: segments on disk and the newest stretch of the last one in shared memory. Appends are staged in the
 * arena and go to the file in runs: `append` takes a batch, `commit` writes what was taken and makes it readable. Single
 * threaded and synchronous; it publishes nothing but the arena's windows, the ends are its owner's to tell.
 */
export class Log {
  readonly config: LogConfig
  readonly #world: LogWorld
  readonly #closed: SegmentSummary[]
  readonly #syncedEndFile: SyncedEnd
  readonly #leaderEpoch: number
  #active: ActiveSegment
  #logStartOffset: number
  #logEndOffset: number
  #stagedEnd: number
  #syncedEnd: number
  /** Rolled segments whose files are not known to be on stable storage; they stay open until then. */
  #unsynced: ActiveSegment[] = []
  #namesChanged = true
  #mark: ReturnType<ActiveSegment['mark']> | undefined
  #failure: OdradekError | undefined

  constructor(world: LogWorld, config: LogConfig, state: LogState) {
    this.config = config
    this.#world = world
    this.#closed = [...state.closed]
    this.#active = state.active
    this.#logStartOffset = state.logStartOffset
    this.#logEndOffset = state.logEndOffset
    this.#stagedEnd = state.logEndOffset
    this.#syncedEnd = state.syncedEnd
    this.#leaderEpoch = state.leaderEpoch
    this.#syncedEndFile = new SyncedEnd(world.storage, world.dir)
  }

  get logStartOffset(): number {
    return this.#logStartOffset
  }

  /** Next offset to be written; everything below is in the file. */
  get logEndOffset(): number {
    return this.#logEndOffset
  }

  /** Everything below is on stable storage. */
  get syncedEnd(): number {
    return this.#syncedEnd
  }

  get leaderEpoch(): number {
    return this.#leaderEpoch
  }

  get segments(): readonly SegmentSummary[] {
    return [...this.#closed, this.#summary(this.#active)]
  }

  get segmentCount(): number {
    return this.#closed.length + 1
  }

  get firstBaseOffset(): number {
    return this.#closed[0]?.baseOffset ?? this.#active.baseOffset
  }

  get bytes(): number {
    return this.#closed.reduce((sum, segment) => sum + segment.size, this.#active.size)
  }

  /** Set once a sync failed: nothing more is taken, reads go on. */
  get failure(): OdradekError | undefined {
    return this.#failure
  }

  /** Takes a batch and returns the base offset it got. It is neither on disk nor readable before `commit`. */
  append(batch: Uint8Array, nowMs: number): number {
    if (this.#failure !== undefined) throw this.#failure
    const taken = this.#measure(batch, nowMs)
    if (this.#active.mustRoll(taken, this.config)) this.roll()
    const {arena} = this.#world
    if (!arena.hasRoom(batch.length)) this.#openWindow()
    this.#mark ??= this.#active.mark()
    const base = this.#stagedEnd
    const position = this.#active.size
    const at = arena.fill(batch)
    stampBatch(arena.view, at, {baseOffset: base, leaderEpoch: this.#leaderEpoch})
    if (this.config.messageTimestampType === 'LogAppendTime') stampAppendTime(arena.view, at, nowMs)
    sealBatch(arena.bytes, arena.view, at, this.#world.crc32c)
    const indexed = this.#active.account(taken, this.config.indexIntervalBytes)
    if (indexed) arena.addIndexEntry(taken.lastOffset - this.#active.baseOffset, position)
    this.#stagedEnd = taken.lastOffset + 1
    return base
  }

  /** Writes everything taken since the last commit and makes it readable. When that fails, all of it is forgotten. */
  commit(): void {
    const {arena} = this.#world
    if (this.#mark === undefined) return
    const length = arena.filled - arena.published
    try {
      writeFully(this.#active.file, arena.bytes, arena.published, length, this.#mark.size)
    } catch (error) {
      this.#discard(this.#mark)
      throw storageError(error, `writing ${length} bytes to the segment at ${this.#active.baseOffset}`)
    }
    arena.publish()
    this.#mark = undefined
    this.#logEndOffset = this.#stagedEnd
  }

  /** Ends the active segment and starts the next one at the log end. */
  roll(): void {
    this.commit()
    const {storage, dir} = this.#world
    const base = this.#logEndOffset
    let next: ActiveSegment
    try {
      this.#active.finishIndexes()
      replaceFile(storage, segmentFile(dir, base, SUFFIX.snapshot), emptyProducerSnapshot())
      next = new ActiveSegment(storage, dir, base)
    } catch (error) {
      throw storageError(error, `rolling to a segment at ${base}`)
    }
    this.#closed.push(this.#summary(this.#active))
    this.#unsynced.push(this.#active)
    this.#active = next
    this.#namesChanged = true
    this.#openWindow()
  }

  /** Whether there is anything a sync would make last. */
  get needsSync(): boolean {
    return this.#failure === undefined && (this.#syncedEnd < this.#logEndOffset || this.#unsynced.length > 0)
  }

  /** Whether a rolled segment waits to be synced: it then is without anybody asking, as in Kafka. */
  get hasRolled(): boolean {
    return this.#unsynced.length > 0
  }

  /** Next offset to be taken: what lies between it and `logEndOffset` is staged. */
  get stagedEnd(): number {
    return this.#stagedEnd
  }

  /** What to sync now, or only the segments that are rolled; `endSync` or `failSync` must follow before the next one. */
  beginSync(options: {rolledOnly: boolean} = {rolledOnly: false}): SyncJob {
    const rolled = this.#unsynced.slice(0, ROLLED_A_SYNC)
    if (options.rolledOnly && rolled.length === this.#unsynced.length) {
      return {
        end: this.#active.baseOffset,
        files: rolled.flatMap(segment => segment.files()),
        rolled,
        directory: undefined,
      }
    }
    if (rolled.length < this.#unsynced.length) {
      return {
        end: this.#unsynced[rolled.length]!.baseOffset,
        files: rolled.flatMap(segment => segment.files()),
        rolled,
        directory: undefined,
      }
    }
    const directory = this.#namesChanged ? this.#world.storage.openDirectory(this.#world.dir) : undefined
    this.#namesChanged = false
    const files = [...rolled.flatMap(segment => segment.files()), this.#active.file]
    if (directory !== undefined) files.push(directory)
    return {end: this.#logEndOffset, files, rolled, directory}
  }

  endSync(job: SyncJob): void {
    job.directory?.close()
    for (const segment of job.rolled) segment.close()
    this.#unsynced = this.#unsynced.filter(segment => !job.rolled.includes(segment))
    if (job.end <= this.#syncedEnd) return
    this.#syncedEnd = job.end
    this.#syncedEndFile.record(job.end)
  }

  /** A sync failed. What the file holds is unknown from here on (the kernel may have dropped the pages), so nothing more is written to it. */
  failSync(job: SyncJob, error: unknown): OdradekError {
    job.directory?.close()
    this.#failure = new OdradekError(
      'KAFKA_STORAGE_ERROR',
      `a sync failed, so the log takes no more records; check the disk and open the log again (${String(error)})`,
      {cause: error},
    )
    return this.#failure
  }

  /** Syncs on this thread. */
  sync(): void {
    if (!this.needsSync) return
    const job = this.beginSync()
    try {
      for (const file of job.files) file.sync()
    } catch (error) {
      throw this.failSync(job, error)
    }
    this.endSync(job)
  }

  /**
   * What retention would remove now: the new log start, and the number of segments. Publish the start first, then call
   * `dropSegments`. A segment that is still to be synced stays until the next time.
   */
  expired(highWatermark: number, nowMs: number): {logStartOffset: number; count: number} {
    const segments = this.segments
    let count = expiredSegments(
      {segments, logStartOffset: this.#logStartOffset, logEndOffset: this.#logEndOffset, highWatermark, nowMs},
      this.config,
    )
    if (count === segments.length) {
      this.roll()
      count = segments.length
    }
    const syncing = this.#unsynced[0]?.baseOffset ?? Number.POSITIVE_INFINITY
    while (count > 0 && segments[count - 1]!.baseOffset >= syncing) count--
    const start = count === 0 ? this.#logStartOffset : Math.max(this.#logStartOffset, this.segments[count]!.baseOffset)
    return {logStartOffset: start, count}
  }

  /** Moves the log start; records below it are not readable any more. */
  moveLogStart(offset: number): void {
    assert(
      offset >= this.#logStartOffset && offset <= this.#logEndOffset,
      'the log start moves forward and within the log',
    )
    this.#logStartOffset = offset
  }

  /** Removes the oldest `count` segments, oldest first. */
  dropSegments(count: number): void {
    for (const segment of this.#closed.splice(0, count)) this.#removeFiles(segment.baseOffset)
  }

  /** Cuts the log so that it ends at or before `offset`, at a batch's start. What is cut may not be acknowledged as synced any more. */
  truncateTo(offset: number): void {
    assert(this.#mark === undefined, 'what is taken is written before the log is cut')
    if (offset >= this.#logEndOffset) return
    const {storage, dir, arena, crc32c} = this.#world
    if (offset < this.#syncedEnd) {
      this.#syncedEnd = offset
      this.#syncedEndFile.record(offset)
      this.#syncedEndFile.sync()
    }
    arena.clear()
    while (this.#active.baseOffset > offset && this.#closed.length > 0) {
      this.#active.close()
      this.#removeFiles(this.#active.baseOffset)
      const before = this.#closed.pop()!
      this.#active = this.#unsynced.pop() ?? new ActiveSegment(storage, dir, before.baseOffset)
      assert(this.#active.baseOffset === before.baseOffset, 'the segment before the active one becomes active')
    }
    const {baseOffset, file} = this.#active
    const cut = findBatchStart(file, baseOffset, offset)
    file.truncate(cut.position)
    const scan = scanSegment(file, {baseOffset, indexIntervalBytes: this.config.indexIntervalBytes, crc32c})
    this.#active.offsetIndex.cut(this.#active.offsetIndex.entriesBelow(cut.position))
    this.#active.timeIndex.cut(this.#active.timeIndex.entriesBelow(cut.offset - baseOffset))
    this.#active.size = cut.position
    this.#active.largestTimestamp = this.#active.timeIndex.lastTimestamp
    this.#active.resume(scan)
    this.#logEndOffset = cut.offset
    this.#stagedEnd = cut.offset
    this.#logStartOffset = Math.min(this.#logStartOffset, cut.offset)
    this.#syncedEnd = Math.min(this.#syncedEnd, cut.offset)
  }

  /** Writes what is pending, syncs, leaves a producer snapshot, closes the files. */
  close(): void {
    try {
      this.commit()
      this.#active.finishIndexes()
      for (const file of [this.#active.offsetIndex.file, this.#active.timeIndex.file]) file.sync()
      this.sync()
      replaceFile(
        this.#world.storage,
        segmentFile(this.#world.dir, this.#logEndOffset, SUFFIX.snapshot),
        emptyProducerSnapshot(),
      )
      this.#syncedEndFile.sync()
    } catch (error) {
      throw storageError(error, 'closing the log')
    } finally {
      this.abandon()
    }
  }

  /** Closes the files and writes nothing. */
  abandon(): void {
    this.#active.close()
    for (const segment of this.#unsynced) segment.close()
    this.#syncedEndFile.close()
  }

  #measure(batch: Uint8Array, nowMs: number): {lastOffset: number; maxTimestamp: number; bytes: number} {
    const view = new DataView(batch.buffer, batch.byteOffset, batch.length)
    const problem = headerProblem(view, 0, batch.length)
    if (problem !== undefined || batchSize(view, 0) !== batch.length)
      throw new OdradekError('INVALID_RECORD', problem ?? 'the batch has bytes left over')
    const limit = Math.min(this.config.maxMessageBytes, this.config.segmentBytes)
    if (batch.length > limit)
      throw new OdradekError('MESSAGE_TOO_LARGE', `a batch of ${batch.length} bytes; the log takes ${limit}`)
    const last = this.#stagedEnd + view.getInt32(BATCH.lastOffsetDelta)
    assert(Number.isSafeInteger(last), 'offsets stay exact')
    return {
      lastOffset: last,
      maxTimestamp: this.config.messageTimestampType === 'LogAppendTime' ? nowMs : maxTimestamp(view, 0),
      bytes: batch.length,
    }
  }

  #openWindow(): void {
    this.commit()
    this.#active.storeIndexes()
    this.#world.arena.open({
      segmentBase: this.#active.baseOffset,
      position: this.#active.size,
      firstOffset: this.#logEndOffset,
    })
  }

  #discard(mark: ReturnType<ActiveSegment['mark']>): void {
    this.#world.arena.discard()
    this.#active.restore(mark)
    this.#mark = undefined
    this.#stagedEnd = this.#logEndOffset
    try {
      // part of the run may be in the file; the next write goes over it, but a crash before that would find it
      this.#active.file.truncate(mark.size)
    } catch {
      // recovery cuts it: it lies behind the synced end and ends in a batch that is not whole
    }
  }

  #summary(segment: ActiveSegment): SegmentSummary {
    return {baseOffset: segment.baseOffset, size: segment.size, largestTimestamp: segment.largestTimestamp}
  }

  #removeFiles(baseOffset: number): void {
    const {storage, dir} = this.#world
    for (const suffix of Object.values(SUFFIX)) {
      const path = segmentFile(dir, baseOffset, suffix)
      if (storage.stat(path) !== undefined) storage.remove(path)
    }
  }
}

/** Where the batch that holds `offset` starts in a segment, or the segment's end. */
function findBatchStart(file: StorageFile, baseOffset: number, offset: number): {position: number; offset: number} {
  const header = new Uint8Array(BATCH.records)
  const view = new DataView(header.buffer)
  let position = 0
  let next = baseOffset
  while (file.read(header, 0, header.length, position) === header.length) {
    const last = lastOffset(view, 0)
    if (last >= offset) break
    next = last + 1
    position += batchSize(view, 0)
  }
  return {position, offset: next}
}

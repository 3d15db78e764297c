import {assert} from '../assert.ts'
import type {Crc32c} from '../bytes/crc32c.ts'
import {OdradekError} from '../errors.ts'
import {METADATA_BATCH_BYTES_MAX} from '../limits.ts'
import {syncDirectory} from '../log/files.ts'
import {type LoadRequest, loadLog, planLoad, scanHere} from '../log/load-log.ts'
import type {Log} from '../log/log.ts'
import {LOG_CONFIG_DEFAULTS, type LogConfig} from '../log/log-config.ts'
import {LogReader} from '../log/log-reader.ts'
import {offsetOfFile, SUFFIX} from '../log/segment-files.ts'
import type {Storage} from '../log/storage.ts'
import {ArenaWriter, allocateArena} from '../memory/arena.ts'
import {BATCH, baseOffset, batchSize, lastOffset} from '../record/record-batch.ts'
import type {MetadataSnapshot} from './consensus.ts'
import {metadataLogDir} from './coordinator-dirs.ts'
import type {MetadataChange} from './metadata.ts'
import {decodeJson, encodeJson, isSame, type MetadataBatch, NOTHING, type Position} from './metadata-batch.ts'
import {type Checkpoint, readCheckpoint, writeCheckpoint} from './metadata-checkpoint.ts'
import {QuorumState} from './quorum-state.ts'

/** What a metadata log stands on. */
export interface MetadataWorld {
  readonly storage: Storage
  /** The coordinator's dir. */
  readonly dir: string
  readonly crc32c: Crc32c
  /** Of `allocateMetadataArena`. Nobody reads it; a coordinator that starts again takes the same one. */
  readonly arena: SharedArrayBuffer
  /** Whether what is appended is on stable storage before it counts, or only in the file. */
  readonly durability: 'synced' | 'written'
  /** Time of day, for timestamps. */
  readonly timeOfDayMs: () => number
}

const CONFIG: LogConfig = {...LOG_CONFIG_DEFAULTS, maxMessageBytes: METADATA_BATCH_BYTES_MAX}

export function allocateMetadataArena(): SharedArrayBuffer {
  return allocateArena({windows: 1, windowBytes: METADATA_BATCH_BYTES_MAX, indexEntries: 1})
}

/** What a record of the metadata log says. */
interface Entry {
  readonly epoch: number
  readonly change: MetadataChange | null
}

/**
 * One coordinator's metadata log: batches of changes on disk, in a log as any partition has it, and the same batches in memory; a snapshot
 * stands for what came before them. With it goes the coordinator's `quorum-state`.
 */
export class MetadataLog {
  /** What is to be remembered beside the log. */
  readonly quorum: QuorumState
  readonly #world: MetadataWorld
  readonly #dir: string
  #log: Log
  #checkpoint: Checkpoint | undefined
  #batches: MetadataBatch[] = []
  /** A log that was to start anew and did not. */
  #isBroken = false

  private constructor(world: MetadataWorld, log: Log, quorum: QuorumState, checkpoint: Checkpoint | undefined) {
    this.#world = world
    this.#dir = metadataLogDir(world.dir)
    this.#log = log
    this.quorum = quorum
    this.#checkpoint = checkpoint
  }

  /**
   * Opens what is there. A log that does not hold what it once acknowledged is set aside, and an empty one takes its place, whose quorum state
   * says so. With `force` what is left of it is kept up to the first damage, and counts as intact: what it had acknowledged beyond is lost.
   * With `empty` nothing of it is.
   */
  static open(world: MetadataWorld, {force = false, empty = false} = {}): MetadataLog {
    const {storage} = world
    const dir = metadataLogDir(world.dir)
    const known = QuorumState.read(storage, world.dir)
    const isWhole = !empty && (known === undefined || storage.stat(`${dir}/synced-end`) !== undefined)
    storage.makeDirectory(dir)
    syncDirectory(storage, world.dir)
    const opened = isWhole ? MetadataLog.#openWhole(world, dir, {known, force}) : undefined
    if (opened !== undefined) {
      if (force) opened.quorum.setIntact(true)
      return opened
    }
    // before anything is moved: whoever is cut off here has lost its log the next time, too
    const quorum = known ?? QuorumState.create(storage, world.dir, {epoch: 0, intact: false})
    quorum.setIntact(false)
    setAside(storage, dir)
    const log = new MetadataLog(world, load(world, dir, {logStartOffset: 0, onDamage: 'refuse'}), quorum, undefined)
    syncDirectory(storage, dir)
    if (force) quorum.setIntact(true)
    return log
  }

  /** Undefined where the log is damaged; with `force` only where nothing of it is of use. */
  static #openWhole(
    world: MetadataWorld,
    dir: string,
    {known, force}: {known: QuorumState | undefined; force: boolean},
  ): MetadataLog | undefined {
    const {storage} = world
    const checkpoint = readCheckpoint(storage, dir)
    if (checkpoint === 'damaged') return undefined
    const log = unlessDamaged(() => load(world, dir, {logStartOffset: 0, onDamage: force ? 'keep' : 'refuse'}))
    if (log === undefined) return undefined
    try {
      // what was found counts, so it is to be missed where it is lost again; the record of that may have been lost as well
      if (world.durability === 'synced') syncOnRecord(log)
      // the name of every file lasts before the quorum state tells that they are there
      syncDirectory(storage, dir)
      const isEmpty = log.logEndOffset === 0 && checkpoint === undefined
      const quorum = known ?? QuorumState.create(storage, world.dir, {epoch: 0, intact: isEmpty})
      const opened = new MetadataLog(world, log, quorum, checkpoint)
      // not every segment was read to load the log
      if (unlessDamaged(() => opened.#readBatches()) === undefined) {
        if (!force) {
          log.abandon()
          return undefined
        }
        log.truncateTo(opened.#batches.at(-1)?.end ?? log.logStartOffset)
      }
      opened.#fitToSnapshot()
      return opened
    } catch (error) {
      log.abandon()
      throw error
    }
  }

  /** Where the batches begin: the snapshot's position. */
  get start(): Position {
    return this.#checkpoint?.position ?? NOTHING
  }

  get last(): Position {
    return this.#batches.at(-1) ?? this.start
  }

  get snapshot(): MetadataSnapshot | undefined {
    return this.#checkpoint?.snapshot
  }

  /** Behind the last batch that counts as stored. */
  get storedEnd(): number {
    return this.#world.durability === 'written' ? this.#log.logEndOffset : this.#log.syncedEnd
  }

  /** Once a sync failed, or a cut: nothing more is taken until it is opened again. */
  get hasFailed(): boolean {
    return this.#isBroken || this.#log.failure !== undefined
  }

  /** Whether a batch ends there, in that epoch: all before it is the same, then, in every log of which this is true. */
  has(position: Position): boolean {
    return isSame(position, this.#batches[this.#indexOf(position.end)] ?? this.start) || isSame(position, this.start)
  }

  /** The greatest position that is at most `end` and of no later epoch than `epoch`; the start where there is none. */
  floor({epoch, end}: Position): Position {
    let index = this.#indexOf(end)
    if (index >= this.#batches.length || this.#batches[index]!.end > end) index--
    while (index >= 0 && this.#batches[index]!.epoch > epoch) index--
    return this.#batches[index] ?? this.start
  }

  /** Batches behind `position`, which the log has, up to so many changes, or one. */
  batchesBehind({end}: Position, changesMax: number): MetadataBatch[] {
    const first = this.#indexOf(end + 1)
    let last = first
    let changes = 0
    for (; last < this.#batches.length; last++) {
      changes += this.#batches[last]!.changes.length
      if (last > first && changes > changesMax) break
    }
    return this.#batches.slice(first, last)
  }

  /** Appends a batch behind the last one; it is stored after `sync`. When that fails, it is not there. */
  append(batch: MetadataBatch): void {
    const nowMs = this.#world.timeOfDayMs()
    assert(batch.base === this.last.end, 'batches follow each other')
    const entries = batch.changes.map((change): Entry => ({epoch: batch.epoch, change}))
    const base = this.#log.append(encodeJson(entries, nowMs), nowMs)
    assert(base === batch.base, 'a batch has the same offset in every log')
    this.#log.commit()
    this.#batches.push(batch)
  }

  sync(): void {
    if (this.#world.durability === 'synced') syncOnRecord(this.#log)
  }

  /** Cuts what is behind `position`, which the log has. */
  truncateTo(position: Position): void {
    assert(this.has(position), 'a metadata log is cut between batches')
    if (isSame(position, this.last)) return
    this.#log.truncateTo(position.end)
    assert(this.#log.logEndOffset === position.end, 'a cut takes no batch apart')
    this.#batches.length = this.#indexOf(position.end + 1)
  }

  /** Puts a snapshot of all that was committed up to `position` in the place of the log up to there. What is behind it stays where it follows. */
  putSnapshot(checkpoint: Checkpoint): void {
    const {position} = checkpoint
    const {storage, timeOfDayMs} = this.#world
    if (position.end <= this.start.end) return
    writeCheckpoint(storage, this.#dir, checkpoint, timeOfDayMs())
    const goesOn = this.has(position)
    this.#checkpoint = checkpoint
    if (goesOn) this.#dropBelow(position)
    else this.#startAnew(position)
  }

  close(): void {
    if (this.hasFailed) this.#log.abandon()
    else this.#log.close()
  }

  /** Reads the batches from the files. */
  #readBatches(): MetadataBatch[] {
    const log = this.#log
    const {storage, crc32c} = this.#world
    const logStartOffset = () => log.firstBaseOffset
    const reader = new LogReader({storage, dir: this.#dir, arena: undefined, crc32c, logStartOffset})
    try {
      let offset = log.firstBaseOffset
      while (reader.read(offset, log.logEndOffset)) {
        for (let at = reader.start; at < reader.end; at += batchSize(reader.view, at)) {
          const entries = decodeJson(reader.bytes, at) as Entry[]
          if (baseOffset(reader.view, at) !== (this.#batches.at(-1)?.end ?? log.firstBaseOffset))
            throw new OdradekError('LOG_DAMAGED', `${this.#dir}: offsets are missing`)
          // no CRC covers it, and recovery looks at it only in what it reads: a log that counts today would be a lost one some later day
          if (reader.view.getInt32(at + BATCH.leaderEpoch) !== log.leaderEpoch)
            throw new OdradekError('LOG_DAMAGED', `${this.#dir}: a batch of a leader epoch that never was`)
          this.#batches.push({
            epoch: entries[0]!.epoch,
            base: baseOffset(reader.view, at),
            end: lastOffset(reader.view, at) + 1,
            changes: entries.map(({change}) => change),
          })
        }
        offset = reader.nextOffset
      }
      return this.#batches
    } finally {
      reader.close()
    }
  }

  /**
   * Brings the log to where the snapshot ends: what is below goes; a log that does not reach it, or goes on from another past, is older than
   * the snapshot, which came from another coordinator.
   */
  #fitToSnapshot(): void {
    if (this.#checkpoint === undefined) return
    const {position} = this.#checkpoint
    if (this.#log.firstBaseOffset === position.end) return
    if (this.#batches.some(batch => isSame(batch, position))) this.#dropBelow(position)
    else this.#startAnew(position)
  }

  #startAnew(position: Position): void {
    this.#isBroken = true
    this.#log = startAnew(this.#world, this.#dir, this.#log, position)
    this.#batches = []
    this.#isBroken = false
  }

  #dropBelow({end}: Position): void {
    this.#batches.splice(0, this.#indexOf(end + 1))
    const log = this.#log
    log.moveLogStart(end)
    log.roll()
    log.sync()
    const {segments} = log
    log.dropSegments(segments.filter((_, i) => i + 1 < segments.length && segments[i + 1]!.baseOffset <= end).length)
  }

  /** Index of the first batch that ends at `end` or behind it. */
  #indexOf(end: number): number {
    let low = 0
    let high = this.#batches.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#batches[middle]!.end < end) low = middle + 1
      else high = middle
    }
    return low
  }
}

/**
 * Stores what was appended, and tells the record. What is not on record would, damaged, be cut as a torn tail, and this log be taken for one
 * that holds all that it acknowledged.
 */
function syncOnRecord(log: Log): void {
  log.sync()
  log.recordSync()
}

function unlessDamaged<T>(run: () => T): T | undefined {
  try {
    return run()
  } catch (error) {
    if (error instanceof OdradekError && (error.code === 'LOG_DAMAGED' || error.code === 'CORRUPT_MESSAGE'))
      return undefined
    throw error
  }
}

function load(
  {storage, crc32c, arena}: MetadataWorld,
  dir: string,
  options: Pick<LoadRequest, 'logStartOffset' | 'onDamage'>,
): Log {
  const request = {clean: false, recoveryPoint: 0, ...options}
  const plan = planLoad(storage, dir, request)
  const scans = scanHere(storage, plan, {indexIntervalBytes: CONFIG.indexIntervalBytes, crc32c})
  return loadLog({storage, dir, crc32c, arena: new ArenaWriter(arena)}, CONFIG, request, plan, scans).log
}

/** An empty log that starts at `position`. The record of what was synced is lowered before any file goes. */
function startAnew(world: MetadataWorld, dir: string, log: Log, {end}: Position): Log {
  const {storage} = world
  log.truncateTo(log.logStartOffset)
  log.abandon()
  for (const {name} of storage.list(dir)!) {
    if (Object.values(SUFFIX).some(suffix => offsetOfFile(name, suffix) !== undefined)) storage.remove(`${dir}/${name}`)
  }
  const fresh = load(world, dir, {logStartOffset: end, onDamage: 'refuse'})
  syncDirectory(storage, dir)
  return fresh
}

/** Gives every file another name, under which nothing looks for it but a person. */
function setAside(storage: Storage, dir: string): void {
  for (const {name, directory} of storage.list(dir)!) {
    if (!directory && !name.endsWith('.damaged')) storage.rename(`${dir}/${name}`, `${dir}/${name}.damaged`)
  }
}

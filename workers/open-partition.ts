import {OdradekError, storageError} from '../engine/errors.ts'
import {DataDir} from '../engine/log/data-dir.ts'
import {syncDirectory} from '../engine/log/files.ts'
import {loadLog, planLoad} from '../engine/log/load-log.ts'
import {isCompacted} from '../engine/log/log-config.ts'
import {CHECKPOINT, checkpointKey} from '../engine/log/offset-checkpoint.ts'
import {ensureTopicId} from '../engine/log/partition-metadata.ts'
import {partitionDirectory} from '../engine/log/segment-files.ts'
import {finishSwap} from '../engine/log/swap-segments.ts'
import {ArenaWriter} from '../engine/memory/arena.ts'
import {Replica} from '../engine/replica/replica.ts'
import type {PartitionWorld} from './partition-world.ts'
import type {RecoveryReport, ReplicaData} from './replica-data.ts'

/** What there is to open. */
export type PartitionData = Pick<ReplicaData, 'dir' | 'topic' | 'config' | 'options' | 'onDamage' | 'arena'>

/** The one partition of a dir of its own: recovered and open, with the dir's checkpoints kept beside it. */
export class OpenPartition {
  readonly replica: Replica
  readonly recovered: RecoveryReport
  readonly #dataDir: DataDir
  /** The partition's directory. */
  readonly #dir: string
  readonly #key: string
  readonly #world: PartitionWorld
  readonly #identity: string | undefined

  private constructor(
    world: PartitionWorld,
    opened: {replica: Replica; recovered: RecoveryReport; dataDir: DataDir; dir: string; key: string},
  ) {
    this.replica = opened.replica
    this.recovered = opened.recovered
    this.#dataDir = opened.dataDir
    this.#dir = opened.dir
    this.#key = opened.key
    this.#world = world
    this.#identity = world.identityOf(opened.dir)
  }

  static async open(data: PartitionData, world: PartitionWorld): Promise<OpenPartition> {
    const {storage, randomBytes, crc32c, clock} = world
    const startedMs = clock.monotonicMs()
    const dataDir = DataDir.open(storage, data.dir, randomBytes)
    const key = checkpointKey(data.topic, 0)
    const dir = `${data.dir}/${partitionDirectory(data.topic, 0)}`
    dataDir.checkSpelling(partitionDirectory(data.topic, 0))
    const isNew = storage.stat(dir) === undefined
    storage.makeDirectory(dir)
    // also where it was there: the process that made it may have died before its name lasted
    syncDirectory(storage, data.dir)
    ensureTopicId(storage, dir, randomBytes)
    const request = {
      clean: dataDir.cleanShutdown,
      recoveryPoint: dataDir.checkpoint(CHECKPOINT.recoveryPoint).get(key) ?? 0,
      logStartOffset: dataDir.checkpoint(CHECKPOINT.logStart).get(key) ?? 0,
      cleanedEnd: dataDir.checkpoint(CHECKPOINT.cleaned).get(key) ?? 0,
      isCompacted: isCompacted(data.config),
      onDamage: data.onDamage,
    }
    finishSwap(storage, dir)
    const plan = planLoad(storage, dir, request)
    const scans = await world.scan(plan, data.config.indexIntervalBytes)
    const logWorld = {storage, dir, arena: new ArenaWriter(data.arena), crc32c}
    const {log, verdict} = loadLog(logWorld, data.config, request, plan, scans)
    dataDir.clearCleanShutdown()
    const recovered = {
      // nobody can have left a log that was not there
      clean: request.clean || (isNew && request.recoveryPoint === 0),
      scannedSegments: plan.scans.length,
      cutAt: verdict.cut?.offset,
      damage: verdict.damage.map(damage => damage.text),
      ms: clock.monotonicMs() - startedMs,
    }
    const replica = new Replica(log, data.options, clock.monotonicMs())
    return new OpenPartition(world, {replica, recovered, dataDir, dir, key})
  }

  /** Kafka keeps a line only where the log start is not simply the first segment's base. */
  checkpointLogStart(logStartOffset: number): void {
    const {storage} = this.#world
    const isLine = logStartOffset > this.replica.log.firstBaseOffset
    // the line goes after the segments: if they came back without it, so would records that were deleted
    if (!isLine && this.#dataDir.checkpoint(CHECKPOINT.logStart).has(this.#key)) syncDirectory(storage, this.#dir)
    this.#dataDir.setCheckpoint(CHECKPOINT.logStart, this.#key, isLine ? logStartOffset : undefined)
  }

  /** Everything below is compacted. */
  checkpointCleaned(cleanedEnd: number): void {
    this.#dataDir.setCheckpoint(CHECKPOINT.cleaned, this.#key, cleanedEnd)
  }

  /** Closes the log, then writes what speaks of it, and the clean-shutdown marker last. */
  close(): void {
    const {log} = this.replica
    const failure = log.failure ?? this.dirProblem()
    if (failure !== undefined) {
      log.abandon()
      throw failure
    }
    log.close()
    this.#dataDir.setCheckpoint(CHECKPOINT.recoveryPoint, this.#key, log.logEndOffset)
    this.#dataDir.setCheckpoint(CHECKPOINT.highWatermark, this.#key, log.logEndOffset)
    this.checkpointLogStart(log.logStartOffset)
    this.#dataDir.markCleanShutdown()
  }

  /**
   * Whether the files still have their names. A dir that was removed takes what is synced with it, and one that was put in
   * its place may be another log's. The partition's directory is looked at, which the log holds open: its inode goes to nobody else.
   */
  dirProblem(): OdradekError | undefined {
    const {path} = this.#dataDir
    try {
      if (this.#world.identityOf(this.#dir) === this.#identity) return undefined
    } catch (error) {
      return storageError(error, `looking for ${path}`)
    }
    return new OdradekError(
      'KAFKA_STORAGE_ERROR',
      `${path} was removed or replaced while the log was open; what was stored there is gone with it`,
    )
  }
}

import {randomBytes} from 'node:crypto'
import fs from 'node:fs'
import {OdradekError} from '../engine/errors.ts'
import {DataDir} from '../engine/log/data-dir.ts'
import {syncDirectory} from '../engine/log/files.ts'
import {type LoadPlan, loadLog, planLoad, scanHere} from '../engine/log/load-log.ts'
import {CHECKPOINT, checkpointKey} from '../engine/log/offset-checkpoint.ts'
import {ensureTopicId} from '../engine/log/partition-metadata.ts'
import type {SegmentScan} from '../engine/log/scan-segment.ts'
import {partitionDirectory} from '../engine/log/segment-files.ts'
import {ArenaWriter} from '../engine/memory/arena.ts'
import {Replica} from '../engine/replica/replica.ts'
import {loadCrc32c} from './checksum.ts'
import {systemClock} from './clock.ts'
import type {RecoveryReport, ReplicaData} from './replica-data.ts'
import {nodeStorage} from './storage.ts'

/** The one partition of a dir of its own: recovered and open, with the dir's checkpoints kept beside it. */
export class OpenPartition {
  readonly replica: Replica
  readonly recovered: RecoveryReport
  readonly #dataDir: DataDir
  readonly #key: string
  readonly #inode: bigint | undefined

  private constructor(replica: Replica, recovered: RecoveryReport, dataDir: DataDir, key: string) {
    this.replica = replica
    this.recovered = recovered
    this.#dataDir = dataDir
    this.#key = key
    this.#inode = inodeOf(dataDir.path)
  }

  static async open(data: ReplicaData): Promise<OpenPartition> {
    const startedMs = systemClock.monotonicMs()
    const crc32c = loadCrc32c()
    const dataDir = DataDir.open(nodeStorage, data.dir, randomBytes)
    const key = checkpointKey(data.topic, 0)
    const dir = `${data.dir}/${partitionDirectory(data.topic, 0)}`
    dataDir.checkSpelling(partitionDirectory(data.topic, 0))
    nodeStorage.makeDirectory(dir)
    // also where it was there: the process that made it may have died before its name lasted
    syncDirectory(nodeStorage, data.dir)
    ensureTopicId(nodeStorage, dir, randomBytes)
    const request = {
      clean: dataDir.cleanShutdown,
      recoveryPoint: dataDir.checkpoint(CHECKPOINT.recoveryPoint).get(key) ?? 0,
      logStartOffset: dataDir.checkpoint(CHECKPOINT.logStart).get(key) ?? 0,
      onDamage: data.onDamage,
    }
    const plan = planLoad(nodeStorage, dir, request)
    const scans = await scan(plan, data)
    const world = {storage: nodeStorage, dir, arena: new ArenaWriter(data.arena), crc32c}
    const {log, verdict} = loadLog(world, data.config, request, plan, scans)
    dataDir.clearCleanShutdown()
    const recovered = {
      clean: request.clean,
      scannedSegments: plan.scans.length,
      cutAt: verdict.cut?.offset,
      damage: verdict.damage.map(damage => damage.text),
      ms: systemClock.monotonicMs() - startedMs,
    }
    return new OpenPartition(new Replica(log, data.options, systemClock.monotonicMs()), recovered, dataDir, key)
  }

  /** Kafka keeps a line only where the log start is not simply the first segment's base. */
  checkpointLogStart(logStartOffset: number): void {
    const first = this.replica.log.firstBaseOffset
    this.#dataDir.setCheckpoint(CHECKPOINT.logStart, this.#key, logStartOffset > first ? logStartOffset : undefined)
  }

  /** Closes the log, then writes what speaks of it, and the clean-shutdown marker last. */
  close(): void {
    const {log} = this.replica
    const failure = log.failure ?? this.#dirProblem()
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

  /** A dir that was removed or replaced behind our back may be another log's by now: nothing is written there. */
  #dirProblem(): OdradekError | undefined {
    const {path} = this.#dataDir
    if (inodeOf(path) === this.#inode) return undefined
    return new OdradekError(
      'KAFKA_STORAGE_ERROR',
      `${path} was removed or replaced while the log was open; what was stored there is gone with it`,
    )
  }
}

function inodeOf(path: string): bigint | undefined {
  return fs.statSync(path, {bigint: true, throwIfNoEntry: false})?.ino
}

/** Reads the segments that recovery wants read: one here, several in the pool. */
async function scan(plan: LoadPlan, {config, entry}: ReplicaData): Promise<SegmentScan[]> {
  const {indexIntervalBytes} = config
  if (plan.scans.length <= 1) return scanHere(nodeStorage, plan, {indexIntervalBytes, crc32c: loadCrc32c()})
  const {openPool} = await import('./pool/pool.ts')
  const pool = openPool(entry)
  try {
    return await Promise.all(plan.scans.map(segment => pool.scanSegment({...segment, indexIntervalBytes})))
  } finally {
    await pool.close()
  }
}

import {AssertionFailed} from '../engine/assert.ts'
import type {ClusterMap} from '../engine/cluster/cluster-map.ts'
import {STATE} from '../engine/cluster/replica-line.ts'
import type {FoundTopic} from '../engine/coordinator/requests.ts'
import {OdradekError} from '../engine/errors.ts'
import {DataDir, type DirIdentity, type RandomBytes} from '../engine/log/data-dir.ts'
import {CHECKPOINT, checkpointKey, type OffsetCheckpoint, writeCheckpoint} from '../engine/log/offset-checkpoint.ts'
import {readTopicId} from '../engine/log/partition-metadata.ts'
import {partitionDirectory} from '../engine/log/segment-files.ts'
import type {Storage} from '../engine/log/storage.ts'
import type {HostOrder} from './host-orders.ts'
import {moveDirectory, removeDirectory, removePartition, strayPath} from './partition-files.ts'

/** A replica of this broker, by its place in the map. */
export interface OwnReplica {
  readonly topic: string
  readonly partition: number
  readonly row: number
  readonly slot: number
}

/** A broker's dir: who it belongs to, how it was left, and the checkpoints that speak of all its partitions. */
export class BrokerDir {
  readonly identity: DirIdentity
  /** Whether it was there before, with all that a broker leaves. */
  readonly wasThere: boolean
  readonly #storage: Storage
  readonly #dir: DataDir
  readonly #clean: boolean
  readonly #recoveryPoints: OffsetCheckpoint
  readonly #logStarts: OffsetCheckpoint
  readonly #highWatermarks: OffsetCheckpoint
  #hasForgotten = false

  constructor(storage: Storage, path: string, owner: {clusterId: string; nodeId: number; randomBytes: RandomBytes}) {
    this.#storage = storage
    storage.makeDirectory(path)
    this.wasThere = storage.stat(`${path}/meta.properties`) !== undefined
    this.#dir = DataDir.open(storage, path, owner.randomBytes, owner)
    this.identity = this.#dir.identity()
    const {clusterId, nodeId} = this.identity
    if (clusterId !== owner.clusterId || nodeId !== owner.nodeId)
      throw new OdradekError(
        'FOREIGN_DIR',
        `${path} is of broker ${nodeId} of cluster ${clusterId}, not of broker ${owner.nodeId} of ${owner.clusterId}`,
      )
    this.#clean = this.#dir.cleanShutdown
    this.#recoveryPoints = this.#dir.checkpoint(CHECKPOINT.recoveryPoint)
    this.#logStarts = this.#dir.checkpoint(CHECKPOINT.logStart)
    this.#highWatermarks = this.#dir.checkpoint(CHECKPOINT.highWatermark)
    this.#dir.clearCleanShutdown()
    for (const {name, directory} of storage.list(path) ?? [])
      if (directory && name.endsWith('-delete')) removeDirectory(storage, `${path}/${name}`)
  }

  /** Topics of which all partitions from 0 on are here. */
  found(): FoundTopic[] {
    const partitions = new Map<string, {name: string; topicId: string; numbers: Set<number>}>()
    for (const {name, number, topicId} of this.#partitionDirs()) {
      const topic = partitions.get(topicId) ?? {name, topicId, numbers: new Set()}
      topic.numbers.add(number)
      partitions.set(topicId, topic)
    }
    const isWhole = ({numbers}: {numbers: Set<number>}) => Math.max(...numbers) === numbers.size - 1
    return [...partitions.values()]
      .filter(isWhole)
      .map(({name, topicId, numbers}) => ({name, topicId, partitions: numbers.size}))
  }

  /**
   * Puts aside partitions that are not this broker's any more: their topic was deleted, or moved, while it was away. Where a host has a
   * directory of that `name`, it does so itself.
   */
  putStraysAside(hosted: ReadonlySet<string>, quarantine: string): void {
    for (const {name, number, topicId} of this.#partitionDirs()) {
      const directory = partitionDirectory(name, number)
      if (hosted.has(directory)) continue
      moveDirectory(this.#storage, `${this.#dir.path}/${directory}`, strayPath(`${quarantine}/${directory}`, topicId))
    }
  }

  /** Removes what a host was told to remove, and died before. What the disk does not let go is a stray at the next start. */
  remove(directory: string, topicId: string): void {
    try {
      removePartition(this.#storage, `${this.#dir.path}/${directory}`, topicId)
    } catch (error) {
      if (error instanceof AssertionFailed) throw error
    }
  }

  /** Writes down what was forgotten, before there is anything new under that name. */
  writeForgotten(): void {
    if (!this.#hasForgotten) return
    this.#write()
    this.#hasForgotten = false
  }

  *#partitionDirs(): Generator<{name: string; number: number; topicId: string}> {
    for (const {name, directory} of this.#storage.list(this.#dir.path) ?? []) {
      const match = directory ? /^(.+)-(\d+)$/.exec(name) : null
      if (match === null) continue
      const topicId = readTopicId(this.#storage, `${this.#dir.path}/${name}`)
      if (topicId !== undefined) yield {name: match[1]!, number: Number(match[2]), topicId}
    }
  }

  /** Forgets what checkpoints say of a partition: it is not here any more. */
  forget(topic: string, partition: number): void {
    const key = checkpointKey(topic, partition)
    for (const checkpoint of [this.#recoveryPoints, this.#logStarts, this.#highWatermarks])
      if (checkpoint.delete(key)) this.#hasForgotten = true
  }

  /** Forgets what checkpoints say of another topic that had this name; `hasLed`: this one may have been written to. */
  forgetOthers({topic, partition, topicId}: Pick<HostOrder, 'topic' | 'partition' | 'topicId'>, hasLed: boolean): void {
    if (!this.#recoveryPoints.has(checkpointKey(topic, partition))) return
    const found = readTopicId(this.#storage, `${this.#dir.path}/${partitionDirectory(topic, partition)}`)
    const isOther = found === undefined ? !hasLed : found !== topicId
    if (isOther) this.forget(topic, partition)
  }

  /** What is known of a partition's log before its files are read. */
  recoveryOf(topic: string, partition: number): HostOrder['recovery'] {
    const key = checkpointKey(topic, partition)
    const wasThere = this.#recoveryPoints.has(key)
    const clean = this.#clean && wasThere
    return {
      wasThere,
      clean,
      recoveryPoint: this.#recoveryPoints.get(key) ?? 0,
      logStartOffset: this.#logStarts.get(key) ?? 0,
      // the log may have been cut since that was written, and have grown past it again
      highWatermark: clean ? (this.#highWatermarks.get(key) ?? 0) : 0,
    }
  }

  /** Writes down how far the replicas have come; all others are forgotten. */
  checkpoint(map: ClusterMap, replicas: Iterable<OwnReplica>): void {
    const own = new Set<string>()
    for (const {topic, partition, row, slot} of replicas) {
      const key = checkpointKey(topic, partition)
      own.add(key)
      const line = map.row(row).replica(slot)
      // a log that is not open yet is as far as it was
      if (line.state === STATE.starting) continue
      const isEmpty = line.writtenEnd === 0 && line.logStartOffset === 0
      keep(this.#recoveryPoints, key, isEmpty ? undefined : line.syncedEnd)
      keep(this.#highWatermarks, key, isEmpty ? undefined : line.highWatermark)
      keep(this.#logStarts, key, line.logStartOffset > 0 ? line.logStartOffset : undefined)
    }
    for (const checkpoint of [this.#recoveryPoints, this.#logStarts, this.#highWatermarks])
      for (const key of checkpoint.keys()) if (!own.has(key)) checkpoint.delete(key)
    this.#write()
  }

  #write(): void {
    const {path} = this.#dir
    writeCheckpoint(this.#storage, `${path}/${CHECKPOINT.recoveryPoint}`, this.#recoveryPoints)
    writeCheckpoint(this.#storage, `${path}/${CHECKPOINT.logStart}`, this.#logStarts)
    writeCheckpoint(this.#storage, `${path}/${CHECKPOINT.highWatermark}`, this.#highWatermarks)
  }

  /** The last word, after every log was closed. */
  markCleanShutdown(): void {
    this.#dir.markCleanShutdown()
  }
}

function keep(checkpoint: OffsetCheckpoint, key: string, offset: number | undefined): void {
  if (offset === undefined) checkpoint.delete(key)
  else checkpoint.set(key, offset)
}

import type {ClusterMap} from '../engine/cluster/cluster-map.ts'
import {STATE} from '../engine/cluster/replica-line.ts'
import type {FoundTopic} from '../engine/coordinator/requests.ts'
import {OdradekError, storageError} from '../engine/errors.ts'
import {DataDir, type DirIdentity, type RandomBytes} from '../engine/log/data-dir.ts'
import {CHECKPOINT, checkpointKey, type OffsetCheckpoint, writeCheckpoint} from '../engine/log/offset-checkpoint.ts'
import {readTopicId} from '../engine/log/partition-metadata.ts'
import {partitionDirectory} from '../engine/log/segment-files.ts'
import type {Storage} from '../engine/log/storage.ts'
import type {HostOrder} from './host-orders.ts'
import {moveDirectory, removeDirectory, removePartition} from './partition-files.ts'

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
  readonly #cleanedEnds: OffsetCheckpoint
  /** Partitions that were forgotten, while the files on disk still speak of them. */
  readonly #staleKeys = new Set<string>()

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
    this.#cleanedEnds = this.#dir.checkpoint(CHECKPOINT.cleaned)
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
   * Puts aside partitions that are not this broker's any more: their topic was deleted, or moved, while it was away. Where the topic of
   * that name is another one by now, its host finds what stands in its way.
   */
  putStraysAside(isOwn: (topic: string, partition: number) => boolean, quarantine: string): void {
    for (const key of this.#recoveryPoints.keys()) {
      const at = key.lastIndexOf(' ')
      if (!isOwn(key.slice(0, at), Number(key.slice(at + 1)))) this.#forget(key)
    }
    for (const {name, number, topicId} of this.#partitionDirs()) {
      if (isOwn(name, number)) continue
      moveDirectory(this.#storage, this.pathOf(name, number), quarantine, topicId)
    }
  }

  *#partitionDirs(): Generator<{name: string; number: number; topicId: string}> {
    for (const {name, directory} of this.#storage.list(this.#dir.path) ?? []) {
      const match = directory ? /^(.+)-(\d+)$/.exec(name) : null
      if (match === null) continue
      const topicId = readTopicId(this.#storage, `${this.#dir.path}/${name}`)
      if (topicId !== undefined) yield {name: match[1]!, number: Number(match[2]), topicId}
    }
  }

  /**
   * Forgets what checkpoints say of another topic that had this name. Where no directory tells whose it was, it counts as this one's, and as
   * lost; but nothing is known of one that nobody has led yet.
   */
  forgetOthers({topic, partition, topicId, isNew}: Pick<HostOrder, 'topic' | 'partition' | 'topicId' | 'isNew'>): void {
    if (!this.#recoveryPoints.has(checkpointKey(topic, partition))) return
    const found = readTopicId(this.#storage, this.pathOf(topic, partition))
    if (found === undefined ? isNew : found !== topicId) this.forget(topic, partition)
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
      cleanedEnd: this.#cleanedEnds.get(key) ?? 0,
      // the log may have been cut since that was written, and have grown past it again
      highWatermark: clean ? (this.#highWatermarks.get(key) ?? 0) : 0,
    }
  }

  /** Everything of a log below is compacted, as the next checkpoint will say. */
  setCleanedEnd(topic: string, partition: number, offset: number): void {
    this.#cleanedEnds.set(checkpointKey(topic, partition), offset)
  }

  /** Nothing that is known counts for a log that is to be there some day: the replica is not this broker's any more. */
  forget(topic: string, partition: number): void {
    this.#forget(checkpointKey(topic, partition))
  }

  /** Whether the checkpoints on disk still say something that was forgotten: until they do not, no log may be made there. */
  isStale(topic: string, partition: number): boolean {
    return this.#staleKeys.has(checkpointKey(topic, partition))
  }

  get hasStale(): boolean {
    return this.#staleKeys.size > 0
  }

  /** Removes a partition's directory, of which no thread has files open; what the disk does not let go is in nobody's way. */
  remove(topic: string, partition: number, topicId: string): void {
    try {
      removePartition(this.#storage, this.pathOf(topic, partition), topicId)
    } catch (error) {
      storageError(error, 'removing a partition')
    }
  }

  pathOf(topic: string, partition: number): string {
    return `${this.#dir.path}/${partitionDirectory(topic, partition)}`
  }

  /** Writes down how far the replicas have come. What a replica has not shown, because it still begins or cannot, stays as it was. */
  checkpoint(map: ClusterMap, replicas: Iterable<OwnReplica>): void {
    for (const {topic, partition, row, slot} of replicas) {
      const line = map.row(row).replica(slot)
      const key = checkpointKey(topic, partition)
      if (line.writtenEnd === 0 && line.logStartOffset === 0) {
        if (line.state === STATE.running) this.#forget(key)
        continue
      }
      this.#recoveryPoints.set(key, line.syncedEnd)
      this.#highWatermarks.set(key, line.highWatermark)
      if (line.logStartOffset > 0) this.#logStarts.set(key, line.logStartOffset)
    }
    const {path} = this.#dir
    writeCheckpoint(this.#storage, `${path}/${CHECKPOINT.recoveryPoint}`, this.#recoveryPoints)
    writeCheckpoint(this.#storage, `${path}/${CHECKPOINT.logStart}`, this.#logStarts)
    writeCheckpoint(this.#storage, `${path}/${CHECKPOINT.highWatermark}`, this.#highWatermarks)
    if (this.#cleanedEnds.size > 0 || this.#storage.stat(`${path}/${CHECKPOINT.cleaned}`) !== undefined)
      writeCheckpoint(this.#storage, `${path}/${CHECKPOINT.cleaned}`, this.#cleanedEnds)
    this.#staleKeys.clear()
  }

  #forget(key: string): void {
    if (this.#recoveryPoints.delete(key)) this.#staleKeys.add(key)
    this.#logStarts.delete(key)
    this.#highWatermarks.delete(key)
    this.#cleanedEnds.delete(key)
  }

  /**
   * The last word, after all hosts have closed their logs. There is none where a replica does not show that its log was closed, because its host died of
   * it or could not open it; nor where nobody has opened a log since an end without this word: it is to be recovered still.
   */
  markCleanShutdown(map: ClusterMap, replicas: Iterable<OwnReplica>): void {
    const unopened = new Set(this.#clean ? [] : this.#recoveryPoints.keys())
    for (const {topic, partition, row, slot} of replicas) {
      if (map.row(row).replica(slot).state !== STATE.closed) return
      unopened.delete(checkpointKey(topic, partition))
    }
    if (unopened.size === 0) this.#dir.markCleanShutdown()
  }
}

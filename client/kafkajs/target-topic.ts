import type {TopicImage} from '../../engine/ensemble/metadata.ts'
import {OdradekError} from '../../engine/errors.ts'
import type {Partition} from '../partition.ts'
import {partitionOfKey, StickyPartition} from '../partitioner.ts'
import {KafkaJSNonRetriableError} from './errors.ts'
import {ledOf} from './partitioners.ts'
import {partitionMetadataOf} from './topic-metadata.ts'
import type {Message, PartitionerArgs, PartitionMetadata} from './types.ts'

/** A topic that a producer sends to: its partitions, the doors to those that were used, and where messages go. */
export class TargetTopic {
  readonly name: string
  readonly #open: (partition: number) => Promise<Partition>
  /** The program's own partitioner, where it has one. */
  readonly #partitioner: ((args: PartitionerArgs) => number) | undefined
  readonly #sticky = new StickyPartition()
  readonly #doors: (Partition | undefined)[] = []
  #metadata: PartitionMetadata[] = []
  #available: number[] = []
  #loadedMs = 0
  #kept: {readonly message: Message; readonly partition: number} | undefined

  constructor(
    name: string,
    open: (partition: number) => Promise<Partition>,
    partitioner: ((args: PartitionerArgs) => number) | undefined,
  ) {
    this.name = name
    this.#open = open
    this.#partitioner = partitioner
  }

  load(image: TopicImage, nowMs: number): void {
    this.#metadata = partitionMetadataOf(image)
    this.#available = ledOf(this.#metadata)
    this.#loadedMs = nowMs
  }

  /** Whether what is known of it was older than so much when a call began. */
  isOlderThan(ageMs: number, startMs: number): boolean {
    return this.#loadedMs < startMs - ageMs
  }

  /** Whether it was deleted, and perhaps made anew since: then the doors lead nowhere. */
  get isDeleted(): boolean {
    return this.#doors.some(door => door?.isDeleted === true)
  }

  /** Where a message goes. Throws where that is no partition of this topic. */
  partitionOf(message: Message): number {
    if (this.#kept !== undefined) {
      const {message: kept, partition} = this.#kept
      this.#kept = undefined
      if (kept === message) return partition
    }
    const partition = this.#choose(message)
    if (!(Number.isInteger(partition) && partition >= 0 && partition < this.#metadata.length)) {
      if (!Number.isInteger(partition)) throw new KafkaJSNonRetriableError(`Invalid partition ${partition}`)
      const last = this.#metadata.length - 1
      throw new OdradekError('UNKNOWN_TOPIC_OR_PARTITION', `${this.name} has partitions 0 to ${last}, not ${partition}`)
    }
    return partition
  }

  /** The message could not be taken now: when it comes again it goes to the same partition. */
  keep(message: Message, partition: number): void {
    this.#kept = {message, partition}
  }

  /** The door to a partition, or a promise of when it is open. */
  door(partition: number): Partition | Promise<unknown> {
    return (
      this.#doors[partition] ??
      this.#open(partition).then(door => {
        this.#doors[partition] = door
      })
    )
  }

  get doors(): readonly Partition[] {
    return this.#doors.filter(door => door !== undefined)
  }

  #choose(message: Message): number {
    if (this.#partitioner !== undefined)
      return this.#partitioner({topic: this.name, partitionMetadata: this.#metadata, message})
    const {partition, key, value} = message
    if (partition !== undefined && partition !== null) return partition
    const {length} = this.#metadata
    if (length === 1) return 0
    if (key === undefined || key === null) return this.#sticky.next(value?.length ?? 0, length, this.#available)
    return partitionOfKey(typeof key === 'string' || key instanceof Uint8Array ? key : String(key), length)
  }
}

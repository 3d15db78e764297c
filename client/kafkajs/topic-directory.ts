import {OdradekError} from '../../engine/errors.ts'
import type {Cluster} from '../cluster.ts'
import {KafkaJSTopicMetadataNotLoaded} from './errors.ts'
import {partitionMetadataOf} from './topic-metadata.ts'
import type {AssignerCluster, PartitionMetadata} from './types.ts'

/** The topics that a consumer and its assigners look at, as they were when they were last asked for. */
export class TopicDirectory implements AssignerCluster {
  readonly #cluster: Cluster
  readonly #create: boolean
  readonly #topics = new Map<string, PartitionMetadata[]>()
  #loadedMs = Date.now()

  constructor(cluster: Cluster, create: boolean) {
    this.#cluster = cluster
    this.#create = create
  }

  /** Asks anew; a topic that is missing is made, where that is allowed, or else has no partitions. Returns whether any has changed its number. */
  async load(names: readonly string[]): Promise<boolean> {
    const before = names.map(name => this.#topics.get(name)?.length)
    for (const name of names) this.#topics.set(name, await this.#ask(name))
    this.#loadedMs = Date.now()
    return names.some((name, i) => before[i] !== undefined && before[i] !== this.#topics.get(name)!.length)
  }

  isOlderThan(ageMs: number): boolean {
    return Date.now() - this.#loadedMs > ageMs
  }

  async #ask(name: string): Promise<PartitionMetadata[]> {
    try {
      return partitionMetadataOf(await this.#cluster.topic(name, this.#create))
    } catch (error) {
      if (error instanceof OdradekError && error.code === 'UNKNOWN_TOPIC_OR_PARTITION') return []
      throw error
    }
  }

  findTopicPartitionMetadata(topic: string): PartitionMetadata[] {
    const known = this.#topics.get(topic)
    if (known === undefined) throw new KafkaJSTopicMetadataNotLoaded('Topic metadata not loaded', {topic})
    return known
  }

  findLeaderForPartitions(topic: string, partitions: number[]): {[leader: string]: number[]} {
    const leaders: {[leader: string]: number[]} = {}
    for (const {partitionId, leader} of this.findTopicPartitionMetadata(topic)) {
      if (!partitions.includes(partitionId)) continue
      const list = leaders[leader] ?? []
      leaders[leader] = list
      list.push(partitionId)
    }
    return leaders
  }

  getNodeIds(): number[] {
    return this.#cluster.brokers
  }

  isConnected(): boolean {
    return true
  }
}

import type {Cluster} from '../cluster.ts'
import type {TopicPartitionList} from '../consumer-protocol.ts'
import {byTopic} from './group-membership.ts'
import type {CommittedOffset, Membership} from './membership.ts'

/** Where a reader begins: an end of the log, an offset, or the first record that is not older than a time. */
export type Beginning = 'earliest' | 'latest' | number | {readonly timestamp: number}

/** A partition that a reader was told to read. */
interface Place {
  readonly topic: string
  readonly partition: number
  readonly from: Beginning
}

/** Of a reader that is in no group: it reads what it was told to, and where it is stands here, from one run to the next. */
export class LoneMembership implements Membership {
  readonly memberId = ''
  readonly generationId = 0
  readonly leaderId = ''
  readonly protocol = ''
  readonly isLeader = false
  readonly isCooperative = false
  readonly #cluster: () => Cluster
  #places: readonly Place[] = []
  readonly #positions = new Map<string, number>()

  constructor(cluster: () => Cluster) {
    this.#cluster = cluster
  }

  /** Reads these from now on, each from its beginning. */
  assign(places: readonly Place[]): void {
    this.#places = places
    this.#positions.clear()
  }

  get topics(): string[] {
    return [...new Set(this.#places.map(({topic}) => topic))]
  }

  async join(): Promise<readonly TopicPartitionList[]> {
    return byTopic(this.#places, ({partition}) => partition).map(({name, partitions}) => ({topic: name, partitions}))
  }

  async commit(offsets: readonly CommittedOffset[]): Promise<void> {
    for (const {topic, partition, offset} of offsets) this.#positions.set(`${topic}-${partition}`, offset)
  }

  async committed(partitions: readonly {readonly topic: string; readonly partition: number}[]): Promise<number[]> {
    return Promise.all(partitions.map(({topic, partition}) => this.#position(topic, partition)))
  }

  topicDeleted(topic: string): void {
    this.#places = this.#places.map(each => (each.topic === topic ? {...each, from: 'earliest'} : each))
    for (const {partition} of this.#places) this.#positions.delete(`${topic}-${partition}`)
  }

  async heartbeat(): Promise<void> {}

  async leave(): Promise<void> {}

  forget(): void {}

  async #position(topic: string, partition: number): Promise<number> {
    const name = `${topic}-${partition}`
    const known = this.#positions.get(name)
    if (known !== undefined) return known
    const {from} = this.#places.find(each => each.topic === topic && each.partition === partition)!
    const door = await this.#cluster().openPartition(topic, partition, false)
    try {
      const {logStartOffset, highWatermark} = door
      const position =
        from === 'earliest'
          ? logStartOffset
          : from === 'latest'
            ? highWatermark
            : typeof from === 'number'
              ? Math.min(Math.max(from, logStartOffset), highWatermark)
              : (door.offsetForTimestamp(from.timestamp) ?? highWatermark)
      this.#positions.set(name, position)
      return position
    } finally {
      await door.close()
    }
  }
}

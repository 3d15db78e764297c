import {assert} from '../assert.ts'
import type {MetadataSnapshot} from '../ensemble/consensus.ts'
import type {
  BrokerImage,
  MetadataChange,
  PartitionChanged,
  PartitionImage,
  TopicConfigs,
  TopicImage,
} from '../ensemble/metadata.ts'
import {REPLICAS_MAX, ROWS_MAX} from '../limits.ts'
import {unified} from './topic-names.ts'

/** Where a partition stands. `topic` is the image's own: its partitions are always the present ones. */
export interface PartitionPlace {
  readonly topic: TopicImage
  readonly index: number
}

interface Topic extends TopicImage {
  config: TopicConfigs
  readonly partitions: PartitionImage[]
}

/**
 * What the cluster knows of itself: all committed changes, applied in order. The same changes make the same image everywhere, so
 * whoever proposes one has checked it: a change that does not fit is a bug. Partitions and brokers are values, replaced and never changed.
 */
export class MetadataImage {
  readonly #brokers = new Map<number, BrokerImage>()
  readonly #topics = new Map<string, Topic>()
  /** Topics by name as collisions see it. */
  readonly #names = new Map<string, Topic>()
  readonly #rows: (PartitionPlace | undefined)[] = []
  readonly #rowsOf = new Map<number, Set<number>>()
  /** Topics deleted since the process started: a request to create one that comes late, or again, must not bring it back. */
  readonly #deletedIds = new Set<string>()
  #nextRow = 0
  #nextProducerId = 0
  #startId: string | undefined

  static of(snapshot: MetadataSnapshot): MetadataImage {
    const image = new MetadataImage()
    for (const broker of snapshot.brokers) image.#brokers.set(broker.id, broker)
    for (const topic of snapshot.topics) image.#add({...topic, partitions: [...topic.partitions]})
    for (const topicId of snapshot.deletedTopicIds ?? []) image.#deletedIds.add(topicId)
    image.#nextRow = snapshot.nextRow
    image.#nextProducerId = snapshot.nextProducerId
    image.#startId = snapshot.startId
    return image
  }

  snapshot(): MetadataSnapshot {
    return {
      brokers: this.brokers,
      topics: this.topics.map(topic => ({...topic, partitions: [...topic.partitions]})),
      ...(this.#deletedIds.size === 0 ? {} : {deletedTopicIds: [...this.#deletedIds]}),
      nextRow: this.#nextRow,
      nextProducerId: this.#nextProducerId,
      ...(this.#startId === undefined ? {} : {startId: this.#startId}),
    }
  }

  /** In the order of their first registration. */
  get brokers(): BrokerImage[] {
    return [...this.#brokers.values()]
  }

  /** In the order of their creation. */
  get topics(): TopicImage[] {
    return [...this.#topics.values()]
  }

  /** Rows below it have been given to partitions, of which some may be deleted. */
  get nextRow(): number {
    return this.#nextRow
  }

  get nextProducerId(): number {
    return this.#nextProducerId
  }

  get startId(): string | undefined {
    return this.#startId
  }

  broker(id: number): BrokerImage | undefined {
    return this.#brokers.get(id)
  }

  /** May hold replicas that lead and are in sync. */
  isUp(broker: number): boolean {
    return this.#brokers.get(broker)?.fenced === false
  }

  topic(topicId: string): TopicImage | undefined {
    return this.#topics.get(topicId)
  }

  /** Whether there was a topic of this id, since the process started. */
  wasDeleted(topicId: string): boolean {
    return this.#deletedIds.has(topicId)
  }

  topicNamed(name: string): TopicImage | undefined {
    const topic = this.#names.get(unified(name))
    return topic?.name === name ? topic : undefined
  }

  /** The topic of this name, or of one that would be taken for it in the name of a metric. */
  topicLike(name: string): TopicImage | undefined {
    return this.#names.get(unified(name))
  }

  at(row: number): PartitionPlace | undefined {
    return this.#rows[row]
  }

  partitionAt(row: number): PartitionImage | undefined {
    const place = this.#rows[row]
    return place === undefined ? undefined : place.topic.partitions[place.index]
  }

  /** Rows in which the broker has a replica. */
  rowsOf(broker: number): number[] {
    return [...(this.#rowsOf.get(broker) ?? [])]
  }

  /** Takes a committed change in, and returns the rows it changed; those of a deleted topic have no partition any more. */
  apply(change: MetadataChange): readonly number[] {
    switch (change.type) {
      case 'epochStarted':
        return []
      case 'clusterStarted':
        return this.#startAnew(change.startId)
      case 'brokerRegistered': {
        const {broker, incarnation, directoryId} = change
        this.#brokers.set(broker, {id: broker, incarnation, directoryId, fenced: false})
        return []
      }
      case 'brokerFenced': {
        const broker = this.#brokers.get(change.broker)
        assert(broker !== undefined, 'only a registered broker is fenced')
        this.#brokers.set(broker.id, {...broker, fenced: true, ...(change.closing === true ? {closing: true} : {})})
        return []
      }
      case 'topicCreated': {
        const {name, topicId, assignments, config} = change
        assert(!this.#topics.has(topicId) && !this.#names.has(unified(name)), 'a topic is created once')
        const topic: Topic = {name, topicId, config, partitions: []}
        this.#add(topic)
        return this.#addPartitions(topic, assignments)
      }
      case 'topicDeleted':
        return this.#delete(this.#existing(change.topicId))
      case 'partitionsAdded':
        return this.#addPartitions(this.#existing(change.topicId), change.assignments)
      case 'topicConfigured':
        this.#existing(change.topicId).config = change.config
        return []
      case 'partitionChanged':
        return this.#change(this.#existing(change.topicId), change)
      case 'producerIdsTaken':
        assert(change.nextProducerId > this.#nextProducerId, 'no producer id is given twice')
        this.#nextProducerId = change.nextProducerId
        return []
    }
  }

  #existing(topicId: string): Topic {
    const topic = this.#topics.get(topicId)
    assert(topic !== undefined, 'a change is of a topic that is there')
    return topic
  }

  /** The map is a new one: rows and slots are given anew, and nobody leads, which counts as a change of the leader. */
  #startAnew(startId: string): number[] {
    this.#startId = startId
    for (const broker of this.#brokers.values())
      this.#brokers.set(broker.id, {id: broker.id, incarnation: 0, directoryId: broker.directoryId, fenced: true})
    this.#deletedIds.clear()
    this.#rows.length = 0
    this.#rowsOf.clear()
    this.#nextRow = 0
    for (const topic of this.#topics.values()) {
      topic.partitions.forEach((partition, index) => {
        const {replicas, leader, leaderEpoch, version} = partition
        topic.partitions[index] = {
          ...partition,
          row: this.#nextRow++,
          slots: replicas,
          leader: -1,
          leaderEpoch: leader < 0 ? leaderEpoch : leaderEpoch + 1,
          version: version + 1,
        }
        this.#seat(topic, index)
      })
    }
    return [...this.#rows.keys()]
  }

  #add(topic: Topic): void {
    this.#topics.set(topic.topicId, topic)
    this.#names.set(unified(topic.name), topic)
    topic.partitions.forEach((_, index) => {
      this.#seat(topic, index)
    })
  }

  #addPartitions(topic: Topic, assignments: readonly (readonly number[])[]): number[] {
    return assignments.map(replicas => {
      const row = this.#nextRow++
      assert(row < ROWS_MAX, 'a cluster has its bound of partitions')
      checkReplicas(replicas)
      topic.partitions.push({
        row,
        slots: replicas,
        replicas,
        isr: replicas,
        leader: -1,
        leaderEpoch: 0,
        version: 0,
        target: [],
      })
      this.#seat(topic, topic.partitions.length - 1)
      return row
    })
  }

  #delete(topic: Topic): number[] {
    this.#topics.delete(topic.topicId)
    this.#deletedIds.add(topic.topicId)
    this.#names.delete(unified(topic.name))
    return topic.partitions.map(({row, replicas}) => {
      this.#rows[row] = undefined
      for (const broker of replicas) this.#rowsOf.get(broker)!.delete(row)
      return row
    })
  }

  #change(topic: Topic, change: PartitionChanged): number[] {
    const before = topic.partitions[change.partition]
    assert(before !== undefined, 'a change is of a partition that is there')
    const {leader, isr, replicas = before.replicas, target = before.target} = change
    checkReplicas(replicas)
    assert(isr.length > 0 && new Set(isr).size === isr.length, 'the ISR is never empty')
    assert(
      isr.every(broker => replicas.includes(broker)),
      'the ISR is some of the replicas',
    )
    assert(leader === -1 || isr.includes(leader), 'the leader is in the ISR')
    assert(
      target.every(broker => replicas.includes(broker)),
      'a reassignment goes to replicas',
    )
    const isNewReign = leader !== before.leader || change.newEpoch === true
    const isLost = leader === -1 && (change.lost ?? before.lost) === true
    topic.partitions[change.partition] = {
      row: before.row,
      slots: change.slots ?? (change.replicas === undefined ? before.slots : seats(before.slots, replicas)!),
      replicas,
      isr,
      leader,
      leaderEpoch: isNewReign ? Math.max(before.leaderEpoch, change.epochAbove ?? 0) + 1 : before.leaderEpoch,
      version: before.version + 1,
      target,
      ...(target.length > 0 ? {original: before.original ?? before.replicas} : {}),
      ...(isLost ? {lost: true} : {}),
    }
    if (change.replicas !== undefined) {
      for (const broker of before.replicas) this.#rowsOf.get(broker)!.delete(before.row)
      this.#seat(topic, change.partition)
    }
    return [before.row]
  }

  #seat(topic: Topic, index: number): void {
    const {row, replicas} = topic.partitions[index]!
    this.#rows[row] = {topic, index}
    for (const broker of replicas) {
      const rows = this.#rowsOf.get(broker)
      if (rows === undefined) this.#rowsOf.set(broker, new Set([row]))
      else rows.add(row)
    }
  }
}

function checkReplicas(replicas: readonly number[]): void {
  assert(replicas.length > 0 && replicas.length <= REPLICAS_MAX, 'a partition has replicas, as many as a row has slots')
  assert(new Set(replicas).size === replicas.length, 'a broker has one replica of a partition')
}

/**
 * A broker keeps its slot while it is a replica. A slot nobody ever had comes before one that somebody left, whose line is not blank, and that
 * has to be free. Undefined where there is none.
 */
export function seats(
  slots: readonly number[],
  replicas: readonly number[],
  isFree: (slot: number) => boolean = () => true,
): number[] | undefined {
  const next = slots.map(broker => (replicas.includes(broker) ? broker : -1))
  for (const broker of replicas) {
    if (next.includes(broker)) continue
    const free = next.length < REPLICAS_MAX ? next.length : next.findIndex((other, slot) => other < 0 && isFree(slot))
    if (free < 0) return undefined
    next[free] = broker
  }
  return next
}

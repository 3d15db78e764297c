/**
 * What a cluster knows of itself and keeps: its brokers, topics, partitions, and who leads them. A change is a plain object, kept
 * as JSON in the metadata log; the image is what all committed changes, applied in order, come to. Brokers keep an image too.
 */

/** One committed step. Names follow Kafka's metadata records. */
export type MetadataChange =
  /** A coordinator has taken the lease; it changes nothing. */
  | {readonly type: 'epochStarted'}
  /** The process was started anew: the map is empty, so rows are numbered anew from 0 in the order of topics, and no broker is there. */
  | {readonly type: 'clusterStarted'; readonly startId: string}
  | {
      readonly type: 'brokerRegistered'
      readonly broker: number
      readonly incarnation: number
      /** Of the dir's meta.properties. Another one than before means that the dir is new or was replaced. */
      readonly directoryId: string
      /** Whether the dir holds all that its broker had when it was last seen: else its replicas start outside of every ISR. */
      readonly intact: boolean
    }
  /** The broker cannot lead: its thread ended or fell silent, or it is closing. */
  | {
      readonly type: 'brokerFenced'
      readonly broker: number
      readonly reason: string
      /** It asked for this, and stays fenced until it is started anew. */
      readonly closing?: true
    }
  | {
      readonly type: 'topicCreated'
      readonly name: string
      readonly topicId: string
      /** Brokers of each partition, preferred leader first. */
      readonly assignments: readonly (readonly number[])[]
      readonly config: TopicConfigs
    }
  | {readonly type: 'topicDeleted'; readonly topicId: string}
  | {readonly type: 'partitionsAdded'; readonly topicId: string; readonly assignments: readonly (readonly number[])[]}
  | {readonly type: 'topicConfigured'; readonly topicId: string; readonly config: TopicConfigs}
  | {
      readonly type: 'partitionChanged'
      readonly topicId: string
      readonly partition: number
      /** Broker that leads, -1 for none; another one than before raises the leader epoch by one, and so does `newEpoch`. */
      readonly leader: number
      readonly isr: readonly number[]
      readonly newEpoch?: boolean
      /** Greatest epoch in the log of a leader that has more reigns behind it than are known here: a new epoch lies above. */
      readonly epochAbove?: number
      /** The last member of the ISR came back without its data: only an unclean election makes a leader again. */
      readonly lost?: true
      /** Replicas, where they change (reassignment): brokers, preferred leader first. */
      readonly replicas?: readonly number[]
      /** Broker in each slot, where a slot that somebody left is given again: only who sees the map knows which is free. */
      readonly slots?: readonly number[]
      /** Where replicas are to go; an empty list ends a reassignment. */
      readonly target?: readonly number[]
    }
  | {readonly type: 'producerIdsTaken'; readonly nextProducerId: number}

/** Kafka's topic configs by their dotted names, as text; only those that were set. */
export type TopicConfigs = Readonly<Record<string, string>>

/** What becomes of one partition: a `partitionChanged` but for its name. */
export type PartitionStep = Omit<PartitionChanged, 'type' | 'topicId' | 'partition'>
export type PartitionChanged = Extract<MetadataChange, {type: 'partitionChanged'}>

export interface BrokerImage {
  readonly id: number
  /** Which start of it registered, 0 where none has since the process started. */
  readonly incarnation: number
  readonly directoryId: string
  readonly fenced: boolean
  readonly closing?: true
}

export interface PartitionImage {
  /** Row of the cluster map. */
  readonly row: number
  /** Broker in each slot of the row, -1 where a slot is free. A broker keeps its slot. */
  readonly slots: readonly number[]
  /** Brokers, preferred leader first. */
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  readonly leader: number
  readonly leaderEpoch: number
  /** Counts every change (Kafka's partition epoch). */
  readonly version: number
  /** Where a reassignment is to end; empty where there is none. */
  readonly target: readonly number[]
  /** Replicas before the reassignment under way. */
  readonly original?: readonly number[]
  /** The last member of the ISR has lost its data. */
  readonly lost?: true
}

export interface TopicImage {
  readonly name: string
  /** 22 characters, as Kafka writes its `Uuid`. */
  readonly topicId: string
  readonly config: TopicConfigs
  readonly partitions: readonly PartitionImage[]
}

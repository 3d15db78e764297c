/** What a consumer is given, and gives; groups and their assigners. */
import type {Readable} from 'node:stream'

import type {CONSUMER_EVENTS, InstrumentationEvent} from '../events.ts'
import type {Exact} from '../exact-offsets.ts'
import type {Logger} from '../logger.ts'
import type {PartitionLag} from '../partition-lag.ts'
import type {
  IHeaders,
  Listening,
  Network,
  Offsets,
  PartitionMetadata,
  PartitionOffset,
  RetryOptions,
  TopicOffsets,
  TopicPartitionOffset,
  TopicPartitionOffsetAndMetadata,
  TopicPartitions,
  Waiting,
} from './common.ts'

export type ConsumerEvents = typeof CONSUMER_EVENTS

export interface GroupOverview {
  groupId: string
  protocolType: string
}

export interface MemberDescription {
  clientHost: string
  clientId: string
  memberId: string
  memberAssignment: Buffer
  memberMetadata: Buffer
}

export type ConsumerGroupState = 'Unknown' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' | 'Dead' | 'Empty'

export interface GroupDescription {
  groupId: string
  members: MemberDescription[]
  protocol: string
  protocolType: string
  state: ConsumerGroupState
}

export interface GroupDescriptions {
  groups: GroupDescription[]
}

/** A message as read. */
export interface KafkaMessage {
  key: Buffer | null
  value: Buffer | null
  timestamp: string
  attributes: number
  offset: string
  headers: IHeaders
  /** `offset` as an exact number. */
  readonly offsetBigInt: bigint
}

export interface Batch {
  topic: string
  partition: number
  highWatermark: string
  messages: KafkaMessage[]
  isEmpty(): boolean
  firstOffset(): string | null
  lastOffset(): string
  offsetLag(): string
  offsetLagLow(): string
  /** The same as exact numbers. */
  readonly highWatermarkBigInt: bigint
  readonly firstOffsetBigInt: bigint | null
  readonly lastOffsetBigInt: bigint
  readonly offsetLagBigInt: bigint
  readonly offsetLagLowBigInt: bigint
}

export interface EachMessagePayload {
  topic: string
  partition: number
  message: KafkaMessage
  heartbeat(): Promise<void>
  pause(): () => void
}

/** Offsets by topic and partition, each also as an exact number. */
export interface ExactOffsets extends Offsets {
  topics: {topic: string; partitions: Exact<PartitionOffset, 'offset'>[]}[]
}

export interface EachBatchPayload {
  batch: Batch
  resolveOffset(offset: string): void
  heartbeat(): Promise<void>
  pause(): () => void
  commitOffsetsIfNecessary(offsets?: Offsets): Promise<void>
  uncommittedOffsets(): ExactOffsets
  isRunning(): boolean
  isStale(): boolean
}

export type ConsumerEachMessagePayload = EachMessagePayload
export type ConsumerEachBatchPayload = EachBatchPayload
export type EachBatchHandler = (payload: EachBatchPayload) => Promise<void>
export type EachMessageHandler = (payload: EachMessagePayload) => Promise<void>

export interface ConsumerRunConfig {
  autoCommit?: boolean
  autoCommitInterval?: number | null
  autoCommitThreshold?: number | null
  eachBatchAutoResolve?: boolean
  partitionsConsumedConcurrently?: number
  eachBatch?: EachBatchHandler
  eachMessage?: EachMessageHandler
}

export type ConsumerSubscribeTopic = {topic: string | RegExp; fromBeginning?: boolean}
export type ConsumerSubscribeTopics = {topics: (string | RegExp)[]; fromBeginning?: boolean}

export type Assignment = {[topic: string]: number[]}
export type GroupMember = {memberId: string; memberMetadata: Buffer}
export type GroupMemberAssignment = {memberId: string; memberAssignment: Buffer}
export type GroupState = {name: string; metadata: Buffer}

export interface MemberMetadata {
  version: number
  topics: string[]
  userData: Buffer
}

export interface MemberAssignment {
  version: number
  assignment: Assignment
  userData: Buffer
}

export interface ISerializer<T> {
  encode(value: T): Buffer
  decode(buffer: Buffer): T | null
}

export interface Assigner {
  name: string
  version: number
  assign(group: {members: GroupMember[]; topics: string[]}): Promise<GroupMemberAssignment[]>
  protocol(subscription: {topics: string[]}): GroupState
}

/** What an assigner is given of the cluster: what its topics are. KafkaJS hands out its whole connection, which is not here. */
export interface AssignerCluster {
  findTopicPartitionMetadata(topic: string): PartitionMetadata[]
  findLeaderForPartitions(topic: string, partitions: number[]): {[leader: string]: number[]}
  getNodeIds(): number[]
  isConnected(): boolean
}

export type PartitionAssigner = (config: {cluster: AssignerCluster; groupId: string; logger: Logger}) => Assigner

export interface ConsumerConfig {
  groupId: string
  /** A name of this member that outlives it: it keeps its place in the group while it is away for no longer than its session time-out (Kafka's static membership). */
  groupInstanceId?: string
  partitionAssigners?: PartitionAssigner[]
  metadataMaxAge?: number
  sessionTimeout?: number
  rebalanceTimeout?: number
  heartbeatInterval?: number
  /**
   * How many ms `stop` and `disconnect` wait for handlers that are at it, and for whoever holds a message of `messages()` or `stream()`, 30 000 by default; then the
   * consumer leaves the group without them.
   */
  stopTimeout?: number
  maxBytesPerPartition?: number
  minBytes?: number
  maxBytes?: number
  maxWaitTimeInMs?: number
  retry?: RetryOptions & {restartOnFailure?: (error: Error) => Promise<boolean>}
  allowAutoTopicCreation?: boolean
  maxInFlightRequests?: number
  readUncommitted?: boolean
  rackId?: string
}

interface BatchProcess {
  topic: string
  partition: number
  highWatermark: string
  offsetLag: string
  offsetLagLow: string
  batchSize: number
  firstOffset: string
  lastOffset: string
}

interface Membership {
  groupId: string
  memberId: string
}

type ConsumerPayloads = {
  'consumer.heartbeat': ConsumerHeartbeatEvent
  'consumer.commit_offsets': ConsumerCommitOffsetsEvent
  'consumer.group_join': ConsumerGroupJoinEvent
  'consumer.fetch_start': ConsumerFetchStartEvent
  'consumer.fetch': ConsumerFetchEvent
  'consumer.start_batch_process': ConsumerStartBatchProcessEvent
  'consumer.end_batch_process': ConsumerEndBatchProcessEvent
  'consumer.crash': ConsumerCrashEvent
  'consumer.rebalancing': ConsumerRebalancingEvent
  'consumer.received_unsubscribed_topics': ConsumerReceivedUnsubcribedTopicsEvent
} & Network<'consumer'>

export type ConsumerHeartbeatEvent = InstrumentationEvent<Membership & {groupGenerationId: number}>
export type ConsumerCommitOffsetsEvent = InstrumentationEvent<
  Membership & {groupGenerationId: number; topics: TopicOffsets[]}
>
export interface IMemberAssignment {
  [key: string]: number[]
}
export type ConsumerGroupJoinEvent = InstrumentationEvent<
  Membership & {
    duration: number
    isLeader: boolean
    leaderId: string
    groupProtocol: string
    memberAssignment: IMemberAssignment
  }
>
export type ConsumerFetchStartEvent = InstrumentationEvent<{nodeId: number}>
export type ConsumerFetchEvent = InstrumentationEvent<{numberOfBatches: number; duration: number; nodeId: number}>
export type ConsumerStartBatchProcessEvent = InstrumentationEvent<BatchProcess>
export type ConsumerEndBatchProcessEvent = InstrumentationEvent<BatchProcess & {duration: number}>
export type ConsumerCrashEvent = InstrumentationEvent<{error: Error; groupId: string; restart: boolean}>
export type ConsumerRebalancingEvent = InstrumentationEvent<Membership>
export type ConsumerReceivedUnsubcribedTopicsEvent = InstrumentationEvent<
  Membership & {
    generationId: number
    assignedTopics: string[]
    topicsSubscribed: string[]
    topicsNotSubscribed: string[]
  }
>

/** A message with where it came from: what `consumer.messages()` gives. */
export interface ConsumedMessage extends KafkaMessage {
  readonly topic: string
  readonly partition: number
}

/** Where a reader begins: an end of the log, an offset, or the first message that is not older than a time in ms since 1970. */
export type ReadingFrom = 'earliest' | 'latest' | string | number | bigint | {timestamp: number}

export interface ReaderAssignment {
  topic: string
  /** All there are, where they are left out. */
  partitions?: number[]
  /** Default `earliest`. An offset outside the log stands for the nearer end. */
  from?: ReadingFrom
}

export type ReaderConfig = Pick<ConsumerConfig, 'retry' | 'stopTimeout'>
export type ReaderRunConfig = Pick<
  ConsumerRunConfig,
  'eachBatchAutoResolve' | 'partitionsConsumedConcurrently' | 'eachBatch' | 'eachMessage'
>

type OfBoth =
  | ('connect' | 'disconnect' | 'stop' | 'ready' | 'messages' | 'stream' | 'seek' | 'pause' | 'paused' | 'resume')
  | ('lag' | 'logger' | 'on' | 'events')

/** A consumer without a group: it reads the partitions that it is told to and commits nothing. One that runs again goes on behind what was handled. KafkaJS has none. */
export interface TopicReader extends Pick<Consumer, OfBoth>, AsyncDisposable {
  /** What to read, in the place of what was said before. Rejects with UNKNOWN_TOPIC_OR_PARTITION; topics are not made. */
  assign(assignments: ReaderAssignment | readonly ReaderAssignment[], options?: Waiting): Promise<void>
  run(config?: ReaderRunConfig & Waiting): Promise<void>
}

export interface Consumer extends AsyncDisposable {
  connect(options?: Waiting): Promise<void>
  disconnect(): Promise<void>
  subscribe(subscription: (ConsumerSubscribeTopics | ConsumerSubscribeTopic) & Waiting): Promise<void>
  stop(): Promise<void>
  /** `signal` is for the wait until it has joined its group. */
  run(config?: ConsumerRunConfig & Waiting): Promise<void>
  commitOffsets(topicPartitions: TopicPartitionOffsetAndMetadata[], options?: Waiting): Promise<void>
  seek(topicPartitionOffset: TopicPartitionOffset): void
  describeGroup(options?: Waiting): Promise<GroupDescription>
  pause(topics: {topic: string; partitions?: number[]}[]): void
  paused(): TopicPartitions[]
  resume(topics: {topic: string; partitions?: number[]}[]): void
  readonly on: Listening<ConsumerEvents, ConsumerPayloads>
  logger(): Logger
  readonly events: ConsumerEvents
  /** How many offsets it has still before it in each partition of its share; none while it does not run. */
  lag(): PartitionLag[]
  /** Resolves when this member has joined its group and knows where to read. */
  ready(options?: Waiting): Promise<void>
  /** Joins the group and gives the messages one by one. A message counts as handled, for committing, once the next one is asked for. */
  messages(options?: {signal?: AbortSignal}): AsyncGenerator<ConsumedMessage, void, void>
  /** The same as a Node.js stream of `ConsumedMessage`s, which holds about `highWaterMarkBytes` of them ready, 64 KiB by default. Destroying it leaves the group. */
  stream(options?: {highWaterMarkBytes?: number; signal?: AbortSignal}): Readable
}

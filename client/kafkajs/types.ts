/** What programs pass to and get from the clients of this door, in KafkaJS' words. `number` stands where KafkaJS has an enum: its numbers and ours are the same. */

import type {Readable} from 'node:stream'
import type {DeleteGroupsResult} from './errors.ts'
import type {
  ADMIN_EVENTS,
  CONSUMER_EVENTS,
  InstrumentationEvent,
  PRODUCER_EVENTS,
  RemoveInstrumentationEventListener as Remove,
} from './events.ts'
import type {Logger} from './logger.ts'
import type {PartitionLag} from './partition-lag.ts'

export interface RetryOptions {
  maxRetryTime?: number
  initialRetryTime?: number
  factor?: number
  multiplier?: number
  retries?: number
  restartOnFailure?: (error: Error) => Promise<boolean>
}

export interface IHeaders {
  [key: string]: Buffer | string | (Buffer | string)[] | undefined
}

export interface Message {
  key?: Buffer | string | null
  value: Buffer | string | null
  partition?: number
  headers?: IHeaders
  timestamp?: string
}

export interface PartitionMetadata {
  partitionErrorCode: number
  partitionId: number
  leader: number
  replicas: number[]
  isr: number[]
  offlineReplicas?: number[]
}

export interface PartitionerArgs {
  topic: string
  partitionMetadata: PartitionMetadata[]
  message: Message
}

export type ICustomPartitioner = () => (args: PartitionerArgs) => number
export type DefaultPartitioner = ICustomPartitioner
export type LegacyPartitioner = ICustomPartitioner

export interface ProducerConfig {
  createPartitioner?: ICustomPartitioner
  retry?: RetryOptions
  metadataMaxAge?: number
  allowAutoTopicCreation?: boolean
  idempotent?: boolean
  transactionalId?: string
  transactionTimeout?: number
  maxInFlightRequests?: number
}

export interface ProducerRecord {
  topic: string
  messages: Message[]
  acks?: number
  timeout?: number
  compression?: number
}

export interface TopicMessages {
  topic: string
  messages: Message[]
}

export interface ProducerBatch {
  acks?: number
  timeout?: number
  compression?: number
  topicMessages?: TopicMessages[]
}

export interface RecordMetadata {
  topicName: string
  partition: number
  errorCode: number
  offset?: string
  timestamp?: string
  baseOffset?: string
  logAppendTime?: string
  logStartOffset?: string
  /** `baseOffset` as an exact number. */
  readonly baseOffsetBigInt?: bigint
}

export interface PartitionOffset {
  partition: number
  offset: string
}

export interface TopicOffsets {
  topic: string
  partitions: PartitionOffset[]
}

export interface Offsets {
  topics: TopicOffsets[]
}

export type OffsetsByTopicPartition = Offsets
export type SeekEntry = PartitionOffset
export type FetchOffsetsPartition = PartitionOffset & {metadata: string | null}

export interface TopicPartitions {
  topic: string
  partitions: number[]
}

export interface TopicPartition {
  topic: string
  partition: number
}

export type TopicPartitionOffset = TopicPartition & {offset: string}
export type TopicPartitionOffsetAndMetadata = TopicPartitionOffset & {metadata?: string | null}

export interface Sender {
  send(record: ProducerRecord): Promise<RecordMetadata[]>
  sendBatch(batch: ProducerBatch): Promise<RecordMetadata[]>
}

export type Transaction = Sender & {
  sendOffsets(offsets: Offsets & {consumerGroupId: string}): Promise<void>
  commit(): Promise<void>
  abort(): Promise<void>
  isActive(): boolean
}

export type ConnectEvent = InstrumentationEvent<null>
export type DisconnectEvent = InstrumentationEvent<null>

export type RequestTimeoutEvent = InstrumentationEvent<{
  apiKey: number
  apiName: string
  apiVersion: number
  broker: string
  clientId: string
  correlationId: number
  createdAt: number
  pendingDuration: number
  sentAt: number
}>

export type RequestEvent = InstrumentationEvent<
  RequestTimeoutEvent['payload'] & {
    duration: number
    size: number
  }
>

export type RequestQueueSizeEvent = InstrumentationEvent<{broker: string; clientId: string; queueSize: number}>

/** Listening to events: KafkaJS' overloads, one for each event with its payload. */
export type Listening<Events extends {[name in keyof Events]: string}, Payloads> = <Name extends Events[keyof Events]>(
  eventName: Name,
  listener: (event: Name extends keyof Payloads ? Payloads[Name] : InstrumentationEvent<null>) => void,
) => Remove<Name>

type Network<Kind extends string> = {[name in `${Kind}.network.request`]: RequestEvent} & {
  [name in `${Kind}.network.request_timeout`]: RequestTimeoutEvent
} & {[name in `${Kind}.network.request_queue_size`]: RequestQueueSizeEvent}

export type ProducerEvents = typeof PRODUCER_EVENTS
export type AdminEvents = typeof ADMIN_EVENTS
export type ConsumerEvents = typeof CONSUMER_EVENTS

export interface Producer extends Sender, AsyncDisposable {
  connect(): Promise<void>
  /** Settles what is being sent, and lets go. */
  disconnect(): Promise<void>
  isIdempotent(): boolean
  readonly events: ProducerEvents
  readonly on: Listening<ProducerEvents, Network<'producer'>>
  transaction(): Promise<Transaction>
  logger(): Logger
  /** Resolves when everything that was sent so far is settled, one way or the other: the promises of its sends tell which. */
  flush(): Promise<void>
}

export interface AdminConfig {
  retry?: RetryOptions
}

export interface IResourceConfigEntry {
  name: string
  value: string
}

export interface ReplicaAssignment {
  partition: number
  replicas: number[]
}

export interface ITopicConfig {
  topic: string
  numPartitions?: number
  replicationFactor?: number
  replicaAssignment?: ReplicaAssignment[]
  configEntries?: IResourceConfigEntry[]
}

export interface ITopicPartitionConfig {
  topic: string
  count: number
  assignments?: number[][]
}

export interface ITopicMetadata {
  name: string
  partitions: PartitionMetadata[]
}

export interface PartitionReassignment {
  topic: string
  partitionAssignment: ReplicaAssignment[]
}

export interface ResourceConfigQuery {
  type: number
  name: string
  configNames?: string[]
}

export interface ConfigSynonyms {
  configName: string
  configValue: string
  configSource: number
}

export interface ConfigEntries extends ConfigSynonyms {
  isDefault: boolean
  isSensitive: boolean
  readOnly: boolean
  configSynonyms: ConfigSynonyms[]
}

export interface DescribeConfigResponse {
  resources: {
    configEntries: ConfigEntries[]
    errorCode: number
    errorMessage: string
    resourceName: string
    resourceType: number
  }[]
  throttleTime: number
}

export interface IResourceConfig {
  type: number
  name: string
  configEntries: IResourceConfigEntry[]
}

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

export interface Acl {
  principal: string
  host: string
  operation: number
  permissionType: number
}

export interface AclResource {
  resourceType: number
  resourceName: string
  resourcePatternType: number
}

export type AclEntry = Acl & AclResource
export type DescribeAclResource = AclResource & {acls: Acl[]}

export interface DescribeAclResponse {
  throttleTime: number
  errorCode: number
  errorMessage?: string
  resources: DescribeAclResource[]
}

export interface AclFilter {
  resourceType: number
  resourceName?: string
  resourcePatternType: number
  principal?: string
  host?: string
  operation: number
  permissionType: number
}

export interface MatchingAcl extends Acl, AclResource {
  errorCode: number
  errorMessage?: string
}

export interface DeleteAclResponse {
  throttleTime: number
  filterResponses: {errorCode: number; errorMessage?: string; matchingAcls: MatchingAcl[]}[]
}

export interface OngoingPartitionReassignment {
  partitionIndex: number
  replicas: number[]
  addingReplicas?: number[]
  removingReplicas?: number[]
}

export interface ListPartitionReassignmentsResponse {
  topics: {topic: string; partitions: OngoingPartitionReassignment[]}[]
}

export interface Admin extends AsyncDisposable {
  connect(): Promise<void>
  disconnect(): Promise<void>
  listTopics(): Promise<string[]>
  createTopics(options: {
    validateOnly?: boolean
    waitForLeaders?: boolean
    timeout?: number
    topics: ITopicConfig[]
  }): Promise<boolean>
  deleteTopics(options: {topics: string[]; timeout?: number}): Promise<void>
  createPartitions(options: {
    validateOnly?: boolean
    timeout?: number
    topicPartitions: ITopicPartitionConfig[]
  }): Promise<boolean>
  fetchTopicMetadata(options?: {topics: string[]}): Promise<{topics: ITopicMetadata[]}>
  fetchOffsets(options: {
    groupId: string
    topics?: string[]
    resolveOffsets?: boolean
  }): Promise<{topic: string; partitions: FetchOffsetsPartition[]}[]>
  /** How many offsets a group has still before it: behind what it committed, or all there are where it committed nothing. Without `topics`, in the partitions that it committed. */
  fetchLag(options: {groupId: string; topics?: string[]}): Promise<PartitionLag[]>
  fetchTopicOffsets(topic: string): Promise<(SeekEntry & {high: string; low: string})[]>
  fetchTopicOffsetsByTimestamp(topic: string, timestamp?: number): Promise<SeekEntry[]>
  describeCluster(): Promise<{
    brokers: {nodeId: number; host: string; port: number}[]
    controller: number | null
    clusterId: string
  }>
  setOffsets(options: {groupId: string; topic: string; partitions: SeekEntry[]}): Promise<void>
  resetOffsets(options: {groupId: string; topic: string; earliest: boolean}): Promise<void>
  describeConfigs(configs: {
    resources: ResourceConfigQuery[]
    includeSynonyms: boolean
  }): Promise<DescribeConfigResponse>
  alterConfigs(configs: {validateOnly: boolean; resources: IResourceConfig[]}): Promise<unknown>
  listGroups(): Promise<{groups: GroupOverview[]}>
  deleteGroups(groupIds: string[]): Promise<DeleteGroupsResult[]>
  describeGroups(groupIds: string[]): Promise<GroupDescriptions>
  describeAcls(options: AclFilter): Promise<DescribeAclResponse>
  deleteAcls(options: {filters: AclFilter[]}): Promise<DeleteAclResponse>
  createAcls(options: {acl: AclEntry[]}): Promise<boolean>
  deleteTopicRecords(options: {topic: string; partitions: SeekEntry[]}): Promise<void>
  alterPartitionReassignments(request: {topics: PartitionReassignment[]; timeout?: number}): Promise<void>
  listPartitionReassignments(request: {
    topics?: TopicPartitions[]
    timeout?: number
  }): Promise<ListPartitionReassignmentsResponse>
  logger(): Logger
  readonly on: Listening<AdminEvents, Network<'admin'>>
  readonly events: AdminEvents
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
}

export interface EachMessagePayload {
  topic: string
  partition: number
  message: KafkaMessage
  heartbeat(): Promise<void>
  pause(): () => void
}

export interface EachBatchPayload {
  batch: Batch
  resolveOffset(offset: string): void
  heartbeat(): Promise<void>
  pause(): () => void
  commitOffsetsIfNecessary(offsets?: Offsets): Promise<void>
  uncommittedOffsets(): OffsetsByTopicPartition
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
  /** How many ms `stop` and `disconnect` wait for handlers that are at it, 30 000 by default; then the consumer leaves the group without them. */
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

export interface Consumer extends AsyncDisposable {
  connect(): Promise<void>
  disconnect(): Promise<void>
  subscribe(subscription: ConsumerSubscribeTopics | ConsumerSubscribeTopic): Promise<void>
  stop(): Promise<void>
  run(config?: ConsumerRunConfig): Promise<void>
  commitOffsets(topicPartitions: TopicPartitionOffsetAndMetadata[]): Promise<void>
  seek(topicPartitionOffset: TopicPartitionOffset): void
  describeGroup(): Promise<GroupDescription>
  pause(topics: {topic: string; partitions?: number[]}[]): void
  paused(): TopicPartitions[]
  resume(topics: {topic: string; partitions?: number[]}[]): void
  readonly on: Listening<ConsumerEvents, ConsumerPayloads>
  logger(): Logger
  readonly events: ConsumerEvents
  /** How many offsets it has still before it in each partition of its share; none while it does not run. */
  lag(): PartitionLag[]
  /** Resolves when this member has joined its group and knows where to read. */
  ready(): Promise<void>
  /** Joins the group and gives the messages one by one. A message counts as handled, for committing, once the next one is asked for. */
  messages(options?: {signal?: AbortSignal}): AsyncGenerator<ConsumedMessage, void, void>
  /** The same as a Node.js stream of `ConsumedMessage`s, which holds about `highWaterMarkBytes` of them ready, 64 KiB by default. Destroying it leaves the group. */
  stream(options?: {highWaterMarkBytes?: number; signal?: AbortSignal}): Readable
}

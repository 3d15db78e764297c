/** What an admin is given, and gives. */
import type {DeleteGroupsResult} from '../errors.ts'
import type {ADMIN_EVENTS} from '../events.ts'
import type {Exact} from '../exact-offsets.ts'
import type {Logger} from '../logger.ts'
import type {PartitionLag} from '../partition-lag.ts'
import type {
  FetchOffsetsPartition,
  Listening,
  Network,
  PartitionMetadata,
  RetryOptions,
  SeekEntry,
  TopicPartitions,
  Waiting,
} from './common.ts'
import type {GroupDescriptions, GroupOverview} from './consumer.ts'

export type AdminEvents = typeof ADMIN_EVENTS

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
  connect(options?: Waiting): Promise<void>
  disconnect(): Promise<void>
  listTopics(options?: Waiting): Promise<string[]>
  createTopics(options: {
    validateOnly?: boolean
    waitForLeaders?: boolean
    timeout?: number
    topics: ITopicConfig[]
    signal?: AbortSignal
  }): Promise<boolean>
  deleteTopics(options: {topics: string[]; timeout?: number} & Waiting): Promise<void>
  createPartitions(options: {
    validateOnly?: boolean
    timeout?: number
    topicPartitions: ITopicPartitionConfig[]
    signal?: AbortSignal
  }): Promise<boolean>
  fetchTopicMetadata(options?: {topics?: string[]} & Waiting): Promise<{topics: ITopicMetadata[]}>
  fetchOffsets(options: {
    groupId: string
    topics?: string[]
    resolveOffsets?: boolean
    signal?: AbortSignal
  }): Promise<{topic: string; partitions: Exact<FetchOffsetsPartition, 'offset'>[]}[]>
  /** How many offsets a group has still before it: behind what it committed, or all there are where it committed nothing. Without `topics`, in the partitions that it committed. */
  fetchLag(options: {groupId: string; topics?: string[]} & Waiting): Promise<PartitionLag[]>
  fetchTopicOffsets(
    topic: string,
    options?: Waiting,
  ): Promise<Exact<SeekEntry & {high: string; low: string}, 'offset' | 'high' | 'low'>[]>
  fetchTopicOffsetsByTimestamp(
    topic: string,
    timestamp?: number,
    options?: Waiting,
  ): Promise<Exact<SeekEntry, 'offset'>[]>
  describeCluster(options?: Waiting): Promise<{
    brokers: {nodeId: number; host: string; port: number}[]
    controller: number | null
    clusterId: string
  }>
  setOffsets(options: {groupId: string; topic: string; partitions: SeekEntry[]} & Waiting): Promise<void>
  resetOffsets(options: {groupId: string; topic: string; earliest: boolean} & Waiting): Promise<void>
  describeConfigs(configs: {
    resources: ResourceConfigQuery[]
    includeSynonyms: boolean
    signal?: AbortSignal
  }): Promise<DescribeConfigResponse>
  alterConfigs(configs: {validateOnly: boolean; resources: IResourceConfig[]} & Waiting): Promise<unknown>
  listGroups(options?: Waiting): Promise<{groups: GroupOverview[]}>
  deleteGroups(groupIds: string[], options?: Waiting): Promise<DeleteGroupsResult[]>
  describeGroups(groupIds: string[], options?: Waiting): Promise<GroupDescriptions>
  describeAcls(options: AclFilter): Promise<DescribeAclResponse>
  deleteAcls(options: {filters: AclFilter[]}): Promise<DeleteAclResponse>
  createAcls(options: {acl: AclEntry[]}): Promise<boolean>
  deleteTopicRecords(options: {topic: string; partitions: SeekEntry[]} & Waiting): Promise<void>
  alterPartitionReassignments(request: {topics: PartitionReassignment[]; timeout?: number} & Waiting): Promise<void>
  listPartitionReassignments(request: {
    topics?: TopicPartitions[]
    timeout?: number
    signal?: AbortSignal
  }): Promise<ListPartitionReassignmentsResponse>
  logger(): Logger
  readonly on: Listening<AdminEvents, Network<'admin'>>
  readonly events: AdminEvents
}

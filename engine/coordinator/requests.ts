/**
 * What brokers ask of coordinators, and the answers: bodies of letters. A write is answered once it is committed, with the end of the
 * metadata log at which it is; a read by any coordinator, from what it has. Names and codes are Kafka's.
 */

import type {CommittedChange, MetadataSnapshot} from '../ensemble/consensus.ts'
import type {BrokerImage, TopicConfigs, TopicImage} from '../ensemble/metadata.ts'
import type {ErrorCode} from '../errors.ts'
import type {ClientImage, ConnectionImage} from './client-registry.ts'
import type {DescribedConfig} from './topic-configs.ts'
import type {Refusal} from './topic-names.ts'

export interface NewTopic {
  readonly name: string
  /** Made up by who asks, so that asking a second time is not taken for a second topic. */
  readonly topicId: string
  /** -1 or nothing stands for the cluster's default; both do, where `assignments` are given. */
  readonly numPartitions?: number
  readonly replicationFactor?: number
  readonly assignments?: readonly (readonly number[])[]
  readonly configs?: TopicConfigs
}

/** A topic by its name or its id. */
export type TopicRef = {readonly name: string} | {readonly topicId: string}

export interface PartitionRef {
  readonly topic: string
  readonly partition: number
}

/** `value` null sets nothing: the topic goes back to the cluster's value. */
export interface ConfigEntry {
  readonly name: string
  readonly value: string | null
}

/** A topic of which a dir holds partitions 0 up to `partitions`. */
export interface FoundTopic {
  readonly name: string
  readonly topicId: string
  readonly partitions: number
}

export type WriteRequest =
  | {readonly type: 'createTopics'; readonly topics: readonly NewTopic[]; readonly validateOnly?: boolean}
  | {readonly type: 'deleteTopics'; readonly topics: readonly TopicRef[]}
  | {
      readonly type: 'createPartitions'
      /** `count`: how many there are to be; `assignments`: of those that come. */
      readonly topics: readonly {
        readonly name: string
        readonly count: number
        readonly assignments?: readonly (readonly number[])[]
      }[]
      readonly validateOnly?: boolean
    }
  | {
      readonly type: 'alterConfigs'
      readonly topics: readonly {readonly name: string; readonly configs: readonly ConfigEntry[]}[]
      readonly validateOnly?: boolean
    }
  | {
      readonly type: 'electLeaders'
      readonly election: 'preferred' | 'unclean'
      /** Nothing stands for all partitions that need it. */
      readonly partitions?: readonly PartitionRef[]
    }
  | {
      readonly type: 'alterPartitionReassignments'
      /** `replicas` null cancels. */
      readonly partitions: readonly (PartitionRef & {readonly replicas: readonly number[] | null})[]
    }
  | {readonly type: 'allocateProducerIds'}
  | {
      readonly type: 'registerBroker'
      readonly broker: number
      readonly incarnation: number
      readonly directoryId: string
      readonly intact: boolean
      /** Topics whose partitions are in the dir: taken over from a broker that registers for the first time, if nobody knows them. */
      readonly found?: readonly FoundTopic[]
    }
  | {readonly type: 'brokerClosing'; readonly broker: number; readonly incarnation: number}

export type ReadRequest =
  | {readonly type: 'listTopics'}
  | {readonly type: 'describeTopics'; readonly topics: readonly TopicRef[]}
  | {readonly type: 'describeConfigs'; readonly topics: readonly string[]}
  | {readonly type: 'describeCluster'}
  | {readonly type: 'listPartitionReassignments'; readonly partitions?: readonly PartitionRef[]}
  /** All that was committed from `from` on. */
  | {readonly type: 'fetchMetadata'; readonly from: number}

export type AdminRequest = WriteRequest | ReadRequest

/** How it went with one of the things asked for. */
export type Outcome<Result = object> = (Result & {readonly error?: undefined}) | Refusal

export interface PartitionReassignment extends PartitionRef {
  readonly replicas: readonly number[]
  readonly adding: readonly number[]
  readonly removing: readonly number[]
}

export interface ListedTopic {
  readonly name: string
  readonly topicId: string
  readonly partitions: number
}

/** What each request comes to; lists are in the order of what was asked. */
export interface Results {
  readonly createTopics: readonly Outcome<{
    readonly topicId: string
    readonly assignments: readonly (readonly number[])[]
  }>[]
  readonly deleteTopics: readonly Outcome<{readonly name: string; readonly topicId: string}>[]
  readonly createPartitions: readonly Outcome[]
  readonly alterConfigs: readonly Outcome[]
  readonly electLeaders: readonly (PartitionRef & Outcome)[]
  readonly alterPartitionReassignments: readonly (PartitionRef & Outcome)[]
  readonly allocateProducerIds: {readonly firstProducerId: number; readonly count: number}
  readonly registerBroker: Outcome
  readonly brokerClosing: Outcome
  readonly listTopics: readonly ListedTopic[]
  readonly describeTopics: readonly Outcome<{readonly topic: TopicImage}>[]
  readonly describeConfigs: readonly Outcome<{readonly configs: readonly DescribedConfig[]}>[]
  readonly describeCluster: {
    readonly brokers: readonly BrokerImage[]
    readonly holder: number
    readonly clients: readonly ClientImage[]
    readonly connections: readonly ConnectionImage[]
    readonly startId?: string
  }
  readonly listPartitionReassignments: readonly PartitionReassignment[]
  readonly fetchMetadata: {readonly changes: readonly CommittedChange[]} | {readonly snapshot: MetadataSnapshot}
}

/** Letter of a broker: `id` comes back with the answer. */
export interface RequestBody {
  readonly type: 'request'
  readonly id: number
  readonly request: AdminRequest
  /** Of a write that several may ask for, as a client has them do: the same for all of them. */
  readonly name?: string
  /** Later than this, on the clock of the machine, nobody wants it any more. */
  readonly deadlineMs?: number
}

/** Letter to who asked. */
export type AnswerBody =
  | {
      readonly type: 'answer'
      readonly id: number
      /** End of the metadata log: of the last change made, or of what was read. */
      readonly end: number
      readonly result: Results[keyof Results]
    }
  | {readonly type: 'answer'; readonly id: number; readonly error: ErrorCode; readonly message: string}

/**
 * Letter of the holder to every broker: what was committed and stands in the map. Who misses what came before asks for it. Without
 * changes it tells of a new holder.
 */
export interface MetadataNotice {
  readonly type: 'metadata'
  /** Lease epoch of the sender. */
  readonly epoch: number
  /** Where its last notice ended. */
  readonly from: number
  readonly end: number
  /** What was committed from there to `end`; some offsets have no change. */
  readonly changes: readonly CommittedChange[]
}

export const PRODUCER_IDS_AT_ONCE = 1000

const READS: readonly string[] = [
  'listTopics',
  'describeTopics',
  'describeConfigs',
  'describeCluster',
  'listPartitionReassignments',
  'fetchMetadata',
] satisfies ReadRequest['type'][]

export function isRead(request: AdminRequest): request is ReadRequest {
  return READS.includes(request.type)
}

export function isRequest(body: unknown): body is RequestBody {
  const {type, request} = (body ?? {}) as Partial<RequestBody>
  return type === 'request' && typeof request?.type === 'string'
}

import type {ClusterMap} from '../cluster/cluster-map.ts'
import type {MetadataImage} from '../coordinator/metadata-image.ts'
import type {AdminRequest, Results} from '../coordinator/requests.ts'
import type {TopicConfigs} from '../ensemble/metadata.ts'
import type {ErrorCode} from '../errors.ts'

/** What came of what coordinators were asked for. */
export type Asked<Result> =
  | {readonly result: Result; readonly error?: undefined}
  | {readonly error: ErrorCode; readonly message: string}

/** A dir of a broker, and how much room its disk has: -1 where nobody knows. */
export interface LogDir {
  readonly path: string
  readonly totalBytes: number
  readonly usableBytes: number
}

/** A config of a broker: set where the cluster was opened, or Kafka's default. */
export interface BrokerConfig {
  readonly name: string
  readonly value: string
  readonly type: 'boolean' | 'string' | 'int' | 'long' | 'list'
}

/** What a broker has of its cluster, for its handlers. */
export interface AdminDesk {
  readonly nodeId: number
  readonly clusterId: string
  readonly image: MetadataImage
  readonly map: ClusterMap
  /** Whether a topic is made by asking for it. */
  readonly autoCreateTopics: boolean
  readonly topicDefaults: TopicConfigs
  readonly brokerConfigs: readonly BrokerConfig[]
  /** Goes to the coordinators; told once the outcome is visible everywhere. */
  ask<Request extends AdminRequest>(
    request: Request,
    options: {readonly nowMs: number; readonly timeoutMs: number},
    told: (outcome: Asked<Results[Request['type']]>) => void,
  ): void
  /** Has a topic made that is asked for, as large as topics are by default; told once it is there, or why it is not. */
  makeTopic(name: string, nowMs: number, told: (error: ErrorCode | undefined) => void): void
  newTopicId(): string
  /** An id that no producer has had, in the life of the cluster. */
  nextProducerId(nowMs: number, told: (id: number | ErrorCode) => void): void
  logDir(): LogDir
}

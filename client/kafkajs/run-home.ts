import type {Cluster} from '../cluster.ts'
import type {Instrumentation} from './events.ts'
import type {Logger} from './logger.ts'
import type {Membership} from './membership.ts'
import type {PausedPartitions} from './paused-partitions.ts'
import type {TopicDirectory} from './topic-directory.ts'
import type {ConsumerRunConfig, RetryOptions} from './types.ts'

/** What a consumer gives to its run. */
export interface RunHome {
  readonly cluster: Cluster
  readonly membership: Membership
  readonly directory: TopicDirectory
  readonly instrumentation: Instrumentation
  readonly logger: Logger
  readonly paused: PausedPartitions
  /** '' where it is in no group. */
  readonly groupId: string
  /** Topics it subscribes to, and whether each is read from its beginning where nothing was committed. */
  readonly topics: ReadonlyMap<string, boolean>
  readonly heartbeatMs: number
  readonly metadataMaxAgeMs: number
  /** How long handlers may go on once it is to stop. */
  readonly stopTimeoutMs: number
  readonly retry: RetryOptions
  readonly config: ConsumerRunConfig
  /** It has given up. */
  readonly crashed: (error: Error) => void
}

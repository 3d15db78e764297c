import type {Crc32c} from '../bytes/crc32c.ts'
import type {TopicSettings} from '../coordinator/topic-configs.ts'
import type {TopicImage} from '../ensemble/metadata.ts'
import type {ErrorCode} from '../errors.ts'
import type {LogSource} from '../log/log-reader.ts'
import type {KnownProducer} from '../log/producer-states.ts'
import type {EpochLine} from './epoch-end.ts'
import type {FetchSessions} from './fetch-sessions.ts'
import type {PartitionAppends} from './partition-appends.ts'
import type {PartitionReads} from './partition-reads.ts'
import type {ServedPartition, TopicKey} from './served-partition.ts'
import type {WaitingFetches} from './waiting-fetches.ts'

/** What a broker has of records, for its handlers. */
export interface LogDesk {
  readonly crc32c: Crc32c
  readonly appends: PartitionAppends
  readonly reads: PartitionReads
  readonly sessions: FetchSessions
  readonly fetches: WaitingFetches
  /** A partition that somebody asks for, or why there is none. */
  partition(topic: TopicKey, index: number): ServedPartition | ErrorCode
  settingsOf(topic: TopicImage): TopicSettings
  /** Where the replica of this broker is read. */
  sourceOf(partition: ServedPartition): LogSource
  /** The reigns that the replica of this broker has on record. */
  epochsOf(partition: ServedPartition): EpochLine
  /** What to tell of a read at `offset` that failed with `error`: bytes that fail their check are looked at by their host first, for another replica may have better ones. */
  readProblem(partition: ServedPartition, offset: number, error: ErrorCode): ErrorCode
  producersOf(partition: ServedPartition, told: (found: readonly KnownProducer[] | ErrorCode) => void): void
}

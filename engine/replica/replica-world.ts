import type {PartitionRow} from '../cluster/partition-row.ts'
import type {Log} from '../log/log.ts'
import type {Replica} from './replica.ts'
import type {ReplicaPeer} from './replica-peer.ts'

/** What a replica of a cluster stands on; all of it handed in. */
export interface ReplicaWorld {
  readonly row: PartitionRow
  readonly slot: number
  /** Number of the thread that hosts this replica. */
  readonly host: number
  /** Whether it is the one replica of its host that shows its newest bytes in the host's arena. */
  readonly hasArena: boolean
  /** As far as the high watermark is known to have come, from before this thread. */
  readonly highWatermark: number
  /** Moves out of the way what another topic of that name has left; called where nobody has ever led this one. */
  putOtherAside(): void
  /** Whether the partition's directory is there: before the first append it need not be. */
  exists(): boolean
  /** Whether the directory should be there and is not. */
  isMissing(): boolean
  /** Opens the log, with its directory made where it is missing. */
  open(nowMs: number): Replica
  /** Moves the directory out of the way: what is in it cannot be trusted. */
  quarantine(): void
  /** Whether what the files of `log` have at `offset` fails its check. */
  isDamaged(log: Log, offset: number): boolean
  peer(slot: number): ReplicaPeer
  /** Wakes the host of another replica. */
  ringReplica(slot: number): void
  /** Wakes the coordinator that holds the lease. */
  ringHolder(): void
  /** Wakes the threads that wait for the partition's ends. */
  ringWaiters(): void
}

import type {DiskFaultOrder} from '../engine/cluster/disk-fault.ts'
import type {CleanOutcome} from '../engine/log/clean-job.ts'
import type {LogConfig} from '../engine/log/log-config.ts'
import type {PartitionRules} from '../engine/replica/partition-rules.ts'
import type {ReplicaOptions} from '../engine/replica/replica.ts'

/** What the topic's configs come to for a replica. */
export interface HostSettings {
  readonly config: LogConfig
  readonly options: ReplicaOptions
  readonly rules: PartitionRules
}

/** What a broker tells one of its threads to host. */
export interface HostOrder extends HostSettings {
  readonly row: number
  readonly slot: number
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  /** Nobody had led the partition when this was said: a log that is there is of another topic of that name, unless it has this id. */
  readonly isNew: boolean
  /** What the dir's checkpoints say. */
  readonly recovery: {
    /** They speak of it: its directory has been there. */
    readonly wasThere: boolean
    readonly clean: boolean
    readonly recoveryPoint: number
    readonly logStartOffset: number
    readonly cleanedEnd: number
    readonly highWatermark: number
  }
  /** The directory to which a partition's directory goes that turned out to be damaged, once others have its data. */
  readonly quarantine: string
}

/** What a host is told; applications send `attach` and `detach`, the host's broker the rest. */
export type HostMessage =
  | ({readonly type: 'host'} & HostOrder)
  /** The replica is not this host's any more: the partition was deleted or moved, so its directory goes. */
  | {readonly type: 'release'; readonly row: number}
  | ({readonly type: 'configure'; readonly row: number} & HostSettings)
  /** An application thread's inbox, read from the count `from`; its place among the threads is `thread`. */
  | {
      readonly type: 'attach'
      readonly thread: number
      /** Told twice, it is the same inbox. */
      readonly name: string
      readonly inbox: SharedArrayBuffer
      readonly from: number
    }
  | {readonly type: 'detach'; readonly thread: number}
  /** The checkpoints were written after the host had asked for that with this number, or could not be. */
  | {readonly type: 'checkpointed'; readonly number: number; readonly failure: string | undefined}
  /** What came of a job that the host had asked for in that life with this number; undefined where it was cut short. */
  | {
      readonly type: 'cleaned'
      readonly row: number
      readonly incarnation: number
      readonly number: number
      readonly outcome: CleanOutcome | undefined
    }
  /** Its broker asks for the producers that a log knows; it hears of them with the same number. */
  | {readonly type: 'describeProducers'; readonly row: number; readonly id: number}
  | {readonly type: 'stall'; readonly ms: number}
  | ({readonly type: 'disk'} & DiskFaultOrder)
  | {readonly type: 'close'}

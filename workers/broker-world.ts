import type {ClusterMap} from '../engine/cluster/cluster-map.ts'
import type {DiskFaultOrder} from '../engine/cluster/disk-fault.ts'
import type {Mailbox} from '../engine/cluster/mail.ts'
import type {RandomBytes} from '../engine/log/data-dir.ts'
import type {Storage} from '../engine/log/storage.ts'
import type {ClusterConfig} from './cluster-config.ts'
import type {RunCleanJob} from './compactions.ts'
import type {GroupSurroundings} from './group-surroundings.ts'
import type {HostStarter} from './hosting.ts'
import type {ListenOrder} from './listener/listen-order.ts'

/** What a broker has around it. */
export interface BrokerWorld {
  readonly id: number
  readonly incarnation: number
  readonly map: ClusterMap
  readonly mailbox: Mailbox
  readonly storage: Storage
  readonly randomBytes: RandomBytes
  readonly config: ClusterConfig
  readonly starter: HostStarter
  readonly clean: RunCleanJob
  /** Lets the thread do nothing for a while, as if the system had stopped it. */
  readonly sleep: (ms: number) => void
  /** Has the disk fail from now on as somebody wants to see it; missing where it cannot. */
  readonly setDiskFaults?: (order: DiskFaultOrder) => void
  /** Has the broker listen for clients as it is told, or no more; missing where it cannot. */
  readonly listen?: (order: ListenOrder | undefined) => void
  /** How large the disk under a path is, and how much of it is free, in bytes; missing where nobody knows. */
  readonly roomOf?: (path: string) => {readonly totalBytes: number; readonly usableBytes: number}
  /** What it takes to coordinate groups; a broker without it has none. */
  readonly groups?: GroupSurroundings
}

import type {ClusterMap} from '../engine/cluster/cluster-map.ts'
import type {DiskFaultOrder} from '../engine/cluster/disk-fault.ts'
import type {Mailbox} from '../engine/cluster/mail.ts'
import type {Clock} from './clock.ts'
import type {HostDisk} from './hosted-log.ts'

/** What a host of replicas has around it. */
export interface HostWorld extends HostDisk {
  readonly map: ClusterMap
  /** Number of this host in the map. */
  readonly number: number
  readonly mailbox: Mailbox
  readonly clock: Clock
  /** The arena of each host, by number. */
  readonly arenas: readonly SharedArrayBuffer[]
  /** What tells a directory from another one that was put in its place; missing where nobody can do that. */
  readonly identityOf?: (path: string) => string | undefined
  /** Lets the thread do nothing for a while, as if the system had stopped it. */
  readonly sleep: (ms: number) => void
  /** Has the disk fail from now on as somebody wants to see it; missing where it cannot. */
  readonly setDiskFaults?: (order: DiskFaultOrder) => void
}

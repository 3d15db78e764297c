import type {ClusterConfig} from './cluster-config.ts'
import type {ListenOrder} from './listener/listen-order.ts'

/** What every thread of a cluster is started with. */
export interface ClusterData {
  /** Name of the cluster within the process: its channels begin with it. */
  readonly name: string
  readonly map: SharedArrayBuffer
  /** The arena of each host, by number. */
  readonly arenas: readonly SharedArrayBuffer[]
  readonly config: ClusterConfig
  /** URL of the script of our threads. */
  readonly entry: string
}

export interface CoordinatorData extends ClusterData {
  readonly id: number
}

export interface BrokerData extends ClusterData {
  readonly id: number
  readonly incarnation: number
  /** Where it listens for clients, if it does. */
  readonly listen: ListenOrder | undefined
}

export interface HostData extends ClusterData {
  readonly number: number
  readonly incarnation: number
}

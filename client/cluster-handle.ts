import type {Durability} from './log-options.ts'

/** What another thread needs to attach to a cluster: structured-cloneable, good for as long as the cluster is open. */
export interface ClusterHandle {
  readonly odradek: 'cluster'
  /** Name of the cluster within the process: its channels begin with it. */
  readonly name: string
  readonly clusterId: string
  readonly map: SharedArrayBuffer
  /** The arena of each host, by number. */
  readonly arenas: readonly SharedArrayBuffer[]
  /** The dir of each broker by its id; 0 is nobody's. */
  readonly brokerDirs: readonly string[]
  /** The script of its threads, where one was given. */
  readonly workerEntry: string | undefined
  readonly durability: Durability
  readonly topicDefaults: Readonly<Record<string, string>>
  readonly sessionTimeoutMs: number
  readonly bufferMemory: number
  readonly deliveryTimeoutMs: number
  readonly defaultApiTimeoutMs: number
  /** The system's id of the thread that opened the cluster, 0 where unknown. */
  readonly openerThread: number
}

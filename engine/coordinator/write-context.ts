import type {ClusterMap} from '../cluster/cluster-map.ts'
import type {TopicConfigs} from '../ensemble/metadata.ts'
import type {Draft} from './draft.ts'
import type {Settling} from './settling.ts'

/** What a write stands on: what was proposed so far, how the cluster is seen, and what goes for a topic that says nothing. */
export interface WriteContext {
  readonly draft: Draft
  readonly settling: Settling
  readonly map: ClusterMap
  readonly nowMs: number
  readonly defaults: TopicDefaults
}

export interface TopicDefaults {
  readonly numPartitions: number
  readonly replicationFactor: number
  /** Configs of the cluster for topics that do not set them. */
  readonly configs: TopicConfigs
}

/** The options of a cluster with every default filled in, as its threads get them. */
export interface ClusterConfig {
  readonly clusterId: string
  /** Differs from one opening to the next. */
  readonly startId: string
  /** Dirs by id, from 1; 0 is nobody's. */
  readonly brokerDirs: readonly string[]
  readonly coordinatorDirs: readonly string[]
  /** Where damaged directories of a broker's partitions are put aside; the broker's own dir where that is on another disk. */
  readonly quarantineDirs: readonly string[]
  readonly durability: 'written' | 'synced'
  readonly sessionTimeoutMs: number
  readonly replicaLagTimeMaxMs: number
  readonly retentionCheckMs: number
  readonly cleanerBackoffMs: number
  readonly numPartitions: number
  readonly replicationFactor: number
  readonly autoCreateTopics: boolean
  /** Files that a thread which hosts replicas may have open at a time. */
  readonly openFilesMax: number
  /** Topic configs for topics that do not set them, by Kafka's dotted names. */
  readonly topicDefaults: Readonly<Record<string, string>>
}

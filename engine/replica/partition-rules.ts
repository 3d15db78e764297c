/** What the rules of a topic and a broker say about a replica. */
export interface PartitionRules {
  readonly minInsyncReplicas: number
  readonly replicaLagTimeMaxMs: number
}

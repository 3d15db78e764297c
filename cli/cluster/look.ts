import type {Admin} from '../../doors/kafkajs.ts'

/** A cluster as its brokers tell of it. */
export interface ClusterLook {
  readonly clusterId: string
  /** -1 where there is none. */
  readonly controller: number
  readonly brokers: readonly BrokerLook[]
  readonly topics: number
  readonly partitions: number
  /** What is wrong, a sentence each. */
  readonly problems: readonly string[]
}

export interface BrokerLook {
  readonly broker: number
  readonly host: string
  readonly port: number
  /** Partitions that it leads, and those that it has. */
  readonly leads: number
  readonly replicas: number
}

export async function lookAtCluster(admin: Admin): Promise<ClusterLook> {
  const [{clusterId, controller, brokers}, {topics}] = await Promise.all([
    admin.describeCluster(),
    admin.fetchTopicMetadata(),
  ])
  const partitions = topics.flatMap(({name, partitions: list}) => list.map(each => ({...each, topic: name})))
  const ids = brokers.map(({nodeId}) => nodeId)
  const missing = new Set(partitions.flatMap(({replicas}) => replicas.filter(id => !ids.includes(id))))
  const problems = [...missing].sort((one, other) => one - other).map(id => `broker ${id} is not there`)
  if (controller === null || controller < 0) problems.push('there is no controller')
  for (const {topic, partitionId, leader, replicas, isr} of partitions) {
    const behind = replicas.filter(id => !isr.includes(id))
    if (leader < 0) problems.push(`${topic}-${partitionId} has no leader`)
    else if (behind.length > 0) problems.push(`${topic}-${partitionId} is not in sync on broker ${behind.join(', ')}`)
  }
  return {
    clusterId,
    controller: controller ?? -1,
    brokers: brokers
      .map(({nodeId, host, port}) => ({
        broker: nodeId,
        host,
        port,
        leads: partitions.filter(({leader}) => leader === nodeId).length,
        replicas: partitions.filter(({replicas}) => replicas.includes(nodeId)).length,
      }))
      .sort((one, other) => one.broker - other.broker),
    topics: topics.length,
    partitions: partitions.length,
    problems,
  }
}

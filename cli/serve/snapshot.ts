import type {Admin} from '../../doors/kafkajs.ts'
import type {Cluster, ClusterMetrics} from '../../index.ts'
import {type Committed, committedOf} from '../group/committed.ts'

/** A cluster at one moment, as `/metrics` and `/healthz` tell of it. */
export interface Snapshot {
  readonly metrics: ClusterMetrics
  /** Address of each broker that listens. */
  readonly addresses: readonly {readonly broker: number; readonly address: string}[]
  readonly partitions: readonly PartitionPlace[]
  readonly groups: readonly GroupSnapshot[]
}

export interface PartitionPlace {
  readonly topic: string
  readonly partition: number
  readonly leader: number
  /** The preferred leader first. */
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
}

export interface GroupSnapshot {
  readonly group: string
  readonly members: number
  readonly committed: readonly Committed[]
}

export async function takeSnapshot(
  cluster: Cluster,
  admin: Admin,
  addresses: Snapshot['addresses'],
): Promise<Snapshot> {
  const partitions = await takePlaces(cluster)
  const names = (await admin.listGroups()).groups.map(({groupId}) => groupId).sort()
  const {groups} = names.length === 0 ? {groups: []} : await admin.describeGroups(names)
  return {
    metrics: cluster.metrics(),
    addresses,
    partitions,
    groups: await Promise.all(
      groups.map(async ({groupId, members}) => ({
        group: groupId,
        members: members.length,
        committed: await committedOf(admin, groupId),
      })),
    ),
  }
}

/** Asks for every topic, so that the cluster's metrics tell of all. */
export async function takePlaces(cluster: Cluster): Promise<PartitionPlace[]> {
  const names = (await cluster.admin.listTopics()).map(({name}) => name).sort()
  // one that is deleted meanwhile is not there any more
  const images = await Promise.all(names.map(name => cluster.topic(name, false).catch(() => undefined)))
  return images.flatMap(image =>
    (image?.partitions ?? []).map(({leader, replicas, isr}, partition) => ({
      topic: image!.name,
      partition,
      leader,
      replicas,
      isr,
    })),
  )
}

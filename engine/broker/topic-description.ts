import {slotsOf} from '../cluster/leadership.ts'
import type {PartitionRow} from '../cluster/partition-row.ts'
import type {PartitionImage, TopicImage} from '../ensemble/metadata.ts'
import {OFFSETS_TOPIC} from '../group/group-partition.ts'
import type {BrokerDesk} from './broker-desk.ts'

/** A partition as clients are told of it. */
export interface PartitionDescription {
  readonly errorCode: 'NONE' | 'LEADER_NOT_AVAILABLE'
  readonly partitionIndex: number
  readonly leaderId: number
  readonly leaderEpoch: number
  readonly replicaNodes: readonly number[]
  readonly isrNodes: readonly number[]
  readonly offlineReplicas: readonly number[]
}

/** What Kafka tells of a topic, or a cluster, to who asks what he may do: everything that clients do, where nobody is refused. */
export const TOPIC_OPERATIONS = bits([3, 4, 5, 6, 7, 8, 10, 11])
export const CLUSTER_OPERATIONS = bits([5, 7, 8, 10, 11, 12])
/** The same, to who did not ask. */
export const NOT_ASKED = -2147483648

function bits(operations: readonly number[]): number {
  return operations.reduce((all, operation) => all | (1 << operation), 0)
}

export function isInternal({name}: TopicImage): boolean {
  return name === OFFSETS_TOPIC
}

/** Partitions of a topic as they stand now, by the map: that is never behind what this broker has heard. */
export class TopicDescriptions {
  readonly #desk: BrokerDesk
  /** Brokers that clients can reach. */
  readonly #listening: ReadonlySet<number>

  constructor(desk: BrokerDesk) {
    this.#desk = desk
    this.#listening = new Set(desk.listeningBrokers().map(({nodeId}) => nodeId))
  }

  partition(partition: PartitionImage, partitionIndex: number): PartitionDescription {
    const {replicas} = partition
    const {leader, leaderEpoch, isr} = standing(partition, this.#desk.admin.map.row(partition.row))
    const isThere = this.#listening.has(leader)
    return {
      errorCode: isThere ? 'NONE' : 'LEADER_NOT_AVAILABLE',
      partitionIndex,
      leaderId: isThere ? leader : -1,
      leaderEpoch,
      replicaNodes: replicas,
      isrNodes: isr,
      offlineReplicas: replicas.filter(broker => !this.#listening.has(broker)),
    }
  }
}

/** Who leads, and who is in sync; where the map speaks of slots that this broker has not heard of, what it has heard. */
function standing(
  partition: PartitionImage,
  row: PartitionRow,
): Pick<PartitionImage, 'leader' | 'leaderEpoch' | 'isr'> {
  const {leader: slot, leaderEpoch, isr: members} = row.leadership
  const leader = slot < 0 ? -1 : partition.slots[slot]
  const isr = slotsOf(members).map(each => partition.slots[each] ?? -1)
  if (leader === undefined || (slot >= 0 && leader < 0) || isr.length === 0 || isr.includes(-1)) return partition
  return {leader, leaderEpoch, isr}
}

/** The broker that clients are told is the controller: any would do, for each passes on what is to be decided. */
export function controllerOf(desk: BrokerDesk): number {
  return desk.listeningBrokers().reduce((least, {nodeId}) => (least < 0 ? nodeId : Math.min(least, nodeId)), -1)
}

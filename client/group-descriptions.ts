import {memberThread} from '../engine/cluster/member-host.ts'
import type {ClientImage} from '../engine/coordinator/client-registry.ts'
import type {DescribeGroupsResponse, ListGroupsResponse} from '../engine/group/requests.ts'
import {decodeAssignment, type TopicPartitionList} from './consumer-protocol.ts'

/** A group among all there are. */
export type ListedGroup = Pick<ListGroupsResponse['groups'][number], 'groupId' | 'protocolType' | 'groupState'>

/** A group as the broker that coordinates it sees it. */
export interface GroupDescription {
  readonly groupId: string
  /** Empty, PreparingRebalance, CompletingRebalance or Stable. */
  readonly groupState: string
  /** `consumer` for consumers. */
  readonly protocolType: string
  /** The assigner they have agreed on; empty while the group is not Stable. */
  readonly protocol: string
  readonly members: readonly GroupMember[]
}

export interface GroupMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly clientId: string
  /** A slash and the address that it came from; for a thread of this process what names that. */
  readonly clientHost: string
  /** The thread of this process that it is in, as `describeCluster` has it among `clients`. */
  readonly thread: Pick<ClientImage, 'id' | 'place' | 'thread'> | undefined
  /** The partitions it has; none before it has any, and where `protocolType` is not `consumer`. */
  readonly assignment: readonly TopicPartitionList[]
  /** Ms since it asked for anything, a heartbeat for one. It begins anew where another broker comes to coordinate the group. */
  readonly idleMs: number
}

export function groupDescription(group: DescribeGroupsResponse['groups'][number]): GroupDescription {
  const {groupId, groupState, protocolType, protocolData, members} = group
  return {
    groupId,
    groupState,
    protocolType,
    protocol: protocolData,
    members: members.map(({memberId, groupInstanceId, clientId, clientHost, memberAssignment, idleMs}) => {
      const inProcess = memberThread(clientHost)
      return {
        memberId,
        groupInstanceId,
        clientId,
        clientHost,
        thread: inProcess && {id: inProcess.address, place: inProcess.place, thread: inProcess.thread},
        assignment: (protocolType === 'consumer' ? decodeAssignment(memberAssignment)?.topics : undefined) ?? [],
        idleMs,
      }
    }),
  }
}

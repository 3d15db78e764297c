import type {Cluster} from '../cluster.ts'
import {throwIf} from './group-membership.ts'
import {bufferOf} from './partition-assigners.ts'
import {asKafkaJS} from './protocol-error.ts'
import type {ConsumerGroupState, GroupDescription} from './types.ts'

/** Groups as their coordinators see them; one that is not there is dead. */
export async function describeGroups(cluster: Cluster, groupIds: readonly string[]): Promise<GroupDescription[]> {
  const {groups} = await asKafkaJS(cluster.groups.request('DescribeGroups', {groups: [...groupIds]}))
  return groups.map(({errorCode, groupId, groupState, protocolType, protocolData, members}) => {
    if (errorCode !== 'GROUP_ID_NOT_FOUND') throwIf(errorCode)
    return {
      errorCode: 0,
      groupId,
      protocolType,
      protocol: protocolData,
      state: groupState as ConsumerGroupState,
      members: members.map(({memberId, clientId, clientHost, memberMetadata, memberAssignment}) => ({
        memberId,
        clientId,
        clientHost,
        memberMetadata: bufferOf(memberMetadata),
        memberAssignment: bufferOf(memberAssignment),
      })),
    }
  })
}

import type {Cluster} from '../cluster.ts'
import {exact} from './exact-offsets.ts'
import {byTopic, throwIf} from './group-membership.ts'
import type {CommittedOffset} from './membership.ts'
import {bufferOf} from './partition-assigners.ts'
import {asKafkaJS} from './protocol-error.ts'
import type {Admin, ConsumerGroupState, GroupDescription, Waiting} from './types.ts'

/** Groups as their coordinators see them; one that is not there is dead. */
export async function describeGroups(
  cluster: Cluster,
  groupIds: readonly string[],
  waiting: Waiting,
): Promise<GroupDescription[]> {
  const {groups} = await asKafkaJS(cluster.groups.request('DescribeGroups', {groups: [...groupIds]}, waiting))
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

/** What a group has committed of these topics, -1 where nothing; of all that it has, where `topics` is null. */
export async function fetchOffsets(
  cluster: Cluster,
  groupId: string,
  topics: readonly {readonly name: string; readonly partitionIndexes: readonly number[]}[] | null,
  waiting: Waiting,
): ReturnType<Admin['fetchOffsets']> {
  const {groups} = await asKafkaJS(cluster.groups.request('OffsetFetch', {groups: [{groupId, topics}]}, waiting))
  throwIf(groups[0]!.errorCode)
  return groups[0]!.topics.map(({name, partitions}) => ({
    topic: name,
    partitions: partitions.map(({partitionIndex, committedOffset, metadata, errorCode}) => {
      throwIf(errorCode)
      const offset = String(committedOffset)
      return exact({partition: partitionIndex, offset, metadata: metadata || null}, 'offset')
    }),
  }))
}

/** Commits in nobody's name, which a group without members takes. */
export async function commitOffsets(
  cluster: Cluster,
  groupId: string,
  offsets: readonly CommittedOffset[],
  waiting: Waiting,
): Promise<void> {
  const topics = byTopic(offsets, ({partition, offset}) => ({partitionIndex: partition, committedOffset: offset}))
  const answer = await asKafkaJS(cluster.groups.request('OffsetCommit', {groupId, topics}, waiting))
  for (const {partitions} of answer.topics) for (const {errorCode} of partitions) throwIf(errorCode)
}

import type {GroupErrorCode} from '../../engine/group/requests.ts'
import type {Cluster} from '../cluster.ts'
import {decodeAssignment, decodeSubscription, type TopicPartitionList} from '../consumer-protocol.ts'
import type {GroupCallOptions} from '../group-calls.ts'
import {KafkaJSNonRetriableError} from './errors.ts'
import type {CommittedOffset, Membership} from './membership.ts'
import {bufferOf, isCooperative} from './partition-assigners.ts'
import {protocolError} from './protocol-error.ts'
import type {TopicDirectory} from './topic-directory.ts'
import type {Assigner} from './types.ts'

export interface MembershipOptions {
  readonly groupId: string
  readonly groupInstanceId: string | undefined
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  readonly topics: readonly string[]
  readonly assigners: readonly Assigner[]
  readonly call: GroupCallOptions
}

/** One member of a consumer group, as its coordinator knows it: it joins, assigns where it leads, and commits in the name of its generation. */
export class GroupMembership implements Membership {
  memberId = ''
  generationId = -1
  leaderId = ''
  protocol = ''
  readonly #cluster: Cluster
  readonly #directory: TopicDirectory
  readonly #options: MembershipOptions

  constructor(cluster: Cluster, directory: TopicDirectory, options: MembershipOptions) {
    this.#cluster = cluster
    this.#directory = directory
    this.#options = options
  }

  get isLeader(): boolean {
    return this.memberId !== '' && this.memberId === this.leaderId
  }

  get isCooperative(): boolean {
    return this.#options.assigners.some(each => each.name === this.protocol && isCooperative(each))
  }

  /** The coordinator does not know this member any more: it joins as a new one. */
  forget(): void {
    this.memberId = ''
    this.generationId = -1
  }

  /** Joins, with what it reads now, until there is an assignment, or the signal aborts. */
  async join(owned: readonly TopicPartitionList[], signal: AbortSignal): Promise<readonly TopicPartitionList[]> {
    const {groupId, groupInstanceId, sessionTimeoutMs, rebalanceTimeoutMs, topics, assigners} = this.#options
    const call = {...this.#options.call, signal}
    const {groups} = this.#cluster
    const protocols = assigners.map(assigner => {
      const {name, metadata} = isCooperative(assigner)
        ? assigner.protocol({topics: [...topics], owned})
        : assigner.protocol({topics: [...topics]})
      return {name, metadata}
    })
    for (;;) {
      const {memberId} = this
      const asked = {groupId, sessionTimeoutMs, rebalanceTimeoutMs, memberId, protocolType: 'consumer', protocols}
      const joined = await groups.request('JoinGroup', {...asked, groupInstanceId: groupInstanceId ?? null}, call)
      this.memberId = joined.errorCode === 'UNKNOWN_MEMBER_ID' ? '' : joined.memberId
      if (AGAIN.includes(joined.errorCode)) continue
      throwIf(joined.errorCode)
      this.generationId = joined.generationId
      this.leaderId = joined.leader
      this.protocol = joined.protocolName ?? ''
      const assignments = this.isLeader ? await this.#assign(joined.members) : []
      const synced = await groups.request('SyncGroup', {...this.#identity, assignments}, {...call, rebalanceTimeoutMs})
      if (synced.errorCode === 'UNKNOWN_MEMBER_ID') this.forget()
      if (AGAIN.includes(synced.errorCode)) continue
      throwIf(synced.errorCode)
      return decodeAssignment(synced.assignment)?.topics ?? []
    }
  }

  /** Tells the coordinator that this member gets on with its work. Throws REBALANCE_IN_PROGRESS where it has to join again. */
  async heartbeat(): Promise<void> {
    throwIf((await this.#cluster.groups.request('Heartbeat', this.#identity, this.#options.call)).errorCode)
  }

  /** A static member does not leave: it is expected back. */
  async leave(): Promise<void> {
    const {memberId} = this
    const {groupId, groupInstanceId, call} = this.#options
    this.forget()
    if (memberId === '' || groupInstanceId !== undefined) return
    await this.#cluster.groups.request('LeaveGroup', {groupId, members: [{memberId}]}, {...call, timeoutMs: LEAVE_MS})
  }

  async commit(offsets: readonly CommittedOffset[], signal: AbortSignal): Promise<void> {
    const {memberId, generationId: generationIdOrMemberEpoch} = this
    const {groupId, groupInstanceId, call} = this.#options
    const topics = byTopic(offsets, ({partition, offset, metadata}) => ({
      partitionIndex: partition,
      committedOffset: offset,
      committedMetadata: metadata ?? null,
    }))
    const member = {groupId, memberId, generationIdOrMemberEpoch, groupInstanceId: groupInstanceId ?? null}
    const answer = await this.#cluster.groups.request('OffsetCommit', {...member, topics}, {...call, signal})
    for (const {partitions} of answer.topics) for (const {errorCode} of partitions) throwIf(errorCode)
  }

  /** The committed offset of each of these, -1 where there is none, in their order. */
  async committed(partitions: readonly {topic: string; partition: number}[]): Promise<number[]> {
    if (partitions.length === 0) return []
    const {groupId, call} = this.#options
    const topics = byTopic(partitions, ({partition}) => partition).map(({name, partitions}) => ({
      name,
      partitionIndexes: partitions,
    }))
    const {groups} = await this.#cluster.groups.request('OffsetFetch', {groups: [{groupId, topics}]}, call)
    throwIf(groups[0]!.errorCode)
    const found = new Map<string, number>()
    for (const {name, partitions} of groups[0]!.topics)
      for (const {partitionIndex, committedOffset, errorCode} of partitions) {
        throwIf(errorCode)
        found.set(`${name}-${partitionIndex}`, committedOffset)
      }
    return partitions.map(({topic, partition}) => found.get(`${topic}-${partition}`) ?? -1)
  }

  /** The coordinator knows topics by their ids. */
  topicDeleted(): void {}

  get #identity(): {groupId: string; generationId: number; memberId: string; groupInstanceId: string | null} {
    const {groupId, groupInstanceId} = this.#options
    const {generationId, memberId} = this
    return {groupId, generationId, memberId, groupInstanceId: groupInstanceId ?? null}
  }

  async #assign(
    members: readonly {readonly memberId: string; readonly metadata: Uint8Array}[],
  ): Promise<{memberId: string; assignment: Uint8Array}[]> {
    const {assigners, topics} = this.#options
    const assigner = assigners.find(({name}) => name === this.protocol)
    if (assigner === undefined)
      throw new KafkaJSNonRetriableError(
        `The group chose the partition assigner "${this.protocol}", which this member has not`,
      )
    const wanted = members.flatMap(({metadata}) => decodeSubscription(metadata)?.topics ?? [])
    await this.#directory.load([...new Set([...topics, ...wanted])])
    const assigned = await assigner.assign({
      members: members.map(({memberId, metadata}) => ({memberId, memberMetadata: bufferOf(metadata)})),
      topics: [...topics],
    })
    return assigned.map(({memberId, memberAssignment}) => {
      if (!(memberAssignment instanceof Uint8Array))
        throw new KafkaJSNonRetriableError(
          `Partition assigner "${this.protocol}" gave member ${memberId} an assignment that is no Buffer`,
        )
      return {memberId, assignment: memberAssignment}
    })
  }
}

/** Whoever goes does not wait longer for a coordinator that does not answer. */
const LEAVE_MS = 5000

/** With these a member joins its group again: that is no failure. */
export const REBALANCING: readonly string[] = [
  'REBALANCE_IN_PROGRESS',
  'NOT_COORDINATOR_FOR_GROUP',
  'ILLEGAL_GENERATION',
]

/** With these the member joins once more. */
const AGAIN: readonly GroupErrorCode[] = [
  'MEMBER_ID_REQUIRED',
  'UNKNOWN_MEMBER_ID',
  'REBALANCE_IN_PROGRESS',
  'ILLEGAL_GENERATION',
]

export function throwIf(code: GroupErrorCode): void {
  if (code !== 'NONE') throw protocolError(code)
}

export function byTopic<Entry extends {readonly topic: string}, Item>(
  entries: readonly Entry[],
  item: (entry: Entry) => Item,
): {name: string; partitions: Item[]}[] {
  const topics = new Map<string, Item[]>()
  for (const entry of entries) {
    const list = topics.get(entry.topic) ?? []
    topics.set(entry.topic, list)
    list.push(item(entry))
  }
  return [...topics].map(([name, partitions]) => ({name, partitions}))
}

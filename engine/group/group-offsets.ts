import type {ErrorCode} from '../errors.ts'
import type {Group} from './group.ts'
import {type CommittedOffset, offsetRecord} from './group-records.ts'
import type {GroupConfig, GroupSurface, Now} from './group-world.ts'
import type {
  GroupErrorCode,
  OffsetCommitRequest,
  OffsetCommitResponse,
  OffsetDeleteRequest,
  OffsetDeleteResponse,
  OffsetFetchRequest,
  OffsetFetchResponse,
} from './requests.ts'
import {subscribedTopics} from './subscribed-topics.ts'
import {tombstones} from './tombstones.ts'

type FetchedGroup = OffsetFetchResponse['groups'][number]
type AskedGroup = OffsetFetchRequest['groups'][number]

/** Kafka's own consumers: only of them it is known what they subscribe to. */
const CONSUMER_PROTOCOL = 'consumer'

/** What groups commit: who may, what is stored, what is told, and when it is forgotten. It counts once it is stored. */
export class GroupOffsets {
  readonly #world: GroupSurface
  readonly #config: GroupConfig

  constructor(world: GroupSurface, config: GroupConfig) {
    this.#world = world
    this.#config = config
  }

  /** False where whoever asks may not commit. */
  commit(
    group: Group,
    asked: OffsetCommitRequest,
    now: Now,
    answer: (response: OffsetCommitResponse) => void,
  ): boolean {
    const problem = refuseCommit(group, asked)
    if (problem !== undefined) {
      answer(refusedCommit(asked, problem))
      return false
    }
    const commits: {readonly topic: string; readonly partition: number; readonly committed: CommittedOffset}[] = []
    const refusals = new Map<string, ErrorCode>()
    for (const {name, partitions} of asked.topics)
      for (const each of partitions) {
        const refusal = this.#refusePartition(name, each)
        if (refusal !== undefined) refusals.set(`${name} ${each.partitionIndex}`, refusal)
        else
          commits.push({
            topic: name,
            partition: each.partitionIndex,
            committed: {
              offset: each.committedOffset,
              leaderEpoch: each.committedLeaderEpoch ?? -1,
              metadata: each.committedMetadata ?? '',
              commitTimestamp: now.wallMs,
              expireTimestamp: -1,
              topicId: this.#world.topic(name)!.topicId,
            },
          })
      }
    const tell = (error: ErrorCode | undefined): void =>
      answer(committed(asked, (topic, partition) => refusals.get(`${topic} ${partition}`) ?? error ?? 'NONE'))
    if (commits.length === 0) {
      tell(undefined)
      return true
    }
    const records = commits.map(each => offsetRecord(group.id, each.topic, each.partition, each.committed))
    group.commits++
    this.#world.append(group, records, error => {
      group.commits--
      if (error === undefined) for (const each of commits) group.offsets.set(each.topic, each.partition, each.committed)
      tell(error === 'MESSAGE_TOO_LARGE' ? 'INVALID_COMMIT_OFFSET_SIZE' : error)
    })
    return true
  }

  fetch(group: Group | undefined, {groupId, topics}: AskedGroup): FetchedGroup {
    const asked =
      topics ?? (group?.offsets.topics ?? []).map(name => ({name, partitionIndexes: group!.offsets.partitionsOf(name)}))
    const told = asked.map(({name, partitionIndexes}) => ({
      name,
      partitions: partitionIndexes.map(partition => this.#tell(name, partition, group?.offsets.get(name, partition))),
    }))
    return {groupId, errorCode: 'NONE', topics: told}
  }

  delete(group: Group, asked: OffsetDeleteRequest, answer: (response: OffsetDeleteResponse) => void): void {
    const subscribed = subscriptionsOf(group)
    if (group.members.size > 0 && subscribed === undefined) {
      answer({errorCode: 'NON_EMPTY_GROUP', topics: []})
      return
    }
    const isFree = (topic: string): boolean => !subscribed?.has(topic)
    const partitions = asked.topics
      .filter(({name}) => isFree(name))
      .flatMap(({name, partitions}) => partitions.map(({partitionIndex}) => [name, partitionIndex] as const))
    const pieces = tombstones(group.id, partitions)
    const errors = new Map<string, ErrorCode>()
    const tell = (): void =>
      answer({
        errorCode: 'NONE',
        topics: asked.topics.map(({name, partitions}) => ({
          name,
          partitions: partitions.map(({partitionIndex}) => ({
            partitionIndex,
            errorCode: isFree(name) ? (errors.get(`${name} ${partitionIndex}`) ?? 'NONE') : 'GROUP_SUBSCRIBED_TO_TOPIC',
          })),
        })),
      })
    let left = pieces.length
    if (left === 0) tell()
    for (const {entries, records} of pieces)
      this.#world.append(group, records, error => {
        for (const [name, partition] of entries)
          if (error === undefined) group.offsets.delete(name, partition)
          else errors.set(`${name} ${partition}`, error)
        if (--left === 0) tell()
      })
  }

  /** Forgets what nobody has come back for; what is stored of it is gone once that is. */
  expire(group: Group, wallMs: number): void {
    const expired = [...group.offsets.all()].filter(([topic, , committed]) =>
      this.#isExpired(group, topic, committed, wallMs),
    )
    for (const {entries, records} of tombstones(group.id, expired))
      this.#world.append(group, records, error => {
        if (error !== undefined) return
        // what was committed meanwhile stands in the log behind its end
        for (const [topic, partition, committed] of entries)
          if (group.offsets.get(topic, partition) === committed) group.offsets.delete(topic, partition)
      })
  }

  #tell(
    name: string,
    partition: number,
    known: CommittedOffset | undefined,
  ): FetchedGroup['topics'][0]['partitions'][0] {
    const isOfTopic = known !== undefined && !this.#isOfAnother(name, known)
    return {
      partitionIndex: partition,
      committedOffset: isOfTopic ? known.offset : -1,
      committedLeaderEpoch: isOfTopic ? known.leaderEpoch : -1,
      metadata: isOfTopic ? known.metadata : '',
      errorCode: 'NONE',
    }
  }

  /** A topic of the same name that was made later has other records. */
  #isOfAnother(name: string, {topicId}: CommittedOffset): boolean {
    const topic = this.#world.topic(name)
    return topic !== undefined && topicId !== '' && topicId !== topic.topicId
  }

  #refusePartition(
    name: string,
    {partitionIndex, committedMetadata}: OffsetCommitRequest['topics'][0]['partitions'][0],
  ): ErrorCode | undefined {
    const topic = this.#world.topic(name)
    if (topic === undefined || !(partitionIndex >= 0 && partitionIndex < topic.partitions))
      return 'UNKNOWN_TOPIC_OR_PARTITION'
    return (committedMetadata?.length ?? 0) > this.#config.offsetMetadataMax ? 'OFFSET_METADATA_TOO_LARGE' : undefined
  }

  #isExpired(group: Group, topic: string, committed: CommittedOffset, wallMs: number): boolean {
    if (this.#world.topic(topic) === undefined || this.#isOfAnother(topic, committed)) return true
    if (committed.expireTimestamp >= 0) return wallMs >= committed.expireTimestamp
    const isOver = (sinceMs: number): boolean => wallMs - sinceMs >= this.#config.offsetsRetentionMs
    // of nobody who ever was in a group
    if (group.protocolType === undefined) return isOver(committed.commitTimestamp)
    if (group.state === 'Empty') return isOver(group.stateSinceMs >= 0 ? group.stateSinceMs : committed.commitTimestamp)
    const subscribed = group.state === 'Stable' ? subscriptionsOf(group) : undefined
    return subscribed !== undefined && !subscribed.has(topic) && isOver(committed.commitTimestamp)
  }
}

export function refusedCommit(asked: OffsetCommitRequest, error: ErrorCode): OffsetCommitResponse {
  return committed(asked, () => error)
}

export function refusedFetch({groupId}: AskedGroup, errorCode: ErrorCode): FetchedGroup {
  return {groupId, errorCode, topics: []}
}

function committed(
  {topics}: OffsetCommitRequest,
  errorOf: (topic: string, partition: number) => GroupErrorCode,
): OffsetCommitResponse {
  return {
    topics: topics.map(({name, partitions}) => ({
      name,
      partitions: partitions.map(({partitionIndex}) => ({
        partitionIndex,
        errorCode: errorOf(name, partitionIndex),
      })),
    })),
  }
}

/** Members commit in their generation; whoever is in no group, only where there is nobody in it. */
function refuseCommit(group: Group, asked: OffsetCommitRequest): ErrorCode | undefined {
  const {generationIdOrMemberEpoch: generation = -1, memberId = '', groupInstanceId = null} = asked
  if (group.state === 'Dead') return 'COORDINATOR_NOT_AVAILABLE'
  if (generation < 0 && group.state === 'Empty') return undefined
  const problem = group.refuse(memberId, groupInstanceId)
  if (problem !== undefined) return problem
  if (generation !== group.generation) return 'ILLEGAL_GENERATION'
  // it has joined and does not have its part yet: what it read before is not its any more
  return group.state === 'CompletingRebalance' ? 'REBALANCE_IN_PROGRESS' : undefined
}

/** What all members subscribe to; undefined where that cannot be told. */
function subscriptionsOf(group: Group): Set<string> | undefined {
  if (group.protocolType !== CONSUMER_PROTOCOL || group.members.size === 0) return undefined
  const topics = new Set<string>()
  for (const member of group.members.values()) {
    const own = subscribedTopics(member.metadata(group.protocolName ?? member.protocols[0]?.name))
    if (own === undefined) return undefined
    for (const topic of own) topics.add(topic)
  }
  return topics
}

import type {ClusterMap} from '../cluster/cluster-map.ts'
import type {PartitionRow} from '../cluster/partition-row.ts'
import type {ReplicaLine} from '../cluster/replica-line.ts'
import type {MetadataImage} from '../coordinator/metadata-image.ts'
import type {TopicImage} from '../ensemble/metadata.ts'
import type {ErrorCode} from '../errors.ts'
import {NO_UUID} from '../wire/field.ts'

/** How a request names a topic: by its id in newer versions, by its name in older ones. */
export interface TopicKey {
  readonly name: string
  readonly topicId: string
}

/** A partition as a broker finds it when somebody asks for it. */
export interface ServedPartition {
  readonly topic: TopicImage
  readonly index: number
  readonly rowNumber: number
  readonly row: PartitionRow
  /** This broker's replica, -1 where it has none. */
  readonly slot: number
}

/** The topic that a request names, or why there is none. */
export function topicOf(image: MetadataImage, {name, topicId}: TopicKey): TopicImage | ErrorCode {
  if (topicId !== NO_UUID) return image.topic(topicId) ?? 'UNKNOWN_TOPIC_ID'
  return image.topicNamed(name) ?? (name === '' ? 'UNKNOWN_TOPIC_ID' : 'UNKNOWN_TOPIC_OR_PARTITION')
}

export function partitionOf(
  {image, map, nodeId}: {image: MetadataImage; map: ClusterMap; nodeId: number},
  topic: TopicImage | ErrorCode,
  index: number,
): ServedPartition | ErrorCode {
  if (typeof topic === 'string') return topic
  const partition = topic.partitions[index]
  if (partition === undefined || image.topic(topic.topicId) === undefined) return 'UNKNOWN_TOPIC_OR_PARTITION'
  const row = map.row(partition.row)
  return {topic, index, rowNumber: partition.row, row, slot: partition.slots.indexOf(nodeId)}
}

/** Why this broker does not answer for a partition to who believes in a leader epoch, -1 for none in particular; undefined where it does. */
export function leadershipProblem({row, slot}: ServedPartition, believedEpoch: number): ErrorCode | undefined {
  const {leader, leaderEpoch} = row.leadership
  if (believedEpoch >= 0 && believedEpoch < leaderEpoch) return 'FENCED_LEADER_EPOCH'
  if (believedEpoch > leaderEpoch) return 'UNKNOWN_LEADER_EPOCH'
  return slot >= 0 && leader === slot && row.replica(slot).followedEpoch === leaderEpoch
    ? undefined
    : 'NOT_LEADER_OR_FOLLOWER'
}

/** The line of this broker's replica; there is one wherever it leads. */
export function ownLine({row, slot}: ServedPartition): ReplicaLine {
  return row.replica(slot)
}

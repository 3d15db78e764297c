import {refuseTopicName} from '../coordinator/topic-names.ts'
import type {TopicImage} from '../ensemble/metadata.ts'
import type {WireResponse} from '../wire/apis.ts'
import {NO_UUID} from '../wire/field.ts'
import type {Handler} from './handler.ts'
import {isInternal, TOPIC_OPERATIONS, TopicDescriptions} from './topic-description.ts'

type Response = WireResponse<'DescribeTopicPartitions'>
type Topic = Response['topics'][number]

/** Partitions in one answer at most (Kafka's `max.request.partition.size.limit`). */
const PARTITIONS_MAX = 2000

/** Topics by name, some partitions an answer: the cursor says where the next one is to go on. */
export const describeTopicPartitions: Handler<'DescribeTopicPartitions'> = ({desk}, asked, answer) => {
  const {cursor, responsePartitionLimit} = asked
  const {image} = desk.admin
  const all = asked.topics.length === 0 ? image.topics.map(({name}) => name) : asked.topics.map(({name}) => name)
  const names = [...new Set(all)].filter(name => cursor === null || name >= cursor.topicName).toSorted(compare)
  const descriptions = new TopicDescriptions(desk)
  const topics: Topic[] = []
  let left = Math.max(1, Math.min(responsePartitionLimit, PARTITIONS_MAX))
  for (const name of names) {
    const topic = image.topicNamed(name)
    if (topic === undefined) {
      topics.push(missing(name))
      continue
    }
    const first = cursor?.topicName === name ? Math.max(0, cursor.partitionIndex) : 0
    if (left === 0) {
      answer({topics, nextCursor: {topicName: name, partitionIndex: first}})
      return
    }
    const partitions = topic.partitions.slice(first, first + left)
    topics.push(described(topic, first, partitions, descriptions))
    left -= partitions.length
    if (first + partitions.length < topic.partitions.length) {
      answer({topics, nextCursor: {topicName: name, partitionIndex: first + partitions.length}})
      return
    }
  }
  answer({topics})
}

function described(
  topic: TopicImage,
  first: number,
  partitions: TopicImage['partitions'],
  descriptions: TopicDescriptions,
): Topic {
  return {
    ...{errorCode: 'NONE', name: topic.name, topicId: topic.topicId, isInternal: isInternal(topic)},
    // there are none, and Java's client takes no null
    partitions: partitions.map((partition, i) => ({
      ...descriptions.partition(partition, first + i),
      ...{eligibleLeaderReplicas: [], lastKnownElr: []},
    })),
    topicAuthorizedOperations: TOPIC_OPERATIONS,
  }
}

function missing(name: string): Topic {
  const errorCode = refuseTopicName(name)?.error ?? 'UNKNOWN_TOPIC_OR_PARTITION'
  return {errorCode, name, topicId: NO_UUID, partitions: []}
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

import type {NewTopic} from '../engine/coordinator/requests.ts'
import {OFFSETS_TOPIC, OFFSETS_TOPIC_PARTITIONS} from '../engine/group/group-partition.ts'

/** Kafka's `offsets.topic.segment.bytes`. */
const SEGMENT_BYTES = 100 * 1024 * 1024

/** The topic that holds what groups commit, with as many replicas as other topics; it is made when the first group is looked for. */
export function offsetsTopic(topicId: string): NewTopic {
  return {
    name: OFFSETS_TOPIC,
    topicId,
    numPartitions: OFFSETS_TOPIC_PARTITIONS,
    configs: {'cleanup.policy': 'compact', 'segment.bytes': String(SEGMENT_BYTES)},
  }
}

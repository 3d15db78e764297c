import type {TopicImage} from '../../engine/ensemble/metadata.ts'
import {errorNumber} from '../../engine/errors.ts'
import type {PartitionMetadata} from './types.ts'

/** The partitions of a topic as KafkaJS tells of them. */
export function partitionMetadataOf({partitions}: TopicImage): PartitionMetadata[] {
  return partitions.map(({leader, replicas, isr}, partitionId) => ({
    partitionErrorCode: leader < 0 ? errorNumber('LEADER_NOT_AVAILABLE') : 0,
    partitionId,
    leader,
    replicas: [...replicas],
    isr: [...isr],
    offlineReplicas: [],
  }))
}

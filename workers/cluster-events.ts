import type {LeaseState} from '../engine/cluster/lease.ts'
import type {MetadataImage} from '../engine/coordinator/metadata-image.ts'
import type {MetadataChange} from '../engine/ensemble/metadata.ts'
import type {ClusterEvent} from './broker-letters.ts'

/** What a change means to those who watch the cluster; `image` is from before it. */
export function eventsOf(image: MetadataImage, change: MetadataChange, lease: LeaseState): ClusterEvent[] {
  switch (change.type) {
    case 'epochStarted':
      return [{type: 'coordinator.changed', ...lease}]
    case 'brokerRegistered':
      return [{type: 'broker.up', broker: change.broker}]
    case 'brokerFenced':
      return [{type: 'broker.down', broker: change.broker, reason: change.reason}]
    case 'topicCreated':
      return [{type: 'topic.created', topic: change.name, partitions: change.assignments.length}]
    case 'topicDeleted': {
      const topic = image.topics.find(({topicId}) => topicId === change.topicId)
      return topic === undefined ? [] : [{type: 'topic.deleted', topic: topic.name}]
    }
    case 'topicConfigured': {
      const topic = image.topics.find(({topicId}) => topicId === change.topicId)
      return topic === undefined ? [] : [{type: 'topic.configured', topic: topic.name}]
    }
    case 'partitionChanged': {
      const topic = image.topics.find(({topicId}) => topicId === change.topicId)
      const before = topic?.partitions[change.partition]
      if (topic === undefined || before === undefined) return []
      const {partition, leader, isr} = change
      const events: ClusterEvent[] = []
      if (leader !== before.leader || change.newEpoch === true)
        events.push({type: 'leader.changed', topic: topic.name, partition, leader, leaderEpoch: before.leaderEpoch + 1})
      if (isr.join() !== before.isr.join()) events.push({type: 'isr.changed', topic: topic.name, partition, isr})
      return events
    }
    default:
      return []
  }
}

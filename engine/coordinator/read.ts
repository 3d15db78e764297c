import type {TopicConfigs} from '../ensemble/metadata.ts'
import type {ClientImage, ConnectionImage} from './client-registry.ts'
import type {MetadataImage} from './metadata-image.ts'
import type {RecentChanges} from './recent-changes.ts'
import type {PartitionReassignment, ReadRequest, Results} from './requests.ts'
import {describeTopicConfigs} from './topic-configs.ts'
import {findTopic} from './write-topics.ts'

/** What a read is answered from: what this coordinator has taken in. */
export interface ReadContext {
  readonly image: MetadataImage
  readonly recent: RecentChanges
  readonly holder: number
  readonly clients: readonly ClientImage[]
  readonly connections: readonly ConnectionImage[]
  readonly topicDefaults: TopicConfigs
}

export function read(request: ReadRequest, context: ReadContext): Results[ReadRequest['type']] {
  const {image, recent} = context
  switch (request.type) {
    case 'listTopics':
      return image.topics.map(({name, topicId, partitions}) => ({name, topicId, partitions: partitions.length}))
    case 'describeTopics':
      return request.topics.map(ref => {
        const topic = findTopic(image, ref)
        // a copy of the list: the image's own changes while the letter waits
        return 'error' in topic ? topic : {topic: {...topic, partitions: [...topic.partitions]}}
      })
    case 'describeConfigs':
      return request.topics.map(name => {
        const topic = findTopic(image, {name})
        return 'error' in topic ? topic : {configs: describeTopicConfigs(topic.config, context.topicDefaults)}
      })
    case 'describeCluster': {
      const {brokers, startId} = image
      const {holder, clients, connections} = context
      return {brokers, holder, clients, connections, ...(startId === undefined ? {} : {startId})}
    }
    case 'listPartitionReassignments':
      return reassignments(image, request)
    case 'fetchMetadata': {
      const changes = recent.from(request.from)
      return changes === undefined ? {snapshot: image.snapshot()} : {changes}
    }
  }
}

function reassignments(
  image: MetadataImage,
  {partitions: asked}: Extract<ReadRequest, {type: 'listPartitionReassignments'}>,
): PartitionReassignment[] {
  const topics =
    asked === undefined ? image.topics : [...new Set(asked.map(({topic}) => topic))].map(name => image.topicNamed(name))
  return topics.flatMap(topic =>
    (topic?.partitions ?? []).flatMap(({replicas, target, original = replicas}, partition) => {
      const isAsked = asked?.some(ref => ref.topic === topic!.name && ref.partition === partition) ?? true
      if (target.length === 0 || !isAsked) return []
      return {
        topic: topic!.name,
        partition,
        replicas,
        adding: target.filter(broker => !original.includes(broker)),
        removing: replicas.filter(broker => !target.includes(broker)),
      }
    }),
  )
}

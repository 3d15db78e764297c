import type {ClusterMap} from '../cluster/cluster-map.ts'
import type {Draft} from './draft.ts'
import type {TopicConfigs} from './metadata.ts'
import type {Results, WriteRequest} from './requests.ts'
import type {Settling} from './settling.ts'
import {allocateProducerIds, brokerClosing, registerBroker} from './write-brokers.ts'
import {alterPartitionReassignments, electLeaders} from './write-partitions.ts'
import {alterConfigs, createPartitions, createTopics, deleteTopics} from './write-topics.ts'

/** What a write stands on: what was proposed so far, how the cluster is seen, and what goes for a topic that says nothing. */
export interface WriteContext {
  readonly draft: Draft
  readonly settling: Settling
  readonly map: ClusterMap
  readonly nowMs: number
  readonly defaults: TopicDefaults
}

export interface TopicDefaults {
  readonly numPartitions: number
  readonly replicationFactor: number
  /** Configs of the cluster for topics that do not set them. */
  readonly configs: TopicConfigs
}

/** Adds to the draft what a request asks for and may have; the result holds, once that is committed. */
export function write(request: WriteRequest, context: WriteContext): Results[WriteRequest['type']] {
  switch (request.type) {
    case 'createTopics':
      return createTopics(request, context)
    case 'deleteTopics':
      return deleteTopics(request, context)
    case 'createPartitions':
      return createPartitions(request, context)
    case 'alterConfigs':
      return alterConfigs(request, context)
    case 'electLeaders':
      return electLeaders(request, context)
    case 'alterPartitionReassignments':
      return alterPartitionReassignments(request, context)
    case 'allocateProducerIds':
      return allocateProducerIds(context)
    case 'registerBroker':
      return registerBroker(request, context)
    case 'brokerClosing':
      return brokerClosing(request, context)
  }
}

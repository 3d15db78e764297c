import type {Results, WriteRequest} from './requests.ts'
import {allocateProducerIds, brokerClosing, registerBroker} from './write-brokers.ts'
import type {WriteContext} from './write-context.ts'
import {alterPartitionReassignments, electLeaders} from './write-partitions.ts'
import {alterConfigs, createPartitions, createTopics, deleteTopics} from './write-topics.ts'

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

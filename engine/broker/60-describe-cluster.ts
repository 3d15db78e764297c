import type {Handler} from './handler.ts'
import {CLUSTER_OPERATIONS, controllerOf, NOT_ASKED} from './topic-description.ts'

/** Kafka's number for the endpoints of brokers. */
const BROKERS = 1

export const describeCluster: Handler<'DescribeCluster'> = ({desk, host}, asked, answer) => {
  const {endpointType, includeFencedBrokers, includeClusterAuthorizedOperations} = asked
  const {clusterId} = desk.admin
  if (endpointType !== BROKERS) {
    const errorMessage = 'clients reach brokers here, and no controllers'
    answer({errorCode: 'MISMATCHED_ENDPOINT_TYPE', errorMessage, endpointType, clusterId, brokers: []})
    return
  }
  const listening = desk.listeningBrokers()
  const brokers = listening.map(({nodeId, port}) => ({brokerId: nodeId, host, port, rack: null, isFenced: false}))
  const away = includeFencedBrokers
    ? desk.admin.image.brokers.filter(({id}) => listening.every(({nodeId}) => nodeId !== id))
    : []
  answer({
    ...{errorCode: 'NONE', endpointType, clusterId, controllerId: controllerOf(desk)},
    brokers: [...brokers, ...away.map(({id}) => ({brokerId: id, host, port: -1, rack: null, isFenced: true}))],
    clusterAuthorizedOperations: includeClusterAuthorizedOperations ? CLUSTER_OPERATIONS : NOT_ASKED,
  })
}

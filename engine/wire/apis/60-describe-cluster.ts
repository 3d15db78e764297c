import {api} from '../api.ts'
import {array, bool, error, int8, int32, string} from '../field.ts'

export const describeCluster = api(
  {key: 60, versions: [0, 2], flexible: 0},
  {
    includeClusterAuthorizedOperations: bool(),
    endpointType: int8({since: 1, default: 1}),
    includeFencedBrokers: bool({since: 2}),
  },
  {
    throttleTimeMs: int32({default: 0}),
    errorCode: error(),
    errorMessage: string({nullable: 0, default: null}),
    endpointType: int8({since: 1, default: 1}),
    clusterId: string(),
    controllerId: int32({default: -1}),
    brokers: array({
      brokerId: int32(),
      host: string(),
      port: int32(),
      rack: string({nullable: 0, default: null}),
      isFenced: bool({since: 2}),
    }),
    clusterAuthorizedOperations: int32({default: -2147483648}),
  },
)

import {api} from '../api.ts'
import {array, bool, error, int32, string} from '../field.ts'

export const alterPartitionReassignments = api(
  {key: 45, versions: [0, 1], flexible: 0},
  {
    timeoutMs: int32({default: 60000}),
    allowReplicationFactorChange: bool({since: 1, default: true}),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        replicas: array(int32(), {nullable: 0, default: null}),
      }),
    }),
  },
  {
    throttleTimeMs: int32({default: 0}),
    allowReplicationFactorChange: bool({since: 1, default: true}),
    errorCode: error(),
    errorMessage: string({nullable: 0}),
    responses: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: error(),
        errorMessage: string({nullable: 0}),
      }),
    }),
  },
)

import {api} from '../api.ts'
import {array, error, int32, string} from '../field.ts'

export const listPartitionReassignments = api(
  {key: 46, versions: [0, 0], flexible: 0},
  {
    timeoutMs: int32({default: 60000}),
    topics: array(
      {
        name: string(),
        partitionIndexes: array(int32()),
      },
      {nullable: 0, default: null},
    ),
  },
  {
    throttleTimeMs: int32({default: 0}),
    errorCode: error(),
    errorMessage: string({nullable: 0}),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        replicas: array(int32()),
        addingReplicas: array(int32()),
        removingReplicas: array(int32()),
      }),
    }),
  },
)

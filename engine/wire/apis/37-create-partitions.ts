import {api} from '../api.ts'
import {array, bool, error, int32, string} from '../field.ts'

export const createPartitions = api(
  {key: 37, versions: [0, 3], flexible: 2},
  {
    topics: array({
      name: string(),
      count: int32(),
      assignments: array(
        {
          brokerIds: array(int32()),
        },
        {nullable: 0},
      ),
    }),
    timeoutMs: int32(),
    validateOnly: bool(),
  },
  {
    throttleTimeMs: int32({default: 0}),
    results: array({
      name: string(),
      errorCode: error(),
      errorMessage: string({nullable: 0, default: null}),
    }),
  },
)

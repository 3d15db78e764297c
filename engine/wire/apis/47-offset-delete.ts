import {api, NEVER} from '../api.ts'
import {array, error, int32, string} from '../field.ts'

export const offsetDelete = api(
  {key: 47, versions: [0, 0], flexible: NEVER},
  {
    groupId: string(),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
      }),
    }),
  },
  {
    errorCode: error(),
    throttleTimeMs: int32({default: 0}),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: error(),
      }),
    }),
  },
)

import {api} from '../api.ts'
import {array, error, int32, int64, string} from '../field.ts'

export const deleteRecords = api(
  {key: 21, versions: [0, 2], flexible: 2},
  {
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        offset: int64(),
      }),
    }),
    timeoutMs: int32(),
  },
  {
    throttleTimeMs: int32({default: 0}),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        lowWatermark: int64(),
        errorCode: error(),
      }),
    }),
  },
)

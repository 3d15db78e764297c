import {api} from '../api.ts'
import {array, error, int8, int32, int64, string} from '../field.ts'

export const listOffsets = api(
  {key: 2, versions: [1, 11], flexible: 6},
  {
    replicaId: int32(),
    isolationLevel: int8({since: 2}),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        currentLeaderEpoch: int32({since: 4, default: -1}),
        timestamp: int64(),
      }),
    }),
    timeoutMs: int32({since: 10}),
  },
  {
    throttleTimeMs: int32({since: 2}),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: error(),
        timestamp: int64({default: -1}),
        offset: int64({default: -1}),
        leaderEpoch: int32({since: 4, default: -1}),
      }),
    }),
  },
)

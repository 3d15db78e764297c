import {api} from '../api.ts'
import {array, error, int32, int64, string} from '../field.ts'

export const offsetForLeaderEpoch = api(
  {key: 23, versions: [2, 4], flexible: 4},
  {
    replicaId: int32({since: 3, default: -2}),
    topics: array({
      topic: string(),
      partitions: array({
        partition: int32(),
        currentLeaderEpoch: int32({default: -1}),
        leaderEpoch: int32(),
      }),
    }),
  },
  {
    throttleTimeMs: int32({default: 0}),
    topics: array({
      topic: string(),
      partitions: array({
        errorCode: error(),
        partition: int32(),
        leaderEpoch: int32({default: -1}),
        endOffset: int64({default: -1}),
      }),
    }),
  },
)

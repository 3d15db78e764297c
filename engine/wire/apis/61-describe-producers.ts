import {api} from '../api.ts'
import {array, error, int32, int64, string} from '../field.ts'

export const describeProducers = api(
  {key: 61, versions: [0, 0], flexible: 0},
  {
    topics: array({
      name: string(),
      partitionIndexes: array(int32()),
    }),
  },
  {
    throttleTimeMs: int32({default: 0}),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: error(),
        errorMessage: string({nullable: 0, default: null}),
        activeProducers: array({
          producerId: int64(),
          producerEpoch: int32(),
          lastSequence: int32({default: -1}),
          lastTimestamp: int64({default: -1}),
          coordinatorEpoch: int32(),
          currentTxnStartOffset: int64({default: -1}),
        }),
      }),
    }),
  },
)

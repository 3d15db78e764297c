import {api} from '../api.ts'
import {array, error, int8, int32, string} from '../field.ts'

export const electLeaders = api(
  {key: 43, versions: [0, 2], flexible: 2},
  {
    electionType: int8({since: 1}),
    topicPartitions: array(
      {
        topic: string(),
        partitions: array(int32()),
      },
      {nullable: 0},
    ),
    timeoutMs: int32({default: 60000}),
  },
  {
    throttleTimeMs: int32({default: 0}),
    errorCode: error({since: 1}),
    replicaElectionResults: array({
      topic: string(),
      partitionResult: array({
        partitionId: int32(),
        errorCode: error(),
        errorMessage: string({nullable: 0}),
      }),
    }),
  },
)

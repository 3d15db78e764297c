import {api} from '../api.ts'
import {array, bool, error, int32, string, struct, uuid} from '../field.ts'

export const describeTopicPartitions = api(
  {key: 75, versions: [0, 0], flexible: 0},
  {
    topics: array({
      name: string(),
    }),
    responsePartitionLimit: int32({default: 2000}),
    cursor: struct(
      {
        topicName: string(),
        partitionIndex: int32(),
      },
      {nullable: 0, default: null},
    ),
  },
  {
    throttleTimeMs: int32({default: 0}),
    topics: array({
      errorCode: error(),
      name: string({nullable: 0}),
      topicId: uuid(),
      isInternal: bool({default: false}),
      partitions: array({
        errorCode: error(),
        partitionIndex: int32(),
        leaderId: int32(),
        leaderEpoch: int32({default: -1}),
        replicaNodes: array(int32()),
        isrNodes: array(int32()),
        eligibleLeaderReplicas: array(int32(), {nullable: 0, default: null}),
        lastKnownElr: array(int32(), {nullable: 0, default: null}),
        offlineReplicas: array(int32()),
      }),
      topicAuthorizedOperations: int32({default: -2147483648}),
    }),
    nextCursor: struct(
      {
        topicName: string(),
        partitionIndex: int32(),
      },
      {nullable: 0, default: null},
    ),
  },
)

import {api} from '../api.ts'
import {array, error, int32, int64, string, uuid} from '../field.ts'

export const offsetCommit = api(
  {key: 8, versions: [2, 10], flexible: 8},
  {
    groupId: string(),
    generationIdOrMemberEpoch: int32({default: -1}),
    memberId: string(),
    groupInstanceId: string({since: 7, nullable: 0, default: null}),
    retentionTimeMs: int64({until: 4, default: -1}),
    topics: array({
      name: string({until: 9}),
      topicId: uuid({since: 10}),
      partitions: array({
        partitionIndex: int32(),
        committedOffset: int64(),
        committedLeaderEpoch: int32({since: 6, default: -1}),
        committedMetadata: string({nullable: 0}),
      }),
    }),
  },
  {
    throttleTimeMs: int32({since: 3}),
    topics: array({
      name: string({until: 9}),
      topicId: uuid({since: 10}),
      partitions: array({
        partitionIndex: int32(),
        errorCode: error(),
      }),
    }),
  },
)

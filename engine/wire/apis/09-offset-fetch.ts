import {api} from '../api.ts'
import {array, bool, error, int32, int64, string, uuid} from '../field.ts'

export const offsetFetch = api(
  {key: 9, versions: [1, 10], flexible: 6},
  {
    groupId: string({until: 7}),
    topics: array(
      {
        name: string(),
        partitionIndexes: array(int32()),
      },
      {until: 7, nullable: 2},
    ),
    groups: array(
      {
        groupId: string(),
        memberId: string({since: 9, nullable: 0, default: null}),
        memberEpoch: int32({since: 9, default: -1}),
        topics: array(
          {
            name: string({until: 9}),
            topicId: uuid({since: 10}),
            partitionIndexes: array(int32()),
          },
          {nullable: 0},
        ),
      },
      {since: 8},
    ),
    requireStable: bool({since: 7}),
  },
  {
    throttleTimeMs: int32({since: 3}),
    topics: array(
      {
        name: string(),
        partitions: array({
          partitionIndex: int32(),
          committedOffset: int64(),
          committedLeaderEpoch: int32({since: 5, default: -1}),
          metadata: string({nullable: 0}),
          errorCode: error(),
        }),
      },
      {until: 7},
    ),
    errorCode: error({since: 2, until: 7}),
    groups: array(
      {
        groupId: string(),
        topics: array({
          name: string({until: 9}),
          topicId: uuid({since: 10}),
          partitions: array({
            partitionIndex: int32(),
            committedOffset: int64(),
            committedLeaderEpoch: int32({default: -1}),
            metadata: string({nullable: 0}),
            errorCode: error(),
          }),
        }),
        errorCode: error({default: 'NONE'}),
      },
      {since: 8},
    ),
  },
)

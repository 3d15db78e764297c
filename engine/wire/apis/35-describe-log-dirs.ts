import {api} from '../api.ts'
import {array, bool, error, int32, int64, string} from '../field.ts'

export const describeLogDirs = api(
  {key: 35, versions: [1, 5], flexible: 2},
  {
    topics: array(
      {
        topic: string(),
        partitions: array(int32()),
      },
      {nullable: 0},
    ),
  },
  {
    throttleTimeMs: int32({default: 0}),
    errorCode: error({since: 3}),
    results: array({
      errorCode: error(),
      logDir: string(),
      topics: array({
        name: string(),
        partitions: array({
          partitionIndex: int32(),
          partitionSize: int64(),
          offsetLag: int64(),
          isFutureKey: bool(),
        }),
      }),
      totalBytes: int64({since: 4, default: -1}),
      usableBytes: int64({since: 4, default: -1}),
      isCordoned: bool({since: 5}),
    }),
  },
)

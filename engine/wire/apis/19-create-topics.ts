import {api} from '../api.ts'
import {array, bool, error, int8, int16, int32, string, uuid} from '../field.ts'

export const createTopics = api(
  {key: 19, versions: [2, 7], flexible: 5},
  {
    topics: array({
      name: string(),
      numPartitions: int32(),
      replicationFactor: int16(),
      assignments: array({
        partitionIndex: int32(),
        brokerIds: array(int32()),
      }),
      configs: array({
        name: string(),
        value: string({nullable: 0}),
      }),
    }),
    timeoutMs: int32({default: 60000}),
    validateOnly: bool({default: false}),
  },
  {
    throttleTimeMs: int32({default: 0}),
    topics: array({
      name: string(),
      topicId: uuid({since: 7}),
      errorCode: error(),
      errorMessage: string({nullable: 0}),
      topicConfigErrorCode: error({since: 5, tag: 0}),
      numPartitions: int32({since: 5, default: -1}),
      replicationFactor: int16({since: 5, default: -1}),
      configs: array(
        {
          name: string(),
          value: string({nullable: 0}),
          readOnly: bool(),
          configSource: int8({default: -1}),
          isSensitive: bool(),
        },
        {since: 5, nullable: 0},
      ),
    }),
  },
)

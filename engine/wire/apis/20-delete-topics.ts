import {api} from '../api.ts'
import {array, error, int32, string, uuid} from '../field.ts'

export const deleteTopics = api(
  {key: 20, versions: [1, 6], flexible: 4},
  {
    topics: array(
      {
        name: string({nullable: 0, default: null}),
        topicId: uuid(),
      },
      {since: 6},
    ),
    topicNames: array(string(), {until: 5}),
    timeoutMs: int32(),
  },
  {
    throttleTimeMs: int32({default: 0}),
    responses: array({
      name: string({nullable: 6}),
      topicId: uuid({since: 6}),
      errorCode: error(),
      errorMessage: string({since: 5, nullable: 0, default: null}),
    }),
  },
)

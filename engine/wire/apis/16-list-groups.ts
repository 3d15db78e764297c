import {api} from '../api.ts'
import {array, error, int32, string} from '../field.ts'

export const listGroups = api(
  {key: 16, versions: [0, 5], flexible: 3},
  {
    statesFilter: array(string(), {since: 4}),
    typesFilter: array(string(), {since: 5}),
  },
  {
    throttleTimeMs: int32({since: 1}),
    errorCode: error(),
    groups: array({
      groupId: string(),
      protocolType: string(),
      groupState: string({since: 4}),
      groupType: string({since: 5}),
    }),
  },
)

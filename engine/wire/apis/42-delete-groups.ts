import {api} from '../api.ts'
import {array, error, int32, string} from '../field.ts'

export const deleteGroups = api(
  {key: 42, versions: [0, 2], flexible: 2},
  {
    groupsNames: array(string()),
  },
  {
    throttleTimeMs: int32({default: 0}),
    results: array({
      groupId: string(),
      errorCode: error(),
    }),
  },
)

import {api} from '../api.ts'
import {array, error, int32, string} from '../field.ts'

export const leaveGroup = api(
  {key: 13, versions: [0, 5], flexible: 4},
  {
    groupId: string(),
    memberId: string({until: 2}),
    members: array(
      {
        memberId: string(),
        groupInstanceId: string({nullable: 0, default: null}),
        reason: string({since: 5, nullable: 0, default: null}),
      },
      {since: 3},
    ),
  },
  {
    throttleTimeMs: int32({since: 1}),
    errorCode: error(),
    members: array(
      {
        memberId: string(),
        groupInstanceId: string({nullable: 0}),
        errorCode: error(),
      },
      {since: 3},
    ),
  },
)

import {api} from '../api.ts'
import {error, int32, string} from '../field.ts'

export const heartbeat = api(
  {key: 12, versions: [0, 4], flexible: 4},
  {
    groupId: string(),
    generationId: int32(),
    memberId: string(),
    groupInstanceId: string({since: 3, nullable: 0, default: null}),
  },
  {
    throttleTimeMs: int32({since: 1}),
    errorCode: error(),
  },
)

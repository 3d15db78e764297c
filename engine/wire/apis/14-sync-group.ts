import {api} from '../api.ts'
import {array, bytes, error, int32, string} from '../field.ts'

export const syncGroup = api(
  {key: 14, versions: [0, 5], flexible: 4},
  {
    groupId: string(),
    generationId: int32(),
    memberId: string(),
    groupInstanceId: string({since: 3, nullable: 0, default: null}),
    protocolType: string({since: 5, nullable: 0, default: null}),
    protocolName: string({since: 5, nullable: 0, default: null}),
    assignments: array({
      memberId: string(),
      assignment: bytes(),
    }),
  },
  {
    throttleTimeMs: int32({since: 1}),
    errorCode: error(),
    protocolType: string({since: 5, nullable: 0, default: null}),
    protocolName: string({since: 5, nullable: 0, default: null}),
    assignment: bytes(),
  },
)

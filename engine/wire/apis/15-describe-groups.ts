import {api} from '../api.ts'
import {array, bool, bytes, error, int32, string} from '../field.ts'

export const describeGroups = api(
  {key: 15, versions: [0, 6], flexible: 5},
  {
    groups: array(string()),
    includeAuthorizedOperations: bool({since: 3}),
  },
  {
    throttleTimeMs: int32({since: 1}),
    groups: array({
      errorCode: error(),
      errorMessage: string({since: 6, nullable: 0, default: null}),
      groupId: string(),
      groupState: string(),
      protocolType: string(),
      protocolData: string(),
      members: array({
        memberId: string(),
        groupInstanceId: string({since: 4, nullable: 0, default: null}),
        clientId: string(),
        clientHost: string(),
        memberMetadata: bytes(),
        memberAssignment: bytes(),
      }),
      authorizedOperations: int32({since: 3, default: -2147483648}),
    }),
  },
)

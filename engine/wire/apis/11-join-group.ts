import {api} from '../api.ts'
import {array, bool, bytes, error, int32, string} from '../field.ts'

export const joinGroup = api(
  {key: 11, versions: [0, 9], flexible: 6},
  {
    groupId: string(),
    sessionTimeoutMs: int32(),
    rebalanceTimeoutMs: int32({since: 1, default: -1}),
    memberId: string(),
    groupInstanceId: string({since: 5, nullable: 0, default: null}),
    protocolType: string(),
    protocols: array({
      name: string(),
      metadata: bytes(),
    }),
    reason: string({since: 8, nullable: 0, default: null}),
  },
  {
    throttleTimeMs: int32({since: 2}),
    errorCode: error(),
    generationId: int32({default: -1}),
    protocolType: string({since: 7, nullable: 0, default: null}),
    protocolName: string({nullable: 7}),
    leader: string(),
    skipAssignment: bool({since: 9}),
    memberId: string(),
    members: array({
      memberId: string(),
      groupInstanceId: string({since: 5, nullable: 0, default: null}),
      metadata: bytes(),
    }),
  },
)

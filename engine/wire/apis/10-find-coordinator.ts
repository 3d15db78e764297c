import {api} from '../api.ts'
import {array, error, int8, int32, string} from '../field.ts'

export const findCoordinator = api(
  {key: 10, versions: [0, 6], flexible: 3},
  {
    key: string({until: 3}),
    keyType: int8({since: 1}),
    coordinatorKeys: array(string(), {since: 4}),
  },
  {
    throttleTimeMs: int32({since: 1}),
    errorCode: error({until: 3}),
    errorMessage: string({since: 1, until: 3, nullable: 0}),
    nodeId: int32({until: 3}),
    host: string({until: 3}),
    port: int32({until: 3}),
    coordinators: array(
      {
        key: string(),
        nodeId: int32(),
        host: string(),
        port: int32(),
        errorCode: error(),
        errorMessage: string({nullable: 0}),
      },
      {since: 4},
    ),
  },
)

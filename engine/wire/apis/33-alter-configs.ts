import {api} from '../api.ts'
import {array, bool, error, int8, int32, string} from '../field.ts'

export const alterConfigs = api(
  {key: 33, versions: [0, 2], flexible: 2},
  {
    resources: array({
      resourceType: int8(),
      resourceName: string(),
      configs: array({
        name: string(),
        value: string({nullable: 0}),
      }),
    }),
    validateOnly: bool(),
  },
  {
    throttleTimeMs: int32({default: 0}),
    responses: array({
      errorCode: error(),
      errorMessage: string({nullable: 0}),
      resourceType: int8(),
      resourceName: string(),
    }),
  },
)

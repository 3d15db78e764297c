import {api} from '../api.ts'
import {array, bool, error, int8, int32, string} from '../field.ts'

export const incrementalAlterConfigs = api(
  {key: 44, versions: [0, 1], flexible: 1},
  {
    resources: array({
      resourceType: int8(),
      resourceName: string(),
      configs: array({
        name: string(),
        configOperation: int8(),
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

import {api} from '../api.ts'
import {array, bool, error, int8, int32, string} from '../field.ts'

export const describeConfigs = api(
  {key: 32, versions: [1, 4], flexible: 4},
  {
    resources: array({
      resourceType: int8(),
      resourceName: string(),
      configurationKeys: array(string(), {nullable: 0}),
    }),
    includeSynonyms: bool({default: false}),
    includeDocumentation: bool({since: 3}),
  },
  {
    throttleTimeMs: int32({default: 0}),
    results: array({
      errorCode: error(),
      errorMessage: string({nullable: 0}),
      resourceType: int8(),
      resourceName: string(),
      configs: array({
        name: string(),
        value: string({nullable: 0}),
        readOnly: bool(),
        configSource: int8({default: -1}),
        isSensitive: bool(),
        synonyms: array({
          name: string(),
          value: string({nullable: 0}),
          source: int8(),
        }),
        configType: int8({since: 3}),
        documentation: string({since: 3, nullable: 0}),
      }),
    }),
  },
)

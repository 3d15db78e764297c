import {api} from '../api.ts'
import {array, bool, error, int16, int32, int64, string} from '../field.ts'

export const apiVersions = api(
  {key: 18, versions: [0, 4], flexible: 3},
  {
    clientSoftwareName: string({since: 3}),
    clientSoftwareVersion: string({since: 3}),
  },
  {
    errorCode: error(),
    apiKeys: array({
      apiKey: int16(),
      minVersion: int16(),
      maxVersion: int16(),
    }),
    throttleTimeMs: int32({since: 1}),
    supportedFeatures: array(
      {
        name: string(),
        minVersion: int16(),
        maxVersion: int16(),
      },
      {since: 3, tag: 0},
    ),
    finalizedFeaturesEpoch: int64({since: 3, default: -1, tag: 1}),
    finalizedFeatures: array(
      {
        name: string(),
        maxVersionLevel: int16(),
        minVersionLevel: int16(),
      },
      {since: 3, tag: 2},
    ),
    zkMigrationReady: bool({since: 3, tag: 3}),
  },
)

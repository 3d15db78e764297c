import {APIS, type WireApi} from '../wire/apis.ts'
import type {Handler} from './handler.ts'
import {versionsOf} from './served-versions.ts'

/** What clients call themselves, where they do. */
const SOFTWARE = /^[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?$/
const SINCE_SOFTWARE = 3

export const apiVersions =
  (served: readonly WireApi[]): Handler<'ApiVersions'> =>
  ({version}, {clientSoftwareName, clientSoftwareVersion}, answer) => {
    const isNamed = version < SINCE_SOFTWARE || [clientSoftwareName, clientSoftwareVersion].every(n => SOFTWARE.test(n))
    if (!isNamed) answer({errorCode: 'INVALID_REQUEST', apiKeys: []})
    else answer({errorCode: 'NONE', apiKeys: served.map(advertised).toSorted((a, b) => a.apiKey - b.apiKey)})
  }

/**
 * Produce is told from version 0 on, though none below 3 is served: older librdkafka compresses only for a broker that says so (KAFKA-18659), and
 * Kafka itself does likewise.
 */
function advertised(name: WireApi): {apiKey: number; minVersion: number; maxVersion: number} {
  const [minVersion, maxVersion] = versionsOf(name)
  return {apiKey: APIS[name].key, minVersion: name === 'Produce' ? 0 : minVersion, maxVersion}
}

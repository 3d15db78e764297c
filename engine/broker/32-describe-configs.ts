import {describeTopicConfigs} from '../coordinator/topic-configs.ts'
import type {ErrorCode} from '../errors.ts'
import type {WireRequest, WireResponse} from '../wire/apis.ts'
import type {AdminDesk} from './admin-desk.ts'
import {CONFIG_SOURCE, CONFIG_TYPE, RESOURCE} from './config-description.ts'
import type {Handler} from './handler.ts'

type Asked = WireRequest<'DescribeConfigs'>['resources'][number]
type Told = WireResponse<'DescribeConfigs'>['results'][number]
type Config = Told['configs'][number]

/** Configs of topics and of brokers; those of a broker are what the cluster was opened with, and stay. */
export const describeConfigs: Handler<'DescribeConfigs'> = ({desk}, {resources, includeSynonyms}, answer) => {
  answer({
    results: resources.map(resource => {
      const {resourceType, resourceName, configurationKeys} = resource
      const found = configsOf(resource, desk.admin)
      if ('error' in found)
        return {errorCode: found.error, errorMessage: found.message, resourceType, resourceName, configs: []}
      const configs = found.configs
        .filter(({name}) => configurationKeys === null || configurationKeys.includes(name))
        .map(config => (includeSynonyms ? config : {...config, synonyms: []}))
      return {errorCode: 'NONE', errorMessage: null, resourceType, resourceName, configs}
    }),
  })
}

function configsOf(
  {resourceType, resourceName}: Asked,
  admin: AdminDesk,
): {configs: Config[]} | {error: ErrorCode; message: string} {
  if (resourceType === RESOURCE.topic) {
    const topic = admin.image.topicNamed(resourceName)
    if (topic === undefined)
      return {error: 'UNKNOWN_TOPIC_OR_PARTITION', message: `there is no topic '${resourceName}'`}
    return {configs: describeTopicConfigs(topic.config, admin.topicDefaults).map(each => described(each, false))}
  }
  if (resourceType !== RESOURCE.broker)
    return {error: 'INVALID_REQUEST', message: `resource type ${resourceType} has no configs here`}
  // without a name: what is set for all brokers while they run, which is nothing
  if (resourceName === '') return {configs: []}
  if (resourceName !== String(admin.nodeId))
    return {error: 'INVALID_REQUEST', message: `this is broker ${admin.nodeId}, not ${resourceName}`}
  return {configs: admin.brokerConfigs.map(each => described({...each, source: 'cluster'}, true))}
}

function described(
  {
    name,
    value,
    type,
    source,
  }: {name: string; value: string; type: keyof typeof CONFIG_TYPE; source: keyof typeof CONFIG_SOURCE},
  readOnly: boolean,
): Config {
  const configSource = CONFIG_SOURCE[source]!
  return {
    ...{name, value, readOnly, configSource, isSensitive: false},
    synonyms: [{name, value, source: configSource}],
    configType: CONFIG_TYPE[type]!,
    documentation: null,
  }
}

import type {ConfigEntry} from '../coordinator/requests.ts'
import {describeTopicConfigs} from '../coordinator/topic-configs.ts'
import type {TopicConfigs} from '../ensemble/metadata.ts'
import type {ErrorCode} from '../errors.ts'
import type {WireRequest} from '../wire/apis.ts'
import {alterConfigs} from './altered-configs.ts'
import type {Handler} from './handler.ts'
import {repeated} from './repeated.ts'

type Asked = WireRequest<'IncrementalAlterConfigs'>['resources'][number]['configs'][number]

/** Kafka's numbers for what is done to a config. */
const OPERATION = {set: 0, delete: 1, append: 2, subtract: 3} as const

/** Changes single configs of topics; others stay. */
export const incrementalAlterConfigs: Handler<'IncrementalAlterConfigs'> = (context, asked, answer) => {
  const {topicDefaults} = context.desk.admin
  alterConfigs(
    context,
    asked,
    ({configs}, {config}) => {
      const [twice] = repeated(configs.map(({name}) => name))
      if (twice !== undefined) return {error: 'INVALID_REQUEST', message: `${twice} is named twice`}
      const entries: ConfigEntry[] = []
      for (const each of configs) {
        const value = changed(each, config, topicDefaults)
        if (typeof value === 'object' && value !== null) return value
        entries.push({name: each.name, value})
      }
      return entries
    },
    answer,
  )
}

/** What the value comes to; null for none of its own. */
function changed(
  {name, configOperation, value}: Asked,
  config: TopicConfigs,
  defaults: TopicConfigs,
): string | null | {error: ErrorCode; message: string} {
  if (configOperation === OPERATION.delete) return null
  if (value === null) return {error: 'INVALID_CONFIG', message: `${name} has no value`}
  if (configOperation === OPERATION.set) return value
  const now = describeTopicConfigs(config, defaults).find(each => each.name === name)
  const isChangeOfList = configOperation === OPERATION.append || configOperation === OPERATION.subtract
  if (!isChangeOfList) return {error: 'INVALID_REQUEST', message: `operation ${configOperation} is not one on configs`}
  if (now?.type !== 'list') return {error: 'INVALID_CONFIG', message: `${name} is no list`}
  const items = now.value.split(',')
  const given = value.split(',')
  return configOperation === OPERATION.append
    ? [...new Set([...items, ...given])].join(',')
    : items.filter(item => !given.includes(item)).join(',')
}

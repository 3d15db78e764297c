import {type Admin, ConfigResourceTypes, ConfigSource} from '../../doors/kafkajs.ts'
import {UsageError} from '../failure.ts'

/** A config as it is given on a command line. */
export interface GivenConfig {
  readonly name: string
  readonly value: string
}

export function configsOf(texts: readonly string[] = []): GivenConfig[] {
  return texts.map(text => {
    const at = text.indexOf('=')
    if (at < 1) throw new UsageError(`a config is given as key=value, not '${text}'`)
    return {name: text.slice(0, at).trim(), value: text.slice(at + 1).trim()}
  })
}

/** The configs of a topic by name: those that were set for it, or all. */
export async function topicConfigs(
  admin: Admin,
  topic: string,
  {all}: {all: boolean},
): Promise<Record<string, string>> {
  const {resources} = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{type: ConfigResourceTypes.TOPIC, name: topic}],
  })
  const entries = resources[0]!.configEntries.filter(
    ({configSource}) => all || configSource === ConfigSource.TOPIC_CONFIG,
  )
  return Object.fromEntries(entries.map(({configName, configValue}) => [configName, configValue]))
}

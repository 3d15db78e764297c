import {type Admin, ConfigResourceTypes} from '../../doors/kafkajs.ts'
import {EXIT, UsageError} from '../failure.ts'
import {Output} from '../output.ts'
import {withAdmin} from '../target/on-target.ts'
import type {TargetOptions} from '../target/open-target.ts'
import {requireTopics} from '../target/topic-names.ts'
import type {Terminal} from '../terminal.ts'
import {countText, harmless} from '../text.ts'
import {configsOf, type GivenConfig, topicConfigs} from './configs.ts'

export interface AlterOptions extends TargetOptions {
  readonly json?: boolean
  readonly partitions?: number
  readonly config?: readonly string[]
  readonly deleteConfig?: readonly string[]
}

/** `odradek topic alter`. Returns the exit code. */
export async function alterTopic(topic: string, options: AlterOptions, terminal: Terminal): Promise<number> {
  const {partitions: count, deleteConfig = []} = options
  const given = configsOf(options.config)
  if (count === undefined && given.length + deleteConfig.length === 0)
    throw new UsageError('alter what? --config key=value, --delete-config key, --partitions N')
  return withAdmin(options, async admin => {
    await requireTopics(admin, [topic])
    if (given.length + deleteConfig.length > 0) await alterConfigs(admin, topic, given, deleteConfig)
    if (count !== undefined) await admin.createPartitions({topicPartitions: [{topic, count}]})
    const {topics} = await admin.fetchTopicMetadata({topics: [topic]})
    const partitions = topics[0]!.partitions.length
    const configs = await topicConfigs(admin, topic, {all: false})
    const out = new Output(terminal.stdout)
    if (options.json) out.object({topic, partitions, configs})
    else {
      const set = Object.entries(configs).map(([name, value]) => `${name}=${value}`)
      const counted = countText(partitions, 'partition')
      out.line(`${harmless(topic)} altered: ${[counted, ...set].map(harmless).join(', ')}`)
    }
    await out.flush()
    return EXIT.fine
  })
}

/** Kafka's AlterConfigs, which every broker knows, says what all of a topic's configs are: those that stay are said again. */
async function alterConfigs(
  admin: Admin,
  topic: string,
  given: readonly GivenConfig[],
  deleted: readonly string[],
): Promise<void> {
  const configs = await topicConfigs(admin, topic, {all: false})
  for (const name of deleted) delete configs[name]
  for (const {name, value} of given) configs[name] = value
  const configEntries = Object.entries(configs).map(([name, value]) => ({name, value}))
  await admin.alterConfigs({
    validateOnly: false,
    resources: [{type: ConfigResourceTypes.TOPIC, name: topic, configEntries}],
  })
}

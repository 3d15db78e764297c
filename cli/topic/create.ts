import {EXIT, Failure} from '../failure.ts'
import {Output} from '../output.ts'
import {withAdmin} from '../target/on-target.ts'
import type {TargetOptions} from '../target/open-target.ts'
import type {Terminal} from '../terminal.ts'
import {harmless} from '../text.ts'
import {configsOf} from './configs.ts'

export interface CreateOptions extends TargetOptions {
  readonly json?: boolean
  readonly partitions?: number
  readonly replicationFactor?: number
  readonly config?: readonly string[]
  readonly ifNotExists?: boolean
}

/** `odradek topic create`. Returns the exit code. */
export async function createTopics(
  topics: readonly string[],
  options: CreateOptions,
  terminal: Terminal,
): Promise<number> {
  const {partitions: numPartitions = -1, replicationFactor = -1} = options
  const configEntries = configsOf(options.config)
  return withAdmin({...options, makes: true}, async admin => {
    const known = await admin.listTopics()
    const missing = topics.filter(topic => !known.includes(topic))
    if (missing.length < topics.length && !options.ifNotExists)
      throw new Failure(`there is already a topic ${topics.filter(topic => known.includes(topic)).join(', ')}`)
    if (missing.length > 0)
      await admin.createTopics({
        waitForLeaders: true,
        topics: missing.map(topic => ({topic, numPartitions, replicationFactor, configEntries})),
      })
    const out = new Output(terminal.stdout)
    for (const topic of topics) {
      const created = missing.includes(topic)
      if (options.json) out.object({topic, created})
      else out.line(`${harmless(topic)} ${created ? 'created' : 'is there already'}`)
    }
    await out.flush()
    return EXIT.fine
  })
}

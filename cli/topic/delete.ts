import {EXIT} from '../failure.ts'
import {Output} from '../output.ts'
import {withAdmin} from '../target/on-target.ts'
import type {TargetOptions} from '../target/open-target.ts'
import {requireTopics} from '../target/topic-names.ts'
import type {Terminal} from '../terminal.ts'
import {harmless} from '../text.ts'

export interface DeleteOptions extends TargetOptions {
  readonly json?: boolean
  readonly ifExists?: boolean
}

/** `odradek topic delete`. Returns the exit code. */
export async function deleteTopics(
  topics: readonly string[],
  options: DeleteOptions,
  terminal: Terminal,
): Promise<number> {
  return withAdmin(options, async admin => {
    if (!options.ifExists) await requireTopics(admin, topics)
    const known = await admin.listTopics()
    const there = topics.filter(topic => known.includes(topic))
    if (there.length > 0) await admin.deleteTopics({topics: there})
    const out = new Output(terminal.stdout)
    for (const topic of topics) {
      const deleted = there.includes(topic)
      if (options.json) out.object({topic, deleted})
      else out.line(`${harmless(topic)} ${deleted ? 'deleted' : 'is not there'}`)
    }
    await out.flush()
    return EXIT.fine
  })
}

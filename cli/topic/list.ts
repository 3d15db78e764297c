import {EXIT} from '../failure.ts'
import {Output} from '../output.ts'
import {paintFor} from '../paint.ts'
import {withAdmin} from '../target/on-target.ts'
import type {TargetOptions} from '../target/open-target.ts'
import {isInternal} from '../target/topic-names.ts'
import type {Terminal} from '../terminal.ts'
import {countText, harmless} from '../text.ts'

export interface ListOptions extends TargetOptions {
  readonly json?: boolean
  readonly internal?: boolean
}

/** `odradek topic list`. Returns the exit code. */
export async function listTopics(options: ListOptions, terminal: Terminal): Promise<number> {
  return withAdmin(options, async admin => {
    const {topics} = await admin.fetchTopicMetadata()
    const listed = topics
      .map(({name, partitions}) => ({
        topic: name,
        partitions: partitions.length,
        replicas: partitions[0]?.replicas.length ?? 0,
        internal: isInternal(name),
      }))
      .filter(({internal}) => options.internal || !internal)
      .sort((one, other) => (one.topic < other.topic ? -1 : 1))
    const out = new Output(terminal.stdout)
    const paint = paintFor(terminal.stdout)
    const width = Math.max(0, ...listed.map(({topic}) => topic.length))
    for (const each of listed) {
      if (options.json) out.object(each)
      else {
        const {topic, partitions, replicas} = each
        const counts = `${countText(partitions, 'partition').padEnd(14)}  ${countText(replicas, 'replica')}`
        out.line(`${paint.bold(harmless(topic).padEnd(width))}  ${paint.dim(counts)}`)
      }
    }
    await out.flush()
    // what a pipe would take for a topic is said beside it
    if (listed.length === 0 && !options.json) terminal.stderr.write('odradek: there are no topics yet\n')
    return EXIT.fine
  })
}

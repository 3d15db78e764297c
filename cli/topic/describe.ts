import type {Admin} from '../../doors/kafkajs.ts'
import {EXIT} from '../failure.ts'
import {Output} from '../output.ts'
import {type Paint, paintFor} from '../paint.ts'
import {tableLines} from '../table.ts'
import {withAdmin} from '../target/on-target.ts'
import type {TargetOptions} from '../target/open-target.ts'
import {isInternal, requireTopics} from '../target/topic-names.ts'
import type {Terminal} from '../terminal.ts'
import {countText, harmless} from '../text.ts'
import {topicConfigs} from './configs.ts'

export interface DescribeOptions extends TargetOptions {
  readonly json?: boolean
  readonly allConfigs?: boolean
}

interface DescribedPartition {
  readonly partition: number
  /** -1 where nobody leads, and nobody can tell the offsets. */
  readonly leader: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  readonly low: number
  readonly high: number
}

interface DescribedTopic {
  readonly topic: string
  readonly partitions: readonly DescribedPartition[]
  readonly configs: Readonly<Record<string, string>>
}

/** `odradek topic describe`. Returns the exit code. */
export async function describeTopics(
  names: readonly string[],
  options: DescribeOptions,
  terminal: Terminal,
): Promise<number> {
  return withAdmin(options, async admin => {
    await requireTopics(admin, names)
    const wanted = names.length > 0 ? names : (await admin.listTopics()).filter(topic => !isInternal(topic)).sort()
    const out = new Output(terminal.stdout)
    const paint = paintFor(terminal.stdout)
    for (const name of wanted) {
      const topic = await describe(admin, name, options.allConfigs ?? false)
      if (options.json) out.object(topic)
      else for (const line of topicLines(topic, paint)) out.line(line)
      await out.flush()
    }
    if (wanted.length === 0 && !options.json) terminal.stderr.write('odradek: there are no topics yet\n')
    return EXIT.fine
  })
}

async function describe(admin: Admin, name: string, all: boolean): Promise<DescribedTopic> {
  const {topics} = await admin.fetchTopicMetadata({topics: [name]})
  const partitions = topics[0]!.partitions.sort((one, other) => one.partitionId - other.partitionId)
  const [configs, ends] = await Promise.all([
    topicConfigs(admin, name, {all}),
    // nobody knows the offsets of a partition without a leader
    partitions.some(({leader}) => leader < 0) ? [] : admin.fetchTopicOffsets(name),
  ])
  return {
    topic: name,
    partitions: partitions.map(({partitionId: partition, leader, replicas, isr}) => {
      const {low, high} = ends.find(end => end.partition === partition) ?? {low: -1, high: -1}
      return {partition, leader, replicas, isr, low: Number(low), high: Number(high)}
    }),
    configs,
  }
}

function* topicLines({topic, partitions, configs}: DescribedTopic, paint: Paint): Generator<string> {
  const replicas = partitions[0]?.replicas.length ?? 0
  const counts = `${countText(partitions.length, 'partition')}, ${countText(replicas, 'replica')}`
  yield `${paint.bold(harmless(topic))}  ${counts}`
  for (const [name, value] of Object.entries(configs)) yield `  ${paint.yellow(harmless(name))} = ${harmless(value)}`
  const rows = partitions.map(({partition, leader, replicas: all, isr, low, high}) => [
    String(partition),
    leader < 0 ? 'none' : String(leader),
    all.join(','),
    isr.join(','),
    high < 0 ? 'unknown' : `[${low}, ${high})`,
  ])
  yield* tableLines(['PARTITION', 'LEADER', 'REPLICAS', 'IN SYNC', 'OFFSETS'], rows, paint)
}

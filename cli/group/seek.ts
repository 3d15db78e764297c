import type {Admin} from '../../doors/kafkajs.ts'
import type {Position} from '../arguments.ts'
import {EXIT, Failure} from '../failure.ts'
import {Output} from '../output.ts'
import {paintFor} from '../paint.ts'
import {tableLines} from '../table.ts'
import {withAdmin} from '../target/on-target.ts'
import type {TargetOptions} from '../target/open-target.ts'
import {startsOf} from '../target/starts.ts'
import {requireTopics} from '../target/topic-names.ts'
import type {Terminal} from '../terminal.ts'
import {harmless} from '../text.ts'
import {commitFor} from './commit.ts'
import {byPlace, committedOf} from './committed.ts'

export interface SeekOptions extends TargetOptions {
  readonly json?: boolean
  readonly to: Position
  readonly dryRun?: boolean
}

interface Move {
  readonly topic: string
  readonly partition: number
  readonly from: number | null
  readonly to: number
}

/** `odradek group seek`. Returns the exit code. */
export async function seekGroup(
  group: string,
  places: readonly string[],
  options: SeekOptions,
  terminal: Terminal,
): Promise<number> {
  return withAdmin(options, async (admin, kafka) => {
    const moves = await movesOf(admin, group, places, options.to)
    const offsets = moves.map(({topic, partition, to}) => ({topic, partition, offset: to}))
    if (!options.dryRun) await commitFor(kafka, admin, group, offsets)
    const out = new Output(terminal.stdout)
    if (options.json) for (const move of moves) out.object({group, ...move})
    else {
      const rows = moves.map(({topic, partition, from, to}) => [
        harmless(topic),
        String(partition),
        from === null ? '-' : String(from),
        String(to),
      ])
      for (const line of tableLines(['TOPIC', 'PARTITION', 'FROM', 'TO'], rows, paintFor(terminal.stdout)))
        out.line(line)
    }
    await out.flush()
    if (options.dryRun) terminal.stderr.write('odradek: nothing was changed: this was a dry run\n')
    return EXIT.fine
  })
}

async function movesOf(admin: Admin, group: string, places: readonly string[], to: Position): Promise<Move[]> {
  const committed = await committedOf(admin, group)
  const wanted = places.length > 0 ? places.map(placeOf) : [...new Set(committed.map(({topic}) => topic))].map(placeOf)
  if (wanted.length === 0) throw new Failure(`group ${group} has committed nothing; name the topics`)
  const topics = [...new Set(wanted.map(({topic}) => topic))]
  await requireTopics(admin, topics)
  const moves: Move[] = []
  for (const topic of topics) {
    const starts = await startsOf(admin, topic, to)
    const named = wanted.filter(each => each.topic === topic)
    const isWhole = named.some(({partition}) => partition === undefined)
    for (const {partition} of named)
      if (partition !== undefined && !starts.some(each => each.partition === partition))
        throw new Failure(`${topic} has partitions 0 to ${starts.length - 1}, not ${partition}`)
    for (const {partition, start} of starts) {
      if (!isWhole && !named.some(each => each.partition === partition)) continue
      const before = committed.find(each => each.topic === topic && each.partition === partition)
      moves.push({topic, partition, from: before?.offset ?? null, to: start})
    }
  }
  return moves.sort(byPlace)
}

/** A topic, or one partition of it. No topic has a colon in its name. */
function placeOf(text: string): {topic: string; partition: number | undefined} {
  const [, topic, partition] = /^(.*?)(?::(\d+))?$/.exec(text)!
  return {topic: topic!, partition: partition === undefined ? undefined : Number(partition)}
}

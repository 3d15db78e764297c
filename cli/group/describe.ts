import {type Admin, AssignerProtocol} from '../../doors/kafkajs.ts'
import {EXIT, Failure} from '../failure.ts'
import {Output} from '../output.ts'
import {type Paint, paintFor} from '../paint.ts'
import {tableLines} from '../table.ts'
import {withAdmin} from '../target/on-target.ts'
import type {TargetOptions} from '../target/open-target.ts'
import {type Start, startsOf} from '../target/starts.ts'
import type {Terminal} from '../terminal.ts'
import {countText, harmless} from '../text.ts'
import {byPlace, committedOf} from './committed.ts'

export interface DescribeOptions extends TargetOptions {
  readonly json?: boolean
}

interface DescribedGroup {
  readonly group: string
  readonly state: string
  readonly protocol: string
  readonly lag: number
  readonly members: readonly {readonly member: string; readonly client: string; readonly host: string}[]
  readonly partitions: readonly GroupPartition[]
}

interface GroupPartition {
  readonly topic: string
  readonly partition: number
  readonly committed: number | null
  readonly end: number
  readonly lag: number
  readonly member: string | null
}

/** `odradek group describe`. Returns the exit code. */
export async function describeGroups(
  groups: readonly string[],
  options: DescribeOptions,
  terminal: Terminal,
): Promise<number> {
  return withAdmin(options, async admin => {
    const out = new Output(terminal.stdout)
    const paint = paintFor(terminal.stdout)
    for (const group of groups) {
      const described = await describe(admin, group)
      if (options.json) out.object(described)
      else for (const line of groupLines(described, paint)) out.line(line)
      await out.flush()
    }
    return EXIT.fine
  })
}

async function describe(admin: Admin, group: string): Promise<DescribedGroup> {
  const {groups} = await admin.describeGroups([group])
  const {state, protocol, members} = groups[0]!
  const committed = await committedOf(admin, group)
  if (state === 'Dead' && committed.length === 0) throw new Failure(`there is no group ${group}`)
  const assigned = members.flatMap(({memberId, memberAssignment}) => {
    const parts = memberAssignment.length === 0 ? null : AssignerProtocol.MemberAssignment.decode(memberAssignment)
    return Object.entries(parts?.assignment ?? {}).flatMap(([topic, partitions]) =>
      partitions.map(partition => ({topic, partition, member: memberId})),
    )
  })
  const is = (one: {topic: string; partition: number}) => (other: {topic: string; partition: number}) =>
    one.topic === other.topic && one.partition === other.partition
  const places = [...committed, ...assigned.filter(each => !committed.some(is(each)))].sort(byPlace)
  const ends = await endsOf(admin, new Set(places.map(({topic}) => topic)))
  const partitions = places.flatMap(({topic, partition}): GroupPartition[] => {
    const ended = ends.get(topic)?.find(end => end.partition === partition)
    // of a topic that was deleted meanwhile
    if (ended === undefined) return []
    const {low, high} = ended
    const offset = committed.find(is({topic, partition}))?.offset ?? null
    const lag = Math.max(0, high - Math.max(low, offset ?? low))
    const member = assigned.find(is({topic, partition}))?.member ?? null
    return [{topic, partition, committed: offset, end: high, lag, member}]
  })
  return {
    group,
    state,
    protocol,
    lag: partitions.reduce((sum, {lag}) => sum + lag, 0),
    members: members.map(({memberId, clientId, clientHost}) => ({
      member: memberId,
      client: clientId,
      host: clientHost.replace(/^\//, ''),
    })),
    partitions,
  }
}

async function endsOf(admin: Admin, topics: ReadonlySet<string>): Promise<Map<string, Start[]>> {
  const known = await admin.listTopics()
  const there = [...topics].filter(topic => known.includes(topic))
  return new Map(await Promise.all(there.map(async topic => [topic, await startsOf(admin, topic, 'latest')] as const)))
}

function* groupLines(
  {group, state, protocol, lag, members, partitions}: DescribedGroup,
  paint: Paint,
): Generator<string> {
  const how = protocol === '' ? '' : `, ${harmless(protocol)}`
  const behind = lag === 0 ? paint.green('lag 0') : paint.yellow(`lag ${lag}`)
  yield `${paint.bold(harmless(group))}  ${state}, ${countText(members.length, 'member')}${how}, ${behind}`
  if (partitions.length > 0) {
    const rows = partitions.map(({topic, partition, committed, end, lag: own, member}) => [
      harmless(topic),
      String(partition),
      committed === null ? '-' : String(committed),
      String(end),
      String(own),
      member === null ? '-' : harmless(member),
    ])
    yield* tableLines(['TOPIC', 'PARTITION', 'COMMITTED', 'END', 'LAG', 'MEMBER'], rows, paint)
  }
  const idle = members.filter(({member}) => !partitions.some(each => each.member === member))
  for (const {member, host} of idle) yield `  ${harmless(member)} on ${harmless(host)} has no partition`
}

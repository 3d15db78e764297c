import type {TopicPartitionList} from './consumer-protocol.ts'

/** A member of a group, as the one that assigns sees it. */
export interface AssignedMember {
  readonly memberId: string
  readonly topics: readonly string[]
  /** What it reads now. */
  readonly owned: readonly TopicPartitionList[]
}

interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** Says what each member is to read; members that read nothing are left out. `partitionsOf` a topic is how many it has. */
export type Assign = (
  members: readonly AssignedMember[],
  partitionsOf: (topic: string) => number,
) => Map<string, TopicPartitionList[]>

/** Kafka's `RangeAssignor`: of each topic a stretch of partitions, so that topics with the same keys have the same partitions at the same member. */
export const assignRanges: Assign = (members, partitionsOf) => {
  const plan = new Plan()
  for (const topic of topicsOf(members)) {
    const readers = byId(members.filter(({topics}) => topics.includes(topic)))
    const count = partitionsOf(topic)
    const each = Math.floor(count / readers.length)
    const more = count % readers.length
    let next = 0
    for (const [i, {memberId}] of readers.entries())
      for (const end = next + each + (i < more ? 1 : 0); next < end; next++)
        plan.give(memberId, {topic, partition: next})
  }
  return plan.lists()
}

/** Partitions of all topics in turn, to members by the order of their ids; a member that does not want the topic is passed over. */
export const assignInTurn: Assign = (members, partitionsOf) => {
  const plan = new Plan()
  const sorted = byId(members)
  let turn = 0
  for (const each of partitionsIn(members, partitionsOf)) {
    while (!sorted[turn % sorted.length]!.topics.includes(each.topic)) turn++
    plan.give(sorted[turn % sorted.length]!.memberId, each)
    turn++
  }
  return plan.lists()
}

/**
 * Everybody keeps what it reads, as far as that is fair; the rest goes to whoever has least. What has to change hands is given to nobody for now: its
 * owner lets go of it, and then everybody joins once more (KIP-429).
 */
export const assignCooperatively: Assign = (members, partitionsOf) => {
  const all = partitionsIn(members, partitionsOf)
  const wanted = new Map(members.map(({memberId, topics}) => [memberId, new Set(topics)]))
  const owner = new Map<string, string>()
  // two that claim the same were not told of each other: neither's claim counts for more, so the first by id has it
  for (const {memberId, owned} of byId(members))
    for (const {topic, partitions} of owned)
      for (const partition of partitions)
        if (!owner.has(nameOf({topic, partition})) && wanted.get(memberId)!.has(topic))
          owner.set(nameOf({topic, partition}), memberId)
  const has = new Map(byId(members).map(({memberId}) => [memberId, [] as TopicPartition[]]))
  const free: TopicPartition[] = []
  for (const each of all) {
    const of = owner.get(nameOf(each))
    if (of === undefined) free.push(each)
    else has.get(of)!.push(each)
  }
  for (const each of free) has.get(leastOf(has, wanted, each))!.push(each)
  balance(has, wanted)
  const plan = new Plan()
  for (const [memberId, list] of has)
    for (const each of list) {
      const before = owner.get(nameOf(each))
      if (before === undefined || before === memberId) plan.give(memberId, each)
    }
  return plan.lists()
}

/** Moves single partitions from who has most to who has least, as long as that makes it fairer. */
function balance(has: Map<string, TopicPartition[]>, wanted: ReadonlyMap<string, ReadonlySet<string>>): void {
  for (let moved = true; moved; ) {
    moved = false
    for (const [from, list] of [...has].sort(([, one], [, other]) => other.length - one.length)) {
      const index = list.findLastIndex(each => has.get(leastOf(has, wanted, each))!.length + 1 < has.get(from)!.length)
      if (index < 0) continue
      const [each] = list.splice(index, 1)
      has.get(leastOf(has, wanted, each!))!.push(each!)
      moved = true
    }
  }
}

/** Who has least of those that want the topic. */
function leastOf(
  has: ReadonlyMap<string, readonly TopicPartition[]>,
  wanted: ReadonlyMap<string, ReadonlySet<string>>,
  {topic}: TopicPartition,
): string {
  let least = ''
  for (const [memberId, list] of has)
    if (wanted.get(memberId)!.has(topic) && (least === '' || list.length < has.get(least)!.length)) least = memberId
  return least
}

/** Who gets what. */
class Plan {
  readonly #given = new Map<string, Map<string, number[]>>()

  give(memberId: string, {topic, partition}: TopicPartition): void {
    const topics = this.#given.get(memberId) ?? new Map<string, number[]>()
    this.#given.set(memberId, topics)
    const partitions = topics.get(topic) ?? []
    topics.set(topic, partitions)
    partitions.push(partition)
  }

  lists(): Map<string, TopicPartitionList[]> {
    const lists = new Map<string, TopicPartitionList[]>()
    for (const [memberId, topics] of this.#given)
      lists.set(
        memberId,
        [...topics].map(([topic, partitions]) => ({topic, partitions: partitions.sort((one, other) => one - other)})),
      )
    return lists
  }
}

function byId<Member extends {readonly memberId: string}>(members: readonly Member[]): Member[] {
  return [...members].sort((one, other) => (one.memberId < other.memberId ? -1 : 1))
}

function topicsOf(members: readonly AssignedMember[]): string[] {
  return [...new Set(members.flatMap(({topics}) => topics))].sort()
}

function partitionsIn(members: readonly AssignedMember[], partitionsOf: (topic: string) => number): TopicPartition[] {
  return topicsOf(members).flatMap(topic =>
    Array.from({length: partitionsOf(topic)}, (_, partition) => ({topic, partition})),
  )
}

function nameOf({topic, partition}: TopicPartition): string {
  return `${topic}-${partition}`
}

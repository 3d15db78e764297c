import type {Admin} from '../../doors/kafkajs.ts'

/** What a group has committed of one partition. */
export interface Committed {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** All that a group has committed, in the order of topics and partitions. */
export async function committedOf(admin: Admin, groupId: string): Promise<Committed[]> {
  const topics = await admin.fetchOffsets({groupId})
  return topics
    .flatMap(({topic, partitions}) =>
      partitions.map(({partition, offset}) => ({topic, partition, offset: Number(offset)})),
    )
    .filter(({offset}) => offset >= 0)
    .sort(byPlace)
}

export function byPlace(one: Omit<Committed, 'offset'>, other: Omit<Committed, 'offset'>): number {
  if (one.topic !== other.topic) return one.topic < other.topic ? -1 : 1
  return one.partition - other.partition
}

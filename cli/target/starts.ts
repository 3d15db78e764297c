import type {Admin} from '../../doors/kafkajs.ts'
import type {Position} from '../arguments.ts'

/** A partition with the offset that a position means in it. */
export interface Start {
  readonly partition: number
  /** First offset that can be read, and the one behind the last. */
  readonly low: number
  readonly high: number
  readonly start: number
}

/** Where a position is in each partition of a topic. An offset outside of a partition is its nearer end. */
export async function startsOf(admin: Admin, topic: string, position: Position): Promise<Start[]> {
  const ends = await admin.fetchTopicOffsets(topic)
  const times =
    typeof position === 'object' && 'timestamp' in position
      ? await admin.fetchTopicOffsetsByTimestamp(topic, position.timestamp)
      : []
  return ends
    .map(({partition, low: first, high: end}) => {
      const [low, high] = [Number(first), Number(end)]
      const time = times.find(each => each.partition === partition)
      return {partition, low, high, start: startIn(position, {low, high, time: Number(time?.offset ?? high)})}
    })
    .sort((one, other) => one.partition - other.partition)
}

function startIn(position: Position, {low, high, time}: {low: number; high: number; time: number}): number {
  if (position === 'earliest') return low
  if (position === 'latest') return high
  if ('last' in position) return Math.max(low, high - position.last)
  if ('timestamp' in position) return time < 0 ? high : time
  return Math.min(high, Math.max(low, position.offset))
}

import {type Leadership, slotsOf} from '../cluster/leadership.ts'

/** What a leader sees of a replica: the epoch it follows, and its end. */
export interface ReplicaEnd {
  readonly epoch: number
  readonly end: number
}

/**
 * How far every member of the ISR has come, or undefined where that cannot be told: one of them does not follow this epoch yet,
 * or there are fewer than `minIsr`. `pending` are slots whose entry into the ISR was asked for: they count as
 * members from then on, for the coordinator may have let them in (Kafka's maximal ISR).
 */
export function reachedByAll(
  leadership: Leadership,
  pending: number,
  minIsr: number,
  endOf: (slot: number) => ReplicaEnd,
): number | undefined {
  const members = slotsOf(leadership.isr)
  if (members.length < minIsr) return undefined
  let least = Number.POSITIVE_INFINITY
  for (const slot of slotsOf(leadership.isr | pending)) {
    const {epoch, end} = endOf(slot)
    if (epoch !== leadership.leaderEpoch) return undefined
    least = Math.min(least, end)
  }
  return least
}

import {REPLICAS_MAX} from '../limits.ts'
import type {Refusal} from './topic-names.ts'

export interface Placement {
  readonly partitions: number
  readonly replicationFactor: number
  /** Brokers that take replicas, ascending. */
  readonly brokers: readonly number[]
  /** Moves the first leader, and the distance of the followers, from topic to topic. */
  readonly start: number
  /** Partitions that the topic has already. */
  readonly existing?: number
}

/**
 * Kafka's way to place replicas without racks: leaders go round robin over the brokers, and each round over all brokers has the
 * followers one broker further from their leader, so that the partitions of a broker that dies spread over all others.
 */
export function place(placement: Placement): number[][] {
  const {partitions, replicationFactor, brokers, start, existing = 0} = placement
  const n = brokers.length
  return Array.from({length: partitions}, (_, i) => {
    const partition = existing + i
    const first = partition + start
    const shift = start + Math.floor(partition / n)
    const follower = (j: number) => first + 1 + ((shift + j) % Math.max(1, n - 1))
    return Array.from({length: replicationFactor}, (_, j) => brokers[(j === 0 ? first : follower(j - 1)) % n]!)
  })
}

export function refuseReplicationFactor(replicationFactor: number, brokers: number): Refusal | undefined {
  const most = Math.min(brokers, REPLICAS_MAX)
  if (Number.isInteger(replicationFactor) && replicationFactor >= 1 && replicationFactor <= most) return undefined
  const bound = most === REPLICAS_MAX ? `at most ${REPLICAS_MAX}` : `${brokers} broker(s) are up`
  return {
    error: 'INVALID_REPLICATION_FACTOR',
    message: `the replication factor is at least 1, and ${bound}, so it is not ${replicationFactor}; start more brokers, or ask for a replicationFactor of at most ${most}`,
  }
}

/** Replicas as somebody listed them, partition by partition. All partitions have equally many. */
export function refuseAssignments(
  assignments: readonly (readonly number[])[],
  isKnown: (broker: number) => boolean,
): Refusal | undefined {
  const refuse = (message: string): Refusal => ({error: 'INVALID_REPLICA_ASSIGNMENT', message})
  for (const replicas of assignments) {
    if (replicas.length === 0) return refuse('a partition has at least one replica')
    if (replicas.length > REPLICAS_MAX) return refuse(`a partition has at most ${REPLICAS_MAX} replicas`)
    if (new Set(replicas).size < replicas.length) return refuse(`a broker is listed twice in ${replicas.join(', ')}`)
    const unknown = replicas.find(broker => !isKnown(broker))
    if (unknown !== undefined) return refuse(`there is no broker ${unknown}`)
    if (replicas.length !== assignments[0]!.length) return refuse('all partitions have equally many replicas')
  }
  return undefined
}

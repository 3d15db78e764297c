import {assert} from '../assert.ts'
import {INT32_MAX, REPLICAS_MAX} from '../limits.ts'

/**
 * Who leads a partition, since which epoch, and who is in sync: one 64-bit word of the cluster map, so that nobody pairs a
 * new leader with an old ISR. Coordinators alone change it, by compare-exchange, after the change is in the metadata log;
 * epoch and version only grow.
 */
export interface Leadership {
  /** Grows with each change of the leader. */
  readonly leaderEpoch: number
  /** Counts every change (Kafka's partition epoch), modulo 2^16: it makes two words differ that say the same. */
  readonly version: number
  /** Slot of the leader among the row's replicas, -1 where there is none. */
  readonly leader: number
  /** A bit a slot. */
  readonly isr: number
  /** The topic was deleted: whoever hosts a replica lets go of it. */
  readonly deleted: boolean
}

/** The word of a row that was never published. */
export const NO_LEADERSHIP: Leadership = {leaderEpoch: 0, version: 0, leader: -1, isr: 0, deleted: false}

export const VERSION_LAPS = 65_536
const NO_LEADER = 15
const DELETED = 1 << 12

/** Upper half: leader epoch. Lower half: version (16 bits), deleted (bit 12), leader (bits 8 to 11), ISR (bits 0 to 7). */
export function encodeLeadership({leaderEpoch, version, leader, isr, deleted}: Leadership): bigint {
  assert(leaderEpoch >= 0 && leaderEpoch <= INT32_MAX, 'a leader epoch is an int32')
  assert(leader >= -1 && leader < REPLICAS_MAX, 'the leader is one of the replicas')
  assert(isr >= 0 && isr < 1 << REPLICAS_MAX, 'the ISR is some of the replicas')
  assert(leader < 0 || (isr & (1 << leader)) !== 0, 'the leader is in the ISR')
  const low =
    ((version % VERSION_LAPS) << 16) | (deleted ? DELETED : 0) | ((leader < 0 ? NO_LEADER : leader) << 8) | isr
  return (BigInt(leaderEpoch) << 32n) | BigInt(low >>> 0)
}

export function decodeLeadership(word: bigint): Leadership {
  if (word === 0n) return NO_LEADERSHIP
  const low = Number(word & 0xffff_ffffn)
  const leader = (low >> 8) & 15
  return {
    leaderEpoch: Number(word >> 32n),
    version: low >>> 16,
    leader: leader === NO_LEADER ? -1 : leader,
    isr: low & 0xff,
    deleted: (low & DELETED) !== 0,
  }
}

/** The slots of an ISR, ascending. */
export function slotsOf(isr: number): number[] {
  const slots: number[] = []
  for (let slot = 0; slot < REPLICAS_MAX; slot++) if ((isr & (1 << slot)) !== 0) slots.push(slot)
  return slots
}

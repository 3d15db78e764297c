/**
 * Who leads a partition and who is in sync, as pure functions of what is known and what is seen. Each gives the step to take, or
 * undefined where all can stay as it is.
 */
import {type Leadership, slotsOf, VERSION_LAPS} from '../cluster/leadership.ts'
import type {PartitionImage, PartitionStep} from '../ensemble/metadata.ts'

/**
 * How a replica is seen. `available`: it runs, in a live thread of a broker that is up. `expected`: not yet, but nothing says it will
 * not. `gone`: its broker was there and is fenced, or its disk failed.
 */
export type Standing = 'available' | 'expected' | 'gone'

export interface ReplicaSight {
  readonly standing: Standing
  /** Leader epoch of its newest batch, and the end of its log; of meaning while it is available. */
  readonly lastEpoch: number
  readonly writtenEnd: number
}

export type SeeReplica = (broker: number) => ReplicaSight

export interface ElectionRules {
  /** The topic allows a leader from outside of the ISR, at the cost of records. */
  readonly unclean: boolean
  /** A partition without a leader has waited long enough for the rest of its ISR. */
  readonly waitIsOver: boolean
}

/** A leader for a partition that has none, or whose leader is not there any more; an ISR without members that are not. */
export function elect(partition: PartitionImage, see: SeeReplica, rules: ElectionRules): PartitionStep | undefined {
  const {leader, isr} = partition
  const isThere = (broker: number) => see(broker).standing === 'available'
  if (leader >= 0 && isThere(leader)) return isr.every(isThere) ? undefined : {leader, isr: isr.filter(isThere)}
  const mayCome = !rules.waitIsOver && isr.some(broker => see(broker).standing === 'expected')
  const candidates = electable(partition, see)
  // a leader that went had all of its ISR with it; where there has been none since the start, logs may differ by what a power loss took
  if (leader >= 0 && candidates.length > 0) return reign(partition, candidates[0]!, candidates, see)
  if (leader < 0 && candidates.length > 0 && !mayCome)
    return reign(partition, greatest(candidates, see), candidates, see)
  if (rules.unclean && candidates.length === 0 && !mayCome) {
    const step = electUnclean(partition, see)
    if (step !== undefined) return step
  }
  return leader < 0 ? undefined : {leader: -1, isr}
}

/** A leader from whoever is there, however much its log lacks; for a partition that nobody in sync can lead. */
export function electUnclean(partition: PartitionImage, see: SeeReplica): PartitionStep | undefined {
  const candidates = partition.replicas.filter(broker => see(broker).standing === 'available')
  if (candidates.length === 0) return undefined
  const leader = greatest(candidates, see)
  return reign(partition, leader, [leader], see)
}

/** The members of the ISR that could lead now, preferred ones first. */
export function electable({replicas, isr, lost}: PartitionImage, see: SeeReplica): number[] {
  if (lost === true) return []
  return replicas.filter(broker => isr.includes(broker) && see(broker).standing === 'available')
}

/** The preferred leader could take over from another one. */
export function electPreferred(partition: PartitionImage, see: SeeReplica): PartitionStep | undefined {
  const {replicas, isr, leader} = partition
  const preferred = replicas[0]!
  const canLead = leader !== preferred && electable(partition, see).includes(preferred)
  return canLead ? reign(partition, preferred, isr, see) : undefined
}

/**
 * What a leader asks the ISR to be. It must speak of the leadership as it is now; else it will look again, and ask again. New members
 * must be able to lead. Whatever cannot be granted is answered by a change, too, so that the leader knows it waits in vain.
 */
export function answerProposal(
  partition: PartitionImage,
  proposal: Leadership,
  see: SeeReplica,
): PartitionStep | undefined {
  const {slots, isr, leader, leaderEpoch, version} = partition
  const isCurrent = proposal.leaderEpoch === leaderEpoch && proposal.version === version % VERSION_LAPS
  if (leader < 0 || !isCurrent || slots[proposal.leader] !== leader) return undefined
  const granted = slotsOf(proposal.isr)
    .map(slot => slots[slot] ?? -1)
    .filter(broker => broker >= 0 && (isr.includes(broker) || see(broker).standing === 'available'))
  return {leader, isr: partition.replicas.filter(broker => granted.includes(broker))}
}

/** Leader and ISR of a partition that is left with some of its replicas; undefined where nobody of those is in sync. */
export function within(
  partition: PartitionImage,
  replicas: readonly number[],
  see: SeeReplica,
): PartitionStep | undefined {
  const isr = replicas.filter(broker => partition.isr.includes(broker))
  if (isr.length === 0) return undefined
  if (partition.leader < 0 || isr.includes(partition.leader)) return {leader: partition.leader, isr}
  const left = {...partition, replicas, isr}
  const next = electable(left, see)[0]
  return next === undefined ? {leader: -1, isr} : reign(left, next, isr, see)
}

/** The end of a reassignment: all new replicas are in sync, so the old ones may go. */
export function completeReassignment(partition: PartitionImage, see: SeeReplica): PartitionStep | undefined {
  const {target, isr, leader} = partition
  if (target.length === 0 || !adding(partition).every(broker => isr.includes(broker))) return undefined
  const step = within(partition, target, see)
  const canEnd = step !== undefined && (step.leader >= 0 || leader < 0)
  return canEnd ? {...step, replicas: target, target: []} : undefined
}

/** The replicas that a reassignment under way brings. */
export function adding({target, original = []}: PartitionImage): number[] {
  return target.filter(broker => !original.includes(broker))
}

/** A broker came back without its data: it is not in sync any more. The last of the ISR stays there, but does not lead. */
export function withoutData({isr, leader, leaderEpoch}: PartitionImage, broker: number): PartitionStep | undefined {
  // who never had a leader has no records to lose
  if (!isr.includes(broker) || leaderEpoch === 0) return undefined
  const rest = isr.filter(member => member !== broker)
  if (rest.length === 0) return {leader: -1, isr, lost: true}
  return {leader: leader === broker ? -1 : leader, isr: rest}
}

function greatest(candidates: readonly number[], see: SeeReplica): number {
  return candidates.reduce((best, broker) => {
    const [a, b] = [see(broker), see(best)]
    return a.lastEpoch > b.lastEpoch || (a.lastEpoch === b.lastEpoch && a.writtenEnd > b.writtenEnd) ? broker : best
  })
}

function reign({leaderEpoch}: PartitionImage, leader: number, isr: readonly number[], see: SeeReplica): PartitionStep {
  const {lastEpoch} = see(leader)
  return {leader, isr, ...(lastEpoch > leaderEpoch ? {epochAbove: lastEpoch} : {})}
}

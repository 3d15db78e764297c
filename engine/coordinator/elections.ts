/**
 * Who leads a partition and who is in sync, as pure functions of what is known and what is seen. Each gives the step to take, or
 * undefined where all can stay as it is.
 */
import {type Leadership, slotsOf, VERSION_LAPS} from '../cluster/leadership.ts'
import type {PartitionImage, PartitionStep} from '../ensemble/metadata.ts'

/**
 * How a replica is seen. `available`: it runs, in a live thread of a broker that is up. `expected`: not yet, but nothing says it will
 * not. `gone`: its broker was there and is fenced, or its disk failed; `away`: and it has not shown yet, in this process, what it has.
 */
export type Standing = 'available' | 'expected' | 'away' | 'gone'

export interface ReplicaSight {
  readonly standing: Standing
  /** Leader epoch of its newest batch, and the end of its log; of meaning while it is available. */
  readonly lastEpoch: number
  readonly writtenEnd: number
  /** Leader epoch that it acts in; of a leader, it has taken over what the one before had. */
  readonly followedEpoch: number
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
  const candidates = electable(partition, see)
  const awaited = hasBegun(partition, candidates, see) ? isr : partition.replicas
  const mayCome = !rules.waitIsOver && awaited.some(broker => isAwaited(partition, see(broker).standing))
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

/** Who is away is most likely started anew; but where nobody has ever led, there is nothing to wait for that it could have. */
function isAwaited({leaderEpoch}: PartitionImage, standing: Standing): boolean {
  return standing === 'expected' || (standing === 'away' && leaderEpoch > 0)
}

/**
 * Whether the last reign has left a batch with one of the candidates. If not, it may have been on record and never in the map of a process that
 * ended: then the leader before it has gone on, and what that one alone acknowledged is outside of the ISR.
 */
function hasBegun({leaderEpoch}: PartitionImage, candidates: readonly number[], see: SeeReplica): boolean {
  // nobody leads, which counts as an epoch
  const lastReign = leaderEpoch - 1
  return candidates.length === 0 || candidates.some(broker => see(broker).lastEpoch >= lastReign)
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
  const {replicas, isr, leader, target} = partition
  const preferred = replicas[0]!
  // who is to leave does not take over once more
  const stays = target.length === 0 || target.includes(preferred)
  const canLead = stays && leader !== preferred && electable(partition, see).includes(preferred)
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

/**
 * The end of a reassignment: all new replicas are in sync, so the old ones may go. A leader that goes hands over first: who comes after
 * it takes over what it alone had written, from files that go with it.
 */
export function completeReassignment(partition: PartitionImage, see: SeeReplica): PartitionStep | undefined {
  const {target, isr, leader, leaderEpoch} = partition
  if (target.length === 0 || leader < 0 || !adding(partition).every(broker => isr.includes(broker))) return undefined
  if (!target.includes(leader)) {
    const next = electable({...partition, replicas: target}, see)[0]
    return next === undefined ? undefined : reign(partition, next, isr, see)
  }
  if (see(leader).followedEpoch !== leaderEpoch) return undefined
  return {leader, isr: target.filter(broker => isr.includes(broker)), replicas: target, target: []}
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

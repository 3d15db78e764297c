import {type ReplicaLine, STATE} from '../cluster/replica-line.ts'
import type {PartitionImage, PartitionStep} from '../ensemble/metadata.ts'
import {REPLICAS_MAX} from '../limits.ts'
import {elect, electPreferred} from './elections.ts'
import {type MetadataImage, type PartitionPlace, seats} from './metadata-image.ts'
import {refuseAssignments} from './placement.ts'
import type {PartitionRef, Results, WriteRequest} from './requests.ts'
import type {Refusal} from './topic-names.ts'
import type {WriteContext} from './write-context.ts'

type Request<Type> = Extract<WriteRequest, {readonly type: Type}>

export function electLeaders(request: Request<'electLeaders'>, context: WriteContext): Results['electLeaders'] {
  const {election, partitions} = request
  const {image} = context.draft
  const outcomes: Results['electLeaders'] = (partitions ?? allPartitions(image)).map(ref => {
    const {topic, partition} = ref
    const place = placeOf(image, ref)
    if ('error' in place) return {topic, partition, ...place}
    const step = planElection(election, partitionAt(place), context)
    if ('error' in step) return {topic, partition, ...step}
    context.draft.step(place, step)
    return {topic, partition}
  })
  // who asks for all means those that need it
  return partitions === undefined ? outcomes.filter(({error}) => error !== 'ELECTION_NOT_NEEDED') : outcomes
}

function planElection(
  election: 'preferred' | 'unclean',
  partition: PartitionImage,
  {settling}: WriteContext,
): PartitionStep | Refusal {
  const see = settling.seeing(partition)
  if (election === 'preferred') {
    if (partition.leader === partition.replicas[0])
      return {error: 'ELECTION_NOT_NEEDED', message: 'the preferred replica leads'}
    const message = 'the preferred replica is not in sync, or not there'
    return electPreferred(partition, see) ?? {error: 'PREFERRED_LEADER_NOT_AVAILABLE', message}
  }
  if (partition.leader >= 0 && see(partition.leader).standing === 'available')
    return {error: 'ELECTION_NOT_NEEDED', message: 'the partition has a leader'}
  const step = elect(partition, see, {unclean: true, waitIsOver: true})
  if (step !== undefined && step.leader >= 0) return step
  return {error: 'ELIGIBLE_LEADERS_NOT_AVAILABLE', message: 'no replica is there to lead'}
}

export function alterPartitionReassignments(
  request: Request<'alterPartitionReassignments'>,
  context: WriteContext,
): Results['alterPartitionReassignments'] {
  return request.partitions.map(({topic, partition, replicas}) => {
    const place = placeOf(context.draft.image, {topic, partition})
    if ('error' in place) return {topic, partition, ...place}
    const step = replicas === null ? planCancel(place) : planReassignment(place, replicas, context)
    if ('error' in step) return {topic, partition, ...step}
    context.draft.step(place, step)
    return {topic, partition}
  })
}

/** Back to the replicas there were: a reassignment like any other, of which all that comes is there. */
function planCancel(place: PartitionPlace): PartitionStep | Refusal {
  const {original, isr, leader} = partitionAt(place)
  if (original === undefined) return {error: 'NO_REASSIGNMENT_IN_PROGRESS', message: 'no reassignment is under way'}
  if (isr.some(broker => original.includes(broker))) return {leader, isr, target: original}
  return refuseReplicas('none of the replicas before the reassignment is in sync')
}

function planReassignment(
  place: PartitionPlace,
  target: readonly number[],
  {draft, map}: WriteContext,
): PartitionStep | Refusal {
  const partition = partitionAt(place)
  const {original = partition.replicas, isr, leader} = partition
  const refusal = refuseAssignments([target], broker => draft.image.broker(broker) !== undefined)
  if (refusal !== undefined) return refusal
  // old ones first: the preferred leader changes at the end. Who is in sync stays until then, whatever came before
  const replicas = [...new Set([...original, ...target, ...isr])]
  if (replicas.length > REPLICAS_MAX)
    return refuseReplicas(`old and new replicas together are at most ${REPLICAS_MAX}, not ${replicas.length}`)
  const slots = seats(partition.slots, replicas, slot => hasLeft(map.row(partition.row).replica(slot)))
  if (slots === undefined)
    return refuseReplicas('nobody has let go yet of a place in the map for who is to come: ask again')
  // who comes may get the slot of one that left, whose line speaks of an epoch before this one; who never had a leader stays new
  return {leader, isr, replicas, slots, target, ...(leader < 0 ? {} : {newEpoch: true})}
}

/** Whether nobody writes the line of a slot any more. */
function hasLeft({host, state}: ReplicaLine): boolean {
  return host < 0 && state === STATE.closed
}

function refuseReplicas(message: string): Refusal {
  return {error: 'INVALID_REPLICA_ASSIGNMENT', message}
}

function placeOf(image: MetadataImage, {topic: name, partition}: PartitionRef): PartitionPlace | Refusal {
  const topic = image.topicNamed(name)
  if (topic?.partitions[partition] !== undefined) return {topic, index: partition}
  return {error: 'UNKNOWN_TOPIC_OR_PARTITION', message: `there is no partition ${name}-${partition}`}
}

function partitionAt({topic, index}: PartitionPlace): PartitionImage {
  return topic.partitions[index]!
}

function allPartitions(image: MetadataImage): PartitionRef[] {
  return image.topics.flatMap(({name, partitions}) => partitions.map((_, partition) => ({topic: name, partition})))
}

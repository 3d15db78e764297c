import type {MetadataChange, TopicConfigs, TopicImage} from '../ensemble/metadata.ts'
import {INT32_MAX, PARTITIONS_A_REQUEST_MAX, ROWS_MAX} from '../limits.ts'
import type {MetadataImage} from './metadata-image.ts'
import {place, refuseAssignments, refuseReplicationFactor} from './placement.ts'
import type {NewTopic, Outcome, Results, TopicRef, WriteRequest} from './requests.ts'
import {isTopicConfig, refuseTopicConfigs} from './topic-configs.ts'
import {type Refusal, refuseTopicName} from './topic-names.ts'
import type {WriteContext} from './write-context.ts'

type Request<Type> = Extract<WriteRequest, {readonly type: Type}>
type Assignments = readonly (readonly number[])[]

/** A change to make, or why not. */
type Planned<Change extends MetadataChange = MetadataChange> = (Change & {readonly error?: undefined}) | Refusal

export function createTopics(request: Request<'createTopics'>, context: WriteContext): Results['createTopics'] {
  const {draft} = context
  const refusal = refuseMany(request.topics.map(topic => partitionsOf(topic, context)))
  return request.topics.map(topic => {
    const existing = draft.image.topicNamed(topic.name)
    // asked a second time, by who did not hear the answer
    if (existing?.topicId === topic.topicId)
      return {topicId: topic.topicId, assignments: existing.partitions.map(({replicas}) => replicas)}
    const change = refusal ?? planTopic(topic, context)
    if (change.error !== undefined) return change
    if (request.validateOnly !== true) draft.add(change)
    return {topicId: change.topicId, assignments: change.assignments}
  })
}

function planTopic(topic: NewTopic, context: WriteContext): Planned<Extract<MetadataChange, {type: 'topicCreated'}>> {
  const {image} = context.draft
  const {name, topicId, configs = {}} = topic
  const refusal = refuseTopicName(name) ?? refuseExisting(image, name) ?? refuseTopicConfigs(configs)
  if (refusal !== undefined) return refusal
  if (!/^[A-Za-z0-9_-]{22}$/.test(topicId) || image.topic(topicId) !== undefined)
    return {error: 'INVALID_REQUEST', message: `topic id ${topicId} is not one of 22 characters that nobody has`}
  // asked again by who did not hear the answer, after somebody deleted it
  if (image.wasDeleted(topicId)) return {error: 'INVALID_REQUEST', message: `topic ${topicId} was deleted`}
  const assignments = planAssignments(topic, context)
  if ('error' in assignments) return assignments
  return {type: 'topicCreated', name, topicId, assignments, config: configs}
}

function partitionsOf({numPartitions = -1, assignments}: NewTopic, {defaults}: Pick<WriteContext, 'defaults'>): number {
  return assignments?.length ?? (numPartitions === -1 ? defaults.numPartitions : numPartitions)
}

/** What one request may make is bounded over all of its topics: none of them is made where it is more. */
function refuseMany(counts: readonly number[]): Refusal | undefined {
  const partitions = counts.reduce((sum, count) => sum + (count > 0 ? count : 0), 0)
  if (partitions <= PARTITIONS_A_REQUEST_MAX) return undefined
  const message = `a request makes at most ${PARTITIONS_A_REQUEST_MAX} partitions, not ${partitions}: ask for them in several`
  return {error: 'POLICY_VIOLATION', message}
}

function refuseExisting(image: MetadataImage, name: string): Refusal | undefined {
  const like = image.topicLike(name)
  if (like === undefined) return undefined
  if (like.name === name) return {error: 'TOPIC_ALREADY_EXISTS', message: `topic '${name}' exists`}
  return {error: 'INVALID_TOPIC_EXCEPTION', message: `topic '${name}' differs from '${like.name}' in . and _ only`}
}

function planAssignments(topic: NewTopic, {draft, defaults}: WriteContext): Assignments | Refusal {
  const {image} = draft
  const {numPartitions = -1, replicationFactor = -1, assignments} = topic
  if (assignments !== undefined) {
    if (numPartitions !== -1 || replicationFactor !== -1)
      return {error: 'INVALID_REQUEST', message: 'assignments say how many partitions and replicas there are'}
    const refusal = refuseAssignments(assignments, broker => image.broker(broker) !== undefined)
    return refusal ?? refuseCount(image, assignments.length) ?? assignments
  }
  const partitions = partitionsOf(topic, {defaults})
  const replicas = replicationFactor === -1 ? defaults.replicationFactor : replicationFactor
  return refuseCount(image, partitions) ?? planPlaces(image, partitions, replicas)
}

function planPlaces(image: MetadataImage, partitions: number, replicas: number, existing = 0): Assignments | Refusal {
  const brokers = image.brokers.filter(({fenced}) => !fenced).map(({id}) => id)
  brokers.sort((a, b) => a - b)
  const refusal = refuseReplicationFactor(replicas, brokers.length)
  if (refusal !== undefined) return refusal
  // topics start where the one before ended, so that many small ones spread, too
  const start = existing > 0 ? 0 : image.nextRow
  return place({partitions, replicationFactor: replicas, brokers, start, existing})
}

function refuseCount(image: MetadataImage, more: number): Refusal | undefined {
  if (!Number.isInteger(more) || more < 1 || more > INT32_MAX)
    return {error: 'INVALID_PARTITIONS', message: `a topic has at least one partition, not ${more}`}
  if (image.nextRow + more > ROWS_MAX)
    return {error: 'INVALID_PARTITIONS', message: `a cluster has at most ${ROWS_MAX} partitions until it is restarted`}
  return undefined
}

export function deleteTopics(request: Request<'deleteTopics'>, {draft}: WriteContext): Results['deleteTopics'] {
  return request.topics.map(ref => {
    const topic = findTopic(draft.image, ref)
    if ('error' in topic) return topic
    draft.add({type: 'topicDeleted', topicId: topic.topicId})
    return {name: topic.name, topicId: topic.topicId}
  })
}

export function findTopic(image: MetadataImage, ref: TopicRef): TopicImage | Refusal {
  if ('name' in ref) {
    const topic = image.topicNamed(ref.name)
    return topic ?? {error: 'UNKNOWN_TOPIC_OR_PARTITION', message: `there is no topic '${ref.name}'`}
  }
  return image.topic(ref.topicId) ?? {error: 'UNKNOWN_TOPIC_ID', message: `there is no topic of id ${ref.topicId}`}
}

export function createPartitions(request: Request<'createPartitions'>, context: WriteContext): Outcome[] {
  const {draft} = context
  const refusal = refuseMany(
    request.topics.map(({name, count}) => count - (draft.image.topicNamed(name)?.partitions.length ?? count)),
  )
  return request.topics.map(({name, count, assignments}) => {
    const topic = findTopic(draft.image, {name})
    if ('error' in topic) return topic
    if (refusal !== undefined) return refusal
    const added = planMore(draft.image, topic, count, assignments)
    if ('error' in added) return added
    if (request.validateOnly !== true) draft.add({type: 'partitionsAdded', topicId: topic.topicId, assignments: added})
    return {}
  })
}

function planMore(
  image: MetadataImage,
  {name, partitions}: TopicImage,
  count: number,
  assignments: Assignments | undefined,
): Assignments | Refusal {
  const existing = partitions.length
  const more = count - existing
  if (!(more > 0)) return {error: 'INVALID_PARTITIONS', message: `topic '${name}' has ${existing} partitions already`}
  const refusal = refuseCount(image, more)
  if (refusal !== undefined) return refusal
  const {replicas, original = replicas} = partitions[0]!
  if (assignments === undefined) return planPlaces(image, more, original.length, existing)
  if (assignments.length !== more || assignments[0]!.length !== original.length)
    return {
      error: 'INVALID_REPLICA_ASSIGNMENT',
      message: `${more} partitions of ${original.length} replicas each are to come`,
    }
  return refuseAssignments(assignments, broker => image.broker(broker) !== undefined) ?? assignments
}

export function alterConfigs(request: Request<'alterConfigs'>, {draft}: WriteContext): Outcome[] {
  return request.topics.map(({name, configs}) => {
    const topic = findTopic(draft.image, {name})
    if ('error' in topic) return topic
    const config: Record<string, string> = {...topic.config}
    for (const entry of configs) {
      if (!isTopicConfig(entry.name)) return {error: 'INVALID_CONFIG', message: `${entry.name} is no config of a topic`}
      if (entry.value === null) delete config[entry.name]
      else config[entry.name] = entry.value
    }
    const refusal = refuseTopicConfigs(config)
    if (refusal !== undefined) return refusal
    if (request.validateOnly !== true && !isSame(config, topic.config))
      draft.add({type: 'topicConfigured', topicId: topic.topicId, config})
    return {}
  })
}

function isSame(a: TopicConfigs, b: TopicConfigs): boolean {
  const names = Object.keys(a)
  return names.length === Object.keys(b).length && names.every(name => a[name] === b[name])
}

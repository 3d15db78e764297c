import {OdradekError} from '../../engine/errors.ts'
import type {Cluster} from '../cluster.ts'
import type {Partition} from '../partition.ts'
import {heedSignals, waitingFor} from './aborting.ts'
import {type ClusterSource, Connection} from './connection.ts'
import {ConfigResourceTypes, ConfigSource} from './enums.ts'
import {
  type DeletedRecords,
  type DeleteGroupsResult,
  KafkaJSAggregateError,
  KafkaJSAlterPartitionReassignmentsError,
  KafkaJSCreateTopicError,
  KafkaJSDeleteGroupsError,
  KafkaJSDeleteTopicRecordsError,
  type KafkaJSError,
  KafkaJSNonRetriableError,
  KafkaJSNotImplemented,
} from './errors.ts'
import {ADMIN_EVENTS, Instrumentation} from './events.ts'
import {exact} from './exact-offsets.ts'
import {throwIf} from './group-membership.ts'
import {commitOffsets, describeGroups, fetchOffsets} from './group-requests.ts'
import type {Logger} from './logger.ts'
import {PartitionLag} from './partition-lag.ts'
import {asKafkaJS, failureOf, protocolError, toCreateTopicError, toKafkaJSError} from './protocol-error.ts'
import {partitionMetadataOf} from './topic-metadata.ts'
import type {
  Admin,
  ConfigEntries,
  DescribeConfigResponse,
  IResourceConfig,
  ITopicConfig,
  ITopicMetadata,
  ListPartitionReassignmentsResponse,
  ResourceConfigQuery,
  TopicPartitions,
  Waiting,
} from './types.ts'

/** Methods whose options may have a `signal`; `connect` heeds it itself. */
const WAITING = [
  ...(['listTopics', 'createTopics', 'deleteTopics', 'createPartitions', 'fetchTopicMetadata'] as const),
  ...(['fetchTopicOffsets', 'fetchTopicOffsetsByTimestamp', 'fetchOffsets', 'fetchLag', 'setOffsets'] as const),
  ...(['resetOffsets', 'deleteTopicRecords', 'describeCluster', 'describeConfigs', 'alterConfigs'] as const),
  ...(['listGroups', 'deleteGroups', 'describeGroups'] as const),
  ...(['alterPartitionReassignments', 'listPartitionReassignments'] as const),
]

/** KafkaJS' names for the ends of a partition, in the place of an offset. */
const EARLIEST = '-2'
const LATEST = '-1'

type Asked<Method extends keyof Admin> = Admin[Method] extends (...args: infer Args) => unknown ? Args[0] : never

/** An admin in KafkaJS' shape over `cluster.admin`. */
export class KafkaAdmin implements Admin {
  readonly events = ADMIN_EVENTS
  readonly on: Admin['on']
  readonly #connection: Connection
  readonly #logger: Logger
  readonly #instrumentation: Instrumentation

  constructor(source: ClusterSource, logger: Logger) {
    this.#connection = new Connection(source, 'admin')
    this.#logger = logger.namespace('Admin')
    this.#instrumentation = new Instrumentation('admin', ADMIN_EVENTS, this.#logger)
    this.on = this.#instrumentation.on as Admin['on']
    heedSignals<KafkaAdmin>(this, WAITING)
  }

  async connect({signal}: Waiting = {}): Promise<void> {
    await this.#connection.connect(signal)
    this.#instrumentation.emit(this.events.CONNECT)
  }

  async disconnect(): Promise<void> {
    await this.#connection.disconnect(async () => {})
    this.#instrumentation.emit(this.events.DISCONNECT)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.disconnect()
  }

  logger(): Logger {
    return this.#logger
  }

  async listTopics({signal}: Waiting = {}): Promise<string[]> {
    const topics = await asKafkaJS(this.#cluster.admin.listTopics(waitingFor(signal)))
    return topics.map(({name}) => name)
  }

  /** Resolves to false where all of the topics exist already. */
  async createTopics({topics, validateOnly = false, signal}: Asked<'createTopics'>): Promise<boolean> {
    checkTopics(topics)
    const {admin} = this.#cluster
    const outcomes = await Promise.allSettled(
      topics.map(({topic, numPartitions, replicationFactor, replicaAssignment, configEntries}) =>
        admin.createTopics(
          [
            {
              name: topic,
              ...(replicaAssignment === undefined || replicaAssignment.length === 0
                ? {numPartitions: numPartitions ?? -1, replicationFactor: replicationFactor ?? -1}
                : {assignments: assignmentsOf(replicaAssignment)}),
              configs: Object.fromEntries((configEntries ?? []).map(({name, value}) => [name, value])),
            },
          ],
          {validateOnly, ...waitingFor(signal)},
        ),
      ),
    )
    const errors = outcomes.flatMap((outcome, i) =>
      outcome.status === 'rejected' ? [toCreateTopicError(outcome.reason, topics[i]!.topic)] : [],
    )
    if (errors.length === 0) return true
    if (errors.every(error => error instanceof KafkaJSCreateTopicError && error.type === 'TOPIC_ALREADY_EXISTS'))
      return false
    throw new KafkaJSAggregateError('Topic creation errors', errors)
  }

  async deleteTopics({topics, signal}: Asked<'deleteTopics'>): Promise<void> {
    if (!Array.isArray(topics)) throw new KafkaJSNonRetriableError(`Invalid topics array ${topics}`)
    if (topics.some(topic => typeof topic !== 'string'))
      throw new KafkaJSNonRetriableError('Invalid topics array: names are text')
    await asKafkaJS(this.#cluster.admin.deleteTopics(topics, waitingFor(signal)))
  }

  async createPartitions({topicPartitions, validateOnly = false, signal}: Asked<'createPartitions'>): Promise<boolean> {
    if (!Array.isArray(topicPartitions))
      throw new KafkaJSNonRetriableError(`Invalid topic partitions array ${topicPartitions}`)
    if (topicPartitions.length === 0) throw new KafkaJSNonRetriableError('Empty topic partitions array')
    checkNames('topic partitions', topicPartitions)
    if (validateOnly) throw new KafkaJSNotImplemented('createPartitions has no validateOnly in this process')
    if (topicPartitions.some(({assignments}) => assignments !== undefined))
      throw new KafkaJSNotImplemented('createPartitions takes no assignments in this process; reassign them afterwards')
    const {admin} = this.#cluster
    const asked = topicPartitions.map(({topic, count}) => admin.createPartitions(topic, count, waitingFor(signal)))
    await asKafkaJS(Promise.all(asked))
    return true
  }

  async fetchTopicMetadata({
    topics = [],
    signal,
  }: {topics?: string[]} & Waiting = {}): Promise<{topics: ITopicMetadata[]}> {
    for (const topic of topics) requireName('topic', topic)
    const {admin} = this.#cluster
    const names = topics.length > 0 ? topics : await this.listTopics(waitingFor(signal))
    const images = await asKafkaJS(admin.describeTopics(names, waitingFor(signal)))
    return {topics: images.map(image => ({name: image.name, partitions: partitionMetadataOf(image)}))}
  }

  async fetchTopicOffsets(topic: string, {signal}: Waiting = {}): ReturnType<Admin['fetchTopicOffsets']> {
    return this.#ofPartitions(topic, signal, ({partition, logStartOffset, highWatermark}) => {
      const high = String(highWatermark)
      return exact({partition, offset: high, high, low: String(logStartOffset)}, 'offset', 'high', 'low')
    })
  }

  /** Where a partition has no record of that time or later, the offset behind its last one. */
  async fetchTopicOffsetsByTimestamp(
    topic: string,
    timestamp?: number,
    {signal}: Waiting = {},
  ): ReturnType<Admin['fetchTopicOffsetsByTimestamp']> {
    return this.#ofPartitions(topic, signal, door => {
      const {partition, highWatermark} = door
      const offset = timestamp === undefined ? undefined : door.offsetForTimestamp(timestamp)
      return exact({partition, offset: String(offset ?? highWatermark)}, 'offset')
    })
  }

  /** Brokers in this process have no address: their host is `in-process`, their port 0. */
  async describeCluster({signal}: Waiting = {}): ReturnType<Admin['describeCluster']> {
    const {admin, handle} = this.#cluster
    const {brokers, holder} = await asKafkaJS(admin.describeCluster(waitingFor(signal)))
    return {
      brokers: brokers
        .filter(({fenced}) => !fenced)
        .map(({id}) => ({nodeId: id, host: 'in-process', port: 0}))
        .sort((one, other) => one.nodeId - other.nodeId),
      controller: holder > 0 ? holder : null,
      clusterId: handle.clusterId,
    }
  }

  async describeConfigs({resources, signal}: Asked<'describeConfigs'>): Promise<DescribeConfigResponse> {
    checkResources(resources)
    const invalid = resources.find(({configNames}) => configNames != null && !Array.isArray(configNames))
    if (invalid !== undefined)
      throw new KafkaJSNonRetriableError(
        `Invalid resource configNames ${invalid.configNames}: ${JSON.stringify(invalid)}`,
      )
    const described = resources.map(each => this.#describe(each, signal))
    return {resources: await asKafkaJS(Promise.all(described)), throttleTime: 0}
  }

  async alterConfigs({resources, validateOnly, signal}: Asked<'alterConfigs'>): Promise<unknown> {
    checkResources(resources)
    for (const resource of resources) checkEntries(resource)
    if (validateOnly) throw new KafkaJSNotImplemented('alterConfigs has no validateOnly in this process')
    const {admin} = this.#cluster
    const altered = resources.map(async ({type, name, configEntries}) => {
      // Kafka's AlterConfigs says what all configs of a topic are: those it does not name go back to their defaults
      const set = (await admin.describeConfigs(name, waitingFor(signal))).filter(({source}) => source === 'topic')
      const configs: Record<string, string | null> = Object.fromEntries(set.map(config => [config.name, null]))
      for (const entry of configEntries) configs[entry.name] = entry.value
      await admin.alterConfigs(name, configs, waitingFor(signal))
      return {errorCode: 0, errorMessage: null, resourceType: type, resourceName: name}
    })
    return {resources: await asKafkaJS(Promise.all(altered)), throttleTime: 0}
  }

  async deleteTopicRecords({topic, partitions}: Asked<'deleteTopicRecords'>): Promise<void> {
    requireName('topic', topic)
    if (!Array.isArray(partitions) || partitions.length === 0)
      throw new KafkaJSNonRetriableError('Invalid partitions array')
    const {admin} = this.#cluster
    const outcomes = await Promise.all(
      partitions.map(async ({partition, offset}): Promise<DeletedRecords> => {
        try {
          await admin.deleteRecords(topic, partition, Number(offset))
          return {partition, offset}
        } catch (error) {
          return {partition, offset, error: toKafkaJSError(error) as KafkaJSError}
        }
      }),
    )
    const failed = outcomes.filter(({error}) => error !== undefined)
    if (failed.length > 0) throw new KafkaJSDeleteTopicRecordsError({topic, partitions: failed})
  }

  async alterPartitionReassignments({topics, signal}: Asked<'alterPartitionReassignments'>): Promise<void> {
    if (!Array.isArray(topics)) throw new KafkaJSNonRetriableError(`Invalid topics array ${topics}`)
    checkNames('topics', topics)
    const asked = topics.flatMap(({topic, partitionAssignment}) =>
      partitionAssignment.map(({partition, replicas}) => ({topic, partition, replicas})),
    )
    const {admin} = this.#cluster
    const errors: Error[] = []
    for (const each of asked) {
      try {
        await admin.reassignPartitions([each], waitingFor(signal))
      } catch (error) {
        if (!(error instanceof OdradekError)) throw error
        errors.push(new KafkaJSAlterPartitionReassignmentsError(failureOf(error), each.topic, each.partition))
      }
    }
    if (errors.length > 0) throw new KafkaJSAggregateError('Errors altering partition reassignments', errors)
  }

  async listPartitionReassignments({
    topics,
    signal,
  }: {topics?: TopicPartitions[]} & Waiting = {}): Promise<ListPartitionReassignmentsResponse> {
    const wanted = (topic: string, partition: number): boolean =>
      topics === undefined || topics.some(each => each.topic === topic && each.partitions.includes(partition))
    const moving = await asKafkaJS(this.#cluster.admin.listReassignments(waitingFor(signal)))
    const byTopic = new Map<string, ListPartitionReassignmentsResponse['topics'][number]>()
    for (const {topic, partition, replicas, adding, removing} of moving) {
      if (!wanted(topic, partition)) continue
      const entry = byTopic.get(topic) ?? {topic, partitions: []}
      byTopic.set(topic, entry)
      entry.partitions.push({
        partitionIndex: partition,
        replicas: [...replicas],
        addingReplicas: [...adding],
        removingReplicas: [...removing],
      })
    }
    return {topics: [...byTopic.values()]}
  }

  async fetchOffsets({
    groupId,
    topics = [],
    resolveOffsets = false,
    signal,
  }: Asked<'fetchOffsets'>): ReturnType<Admin['fetchOffsets']> {
    requireName('groupId', groupId)
    if (!Array.isArray(topics)) throw new KafkaJSNonRetriableError('Expected topics array to be set')
    const cluster = this.#cluster
    const asked = await Promise.all(
      topics.map(async name => ({name, partitionIndexes: await this.#partitionsOf(name, signal)})),
    )
    const offsets = await fetchOffsets(cluster, groupId, asked.length > 0 ? asked : null, waitingFor(signal))
    if (!resolveOffsets) return offsets
    for (const {topic, partitions} of offsets) {
      const ends = await this.fetchTopicOffsets(topic, waitingFor(signal))
      for (const each of partitions) {
        const {low, high} = ends.find(({partition}) => partition === each.partition)!
        if (each.offset === EARLIEST) each.offset = low
        else if (each.offset === LATEST) each.offset = high
      }
      await this.setOffsets({groupId, topic, partitions, ...waitingFor(signal)})
    }
    return offsets
  }

  async fetchLag({groupId, topics = [], signal}: Asked<'fetchLag'>): Promise<PartitionLag[]> {
    const committed = await this.fetchOffsets({groupId, topics, ...waitingFor(signal)})
    const lags = committed.map(async ({topic, partitions}) => {
      const ends = await this.fetchTopicOffsets(topic, waitingFor(signal))
      return partitions.map(({partition, offset}) => {
        const {low, high} = ends.find(each => each.partition === partition)!
        return new PartitionLag(topic, partition, Math.max(0, Number(high) - Math.max(Number(offset), Number(low))))
      })
    })
    return (await Promise.all(lags)).flat()
  }

  /** Sets what a group, which must have no members, has committed; -2 stands for the first offset there is, -1 for the end. */
  async setOffsets({groupId, topic, partitions, signal}: Asked<'setOffsets'>): Promise<void> {
    requireName('groupId', groupId)
    requireName('topic', topic)
    if (!partitions || partitions.length === 0) throw new KafkaJSNonRetriableError('Invalid partitions')
    const cluster = this.#cluster
    const [group] = await describeGroups(cluster, [groupId], waitingFor(signal))
    if (!['Empty', 'Dead'].includes(group!.state))
      throw new KafkaJSNonRetriableError(`Offsets of a group are set while it has no members; it is ${group!.state}`)
    const ends = await this.fetchTopicOffsets(topic, waitingFor(signal))
    const offsets = partitions.map(({partition, offset}) => {
      const end = ends.find(each => each.partition === partition)
      if (end === undefined) throw protocolError('UNKNOWN_TOPIC_OR_PARTITION', `${topic} has no partition ${partition}`)
      const exact = Number(offset === EARLIEST ? end.low : offset === LATEST ? end.high : offset)
      if (!Number.isSafeInteger(exact) || exact < 0) throw new KafkaJSNonRetriableError(`Invalid offset ${offset}`)
      return {topic, partition, offset: exact}
    })
    await commitOffsets(cluster, groupId, offsets, waitingFor(signal))
  }

  async resetOffsets({groupId, topic, earliest = false, signal}: Asked<'resetOffsets'>): Promise<void> {
    requireName('groupId', groupId)
    requireName('topic', topic)
    const offset = earliest ? EARLIEST : LATEST
    const partitions = (await this.#partitionsOf(topic, signal)).map(partition => ({partition, offset}))
    await this.setOffsets({groupId, topic, partitions, ...waitingFor(signal)})
  }

  async listGroups({signal}: Waiting = {}): ReturnType<Admin['listGroups']> {
    const {errorCode, groups} = await asKafkaJS(this.#cluster.groups.request('ListGroups', {}, waitingFor(signal)))
    throwIf(errorCode)
    return {groups: groups.map(({groupId, protocolType}) => ({groupId, protocolType}))}
  }

  async describeGroups(groupIds: string[], {signal}: Waiting = {}): ReturnType<Admin['describeGroups']> {
    return {groups: await describeGroups(this.#cluster, groupIds, waitingFor(signal))}
  }

  async deleteGroups(groupIds: string[], {signal}: Waiting = {}): Promise<DeleteGroupsResult[]> {
    if (!Array.isArray(groupIds)) throw new KafkaJSNonRetriableError(`Invalid groupIds array ${groupIds}`)
    if (groupIds.some(groupId => typeof groupId !== 'string'))
      throw new KafkaJSNonRetriableError(`Invalid groupId name: ${JSON.stringify(groupIds)}`)
    if (groupIds.length === 0) return []
    const {groups} = this.#cluster
    const {results} = await asKafkaJS(groups.request('DeleteGroups', {groupsNames: groupIds}, waitingFor(signal)))
    const told = results.map(({groupId, errorCode}): DeleteGroupsResult => {
      if (errorCode === 'NONE') return {groupId, errorCode: 0}
      const error = protocolError(errorCode)
      return {groupId, errorCode: error.code, error}
    })
    const failed = told.filter(({error}) => error !== undefined)
    if (failed.length > 0) throw new KafkaJSDeleteGroupsError('Error in DeleteGroups', failed)
    return told
  }

  async describeAcls(): Promise<never> {
    throw noAcls()
  }

  async deleteAcls(): Promise<never> {
    throw noAcls()
  }

  async createAcls(): Promise<never> {
    throw noAcls()
  }

  get #cluster(): Cluster {
    return this.#connection.cluster
  }

  async #partitionsOf(topic: string, signal: AbortSignal | undefined): Promise<number[]> {
    const [image] = await asKafkaJS(this.#cluster.admin.describeTopics([topic], waitingFor(signal)))
    return image!.partitions.map((_, partition) => partition)
  }

  /** What `look` sees at each partition of a topic. */
  async #ofPartitions<T>(topic: string, signal: AbortSignal | undefined, look: (door: Partition) => T): Promise<T[]> {
    requireName('topic', topic)
    const cluster = this.#cluster
    const looking = async (): Promise<T[]> => {
      const [image] = await cluster.admin.describeTopics([topic], waitingFor(signal))
      return Promise.all(
        image!.partitions.map(async (_, partition) => {
          const door = await cluster.openPartition(topic, partition, false)
          try {
            return look(door)
          } finally {
            await door.close()
          }
        }),
      )
    }
    return asKafkaJS(looking())
  }

  async #describe(
    {type, name, configNames}: ResourceConfigQuery,
    signal: AbortSignal | undefined,
  ): Promise<DescribeConfigResponse['resources'][number]> {
    const configs = await this.#cluster.admin.describeConfigs(name, waitingFor(signal))
    const wanted = configs.filter(config => configNames == null || configNames.includes(config.name))
    const configEntries = wanted.map(({name: configName, value: configValue, source}): ConfigEntries => {
      const configSource = SOURCES[source] ?? ConfigSource.UNKNOWN
      return {
        configName,
        configValue,
        configSource,
        isDefault: configSource === ConfigSource.DEFAULT_CONFIG,
        isSensitive: false,
        readOnly: false,
        configSynonyms: [],
      }
    })
    return {configEntries, errorCode: 0, errorMessage: '', resourceName: name, resourceType: type}
  }
}

/** Where a config has its value from. What is the whole cluster's stands, in Kafka, in the brokers' properties. */
const SOURCES: Readonly<Record<string, number>> = {
  topic: ConfigSource.TOPIC_CONFIG,
  cluster: ConfigSource.STATIC_BROKER_CONFIG,
  default: ConfigSource.DEFAULT_CONFIG,
}

function noAcls(): KafkaJSNotImplemented {
  return new KafkaJSNotImplemented(
    'A cluster in this process has no access control lists: whoever has it may do everything',
  )
}

function assignmentsOf(assignment: NonNullable<ITopicConfig['replicaAssignment']>): number[][] {
  const sorted = [...assignment].sort((one, other) => one.partition - other.partition)
  if (sorted.some(({partition}, i) => partition !== i))
    throw protocolError('INVALID_REPLICA_ASSIGNMENT', 'an assignment names each partition from 0 on once')
  return sorted.map(({replicas}) => [...replicas])
}

function requireName(what: string, name: unknown): void {
  if (!name || typeof name !== 'string') throw new KafkaJSNonRetriableError(`Invalid ${what} ${name}`)
}

function checkNames(what: string, topics: readonly {readonly topic: string}[]): void {
  if (topics.some(({topic}) => typeof topic !== 'string'))
    throw new KafkaJSNonRetriableError(`Invalid ${what} array: each has a topic, which is text`)
  if (new Set(topics.map(({topic}) => topic)).size < topics.length)
    throw new KafkaJSNonRetriableError(`Invalid ${what} array: a topic is in it twice`)
}

function checkTopics(topics: readonly ITopicConfig[]): void {
  if (!Array.isArray(topics)) throw new KafkaJSNonRetriableError(`Invalid topics array ${topics}`)
  checkNames('topics', topics)
  for (const {topic, configEntries} of topics) {
    if (configEntries == null) continue
    if (!Array.isArray(configEntries))
      throw new KafkaJSNonRetriableError(`Invalid configEntries for topic "${topic}": a list is wanted`)
    for (const [i, entry] of configEntries.entries()) {
      const entryIs = `Invalid configEntries for topic "${topic}". Entry ${i}`
      if (typeof entry !== 'object' || entry === null)
        throw new KafkaJSNonRetriableError(`${entryIs} must be an object`)
      for (const property of ['name', 'value'] as const)
        if (typeof entry[property] !== 'string')
          throw new KafkaJSNonRetriableError(`${entryIs} must have a valid "${property}" property`)
    }
  }
}

const RESOURCE_TYPES: readonly number[] = Object.values(ConfigResourceTypes)

function checkResources(resources: readonly {readonly type: number; readonly name: string}[]): void {
  if (!Array.isArray(resources)) throw new KafkaJSNonRetriableError(`Invalid resources array ${resources}`)
  if (resources.length === 0) throw new KafkaJSNonRetriableError('Resources array cannot be empty')
  for (const resource of resources) {
    const {type, name} = resource
    if (!RESOURCE_TYPES.includes(type))
      throw new KafkaJSNonRetriableError(`Invalid resource type ${type}: ${JSON.stringify(resource)}`)
    if (!name || typeof name !== 'string')
      throw new KafkaJSNonRetriableError(`Invalid resource name ${name}: ${JSON.stringify(resource)}`)
    if (type !== ConfigResourceTypes.TOPIC)
      throw new KafkaJSNotImplemented('Brokers in this process have no configs of their own; topics have')
  }
}

function checkEntries(resource: IResourceConfig): void {
  const {configEntries} = resource
  if (!Array.isArray(configEntries))
    throw new KafkaJSNonRetriableError(`Invalid resource configEntries ${configEntries}: ${JSON.stringify(resource)}`)
  if (configEntries.some(({name, value}) => typeof name !== 'string' || typeof value !== 'string'))
    throw new KafkaJSNonRetriableError(`Invalid resource config value: ${JSON.stringify(resource)}`)
}

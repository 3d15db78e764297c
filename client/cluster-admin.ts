import type {
  AdminRequest,
  ConfigEntry,
  ListedTopic,
  NewTopic,
  Outcome,
  PartitionReassignment,
  PartitionRef,
  Results,
} from '../engine/coordinator/requests.ts'
import type {TopicImage} from '../engine/ensemble/metadata.ts'
import {OdradekError} from '../engine/errors.ts'
import type {GroupErrorCode} from '../engine/group/requests.ts'
import {
  checkCallOptions,
  checkConfigChanges,
  checkCreateOptions,
  checkName,
  checkNumber,
  checkPartitionRefs,
  checkReassignments,
  checkTopics,
  listOf,
} from './admin-arguments.ts'
import {describe} from './arguments.ts'
import type {BrokerCalls, CallOptions} from './broker-calls.ts'
import type {GroupCalls} from './group-calls.ts'
import {type GroupDescription, groupDescription, type ListedGroup} from './group-descriptions.ts'
import type {Partition} from './partition.ts'

/** A topic to be made. */
export type TopicInput = Omit<NewTopic, 'topicId' | 'configs'> & {
  /** Kafka's topic configs by their dotted names. */
  readonly configs?: Readonly<Record<string, string | number | boolean>>
}

/** What the admin needs of its cluster. */
interface AdminHome {
  readonly groups: GroupCalls
  readonly newTopicId: () => string
  readonly partition: (topic: string, partition: number) => Promise<Partition>
  /** The configs of a topic are not any more what was told of it. */
  readonly configured: (topic: string) => void
}

/**
 * Makes, changes and describes topics. What is done is done everywhere when a promise resolves: leaders are elected, every broker knows.
 * Every call also rejects with INVALID_ARGUMENT; LOG_CLOSED once the cluster is; REQUEST_TIMED_OUT after `timeoutMs` (the cluster's
 * `defaultApiTimeoutMs`, 60 s) without an answer, or the reason of its `signal`, and what was asked for may be done still; LEADER_NOT_AVAILABLE where it is
 * done, but 30 s later not every leader serves. Where several things are asked for at once, those that can be done are, and the call rejects with the
 * first refusal.
 */
export class ClusterAdmin {
  readonly #calls: BrokerCalls
  readonly #home: AdminHome

  /** @internal */
  constructor(calls: BrokerCalls, home: AdminHome) {
    this.#calls = calls
    this.#home = home
  }

  /**
   * Makes topics. `numPartitions` and `replicationFactor` are the cluster's where they are left out or -1; `assignments`, a list of broker ids for
   * each partition, the preferred leader first, takes the place of both. `validateOnly` (false) looks whether it could be done. Rejects with
   * TOPIC_ALREADY_EXISTS, INVALID_TOPIC_EXCEPTION, INVALID_PARTITIONS, INVALID_REPLICATION_FACTOR, INVALID_REPLICA_ASSIGNMENT, INVALID_CONFIG,
   * INVALID_REQUEST (assignments beside numbers).
   */
  async createTopics(
    topics: readonly TopicInput[],
    options: CallOptions & {validateOnly?: boolean} = {},
  ): Promise<void> {
    checkTopics('topics', topics)
    checkCreateOptions('createTopics', options)
    const {validateOnly, ...call} = options
    const asked = topics.map(({configs, ...topic}) => ({
      ...topic,
      topicId: this.#home.newTopicId(),
      ...(configs === undefined ? {} : {configs: textOf(configs)}),
    }))
    const request = {
      type: 'createTopics',
      topics: asked,
      ...(validateOnly === undefined ? {} : {validateOnly}),
    } as const
    throwRefusals(await this.#ask(request, call), asked)
  }

  /** Deletes topics with all their records, for good. Rejects with UNKNOWN_TOPIC_OR_PARTITION. */
  async deleteTopics(names: readonly string[], options: CallOptions = {}): Promise<void> {
    checkCallOptions('deleteTopics', options)
    listOf(checkName)('names', names)
    const topics = names.map(name => ({name}))
    throwRefusals(await this.#ask({type: 'deleteTopics', topics}, options), topics)
  }

  /** All topics, in the order of their creation: name, id, number of partitions. */
  async listTopics(options: CallOptions = {}): Promise<readonly ListedTopic[]> {
    checkCallOptions('listTopics', options)
    return this.#ask({type: 'listTopics'}, options)
  }

  /**
   * What the metadata says of topics, in the order of `names`: id, configs that were set, and of each partition its replicas, ISR (broker ids), leader
   * (-1 for none) and leader epoch. Rejects with UNKNOWN_TOPIC_OR_PARTITION.
   */
  async describeTopics(names: readonly string[], options: CallOptions = {}): Promise<readonly TopicImage[]> {
    checkCallOptions('describeTopics', options)
    listOf(checkName)('names', names)
    const topics = names.map(name => ({name}))
    const outcomes = await this.#ask({type: 'describeTopics', topics}, options)
    throwRefusals(outcomes, topics)
    return outcomes.map(outcome => (outcome as {topic: TopicImage}).topic)
  }

  /** Raises a topic's number of partitions to `count`. Rejects with UNKNOWN_TOPIC_OR_PARTITION, INVALID_PARTITIONS (it has as many, or more). */
  async createPartitions(name: string, count: number, options: CallOptions = {}): Promise<void> {
    checkCallOptions('createPartitions', options)
    checkName('name', name)
    checkNumber('count', count)
    const topics = [{name, count}]
    throwRefusals(await this.#ask({type: 'createPartitions', topics}, options), topics)
  }

  /** Sets configs of a topic by their dotted names; null takes one back to the cluster's value, others stay. Rejects with UNKNOWN_TOPIC_OR_PARTITION, INVALID_CONFIG. */
  async alterConfigs(
    name: string,
    configs: Readonly<Record<string, string | number | boolean | null>>,
    options: CallOptions = {},
  ): Promise<void> {
    checkCallOptions('alterConfigs', options)
    checkName('name', name)
    checkConfigChanges('configs', configs)
    const entries: ConfigEntry[] = Object.entries(configs).map(([config, value]) => ({
      name: config,
      value: value === null ? null : String(value),
    }))
    const topics = [{name, configs: entries}]
    throwRefusals(await this.#ask({type: 'alterConfigs', topics}, options), topics)
    this.#home.configured(name)
  }

  /** All configs of a topic; `source` is where the value comes from: 'topic', 'cluster' or 'default'. Rejects with UNKNOWN_TOPIC_OR_PARTITION. */
  async describeConfigs(
    name: string,
    options: CallOptions = {},
  ): Promise<readonly {name: string; value: string; source: string}[]> {
    checkCallOptions('describeConfigs', options)
    checkName('name', name)
    const [outcome] = await this.#ask({type: 'describeConfigs', topics: [name]}, options)
    throwRefusals([outcome!], [{name}])
    return (outcome as {configs: readonly {name: string; value: string; source: string}[]}).configs
  }

  /**
   * Brokers, those that are fenced with `fenced: true`; `holder`, id of the coordinator that writes, 0 for none; `clients`, the threads that are attached, by their
   * tale of every session; `connections`, Kafka's clients at the brokers' sockets, by the brokers' of every second.
   */
  async describeCluster(options: CallOptions = {}): Promise<Results['describeCluster']> {
    checkCallOptions('describeCluster', options)
    return this.#ask({type: 'describeCluster'}, options)
  }

  /** All groups that have a coordinator now. Rejects with COORDINATOR_NOT_AVAILABLE while one of them has none. */
  async listGroups(options: CallOptions = {}): Promise<readonly ListedGroup[]> {
    checkCallOptions('listGroups', options)
    const {errorCode, groups} = await this.#home.groups.request('ListGroups', {}, options)
    throwGroupError(errorCode, 'listing groups')
    return groups.map(({groupId, protocolType, groupState}) => ({groupId, protocolType, groupState}))
  }

  /**
   * Groups by their coordinators, in the order of `groupIds`: state, assigner, and of each member its id, client id, host or thread, partitions, and how long ago it
   * was heard of. Rejects with GROUP_ID_NOT_FOUND.
   */
  async describeGroups(groupIds: readonly string[], options: CallOptions = {}): Promise<readonly GroupDescription[]> {
    checkCallOptions('describeGroups', options)
    listOf(checkName)('groupIds', groupIds)
    const {groups} = await this.#home.groups.request('DescribeGroups', {groups: groupIds}, options)
    for (const {errorCode, groupId} of groups) throwGroupError(errorCode, `group ${groupId}`)
    return groups.map(groupDescription)
  }

  /**
   * Has the preferred replicas lead again or, where `unclean`, any replica that is there: what only others had is lost then. Without `partitions`, all that
   * need it. Resolves with an outcome for each; `error` is PREFERRED_LEADER_NOT_AVAILABLE, ELIGIBLE_LEADERS_NOT_AVAILABLE, ELECTION_NOT_NEEDED or
   * UNKNOWN_TOPIC_OR_PARTITION.
   */
  async electLeaders(
    election: 'preferred' | 'unclean',
    partitions?: readonly PartitionRef[],
    options: CallOptions = {},
  ): Promise<Results['electLeaders']> {
    checkCallOptions('electLeaders', options)
    if (election !== 'preferred' && election !== 'unclean')
      throw new OdradekError('INVALID_ARGUMENT', `election is 'preferred' or 'unclean', not ${describe(election)}`)
    if (partitions !== undefined) checkPartitionRefs('partitions', partitions)
    return this.#ask({type: 'electLeaders', election, ...(partitions === undefined ? {} : {partitions})}, options)
  }

  /**
   * Moves partitions to other brokers, `replicas` by id, the preferred leader first; null cancels. Resolves when that has begun: `listReassignments` tells
   * how far it is. Rejects with UNKNOWN_TOPIC_OR_PARTITION, INVALID_REPLICA_ASSIGNMENT, NO_REASSIGNMENT_IN_PROGRESS (nothing to cancel).
   */
  async reassignPartitions(
    partitions: readonly (PartitionRef & {readonly replicas: readonly number[] | null})[],
    options: CallOptions = {},
  ): Promise<void> {
    checkCallOptions('reassignPartitions', options)
    checkReassignments('partitions', partitions)
    throwRefusals(
      await this.#ask({type: 'alterPartitionReassignments', partitions}, options),
      partitions.map(({topic}) => ({name: topic})),
    )
  }

  /** Reassignments under way: all replicas of a partition, those that come (`adding`) and those that go (`removing`), by broker id. */
  async listReassignments(options: CallOptions = {}): Promise<readonly PartitionReassignment[]> {
    checkCallOptions('listReassignments', options)
    return this.#ask({type: 'listPartitionReassignments'}, options)
  }

  /**
   * Gives up the records of a partition below `offset` (-1: below the high watermark); resolves to the new log start. Rejects with
   * UNKNOWN_TOPIC_OR_PARTITION, OFFSET_OUT_OF_RANGE (above the high watermark), KAFKA_STORAGE_ERROR.
   */
  async deleteRecords(topic: string, partition: number, offset: number): Promise<number> {
    const door = await this.#home.partition(topic, partition)
    try {
      return await door.deleteRecordsBefore(offset)
    } finally {
      await door.close()
    }
  }

  #ask<Request extends AdminRequest>(request: Request, options: CallOptions): Promise<Results[Request['type']]> {
    return this.#calls.call(request, options)
  }
}

function textOf(configs: Readonly<Record<string, string | number | boolean>>): Record<string, string> {
  return Object.fromEntries(Object.entries(configs).map(([name, value]) => [name, String(value)]))
}

function throwGroupError(errorCode: GroupErrorCode, what: string): void {
  if (errorCode !== 'NONE') throw new OdradekError(errorCode, what)
}

function throwRefusals(outcomes: readonly Outcome[], asked: readonly {readonly name: string}[]): void {
  for (const [i, outcome] of outcomes.entries())
    if (outcome.error !== undefined) throw new OdradekError(outcome.error, `${asked[i]!.name}: ${outcome.message}`)
}

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
import {
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
import type {BrokerCalls} from './broker-calls.ts'
import type {Partition} from './partition.ts'

/** A topic to be made. */
export type TopicInput = Omit<NewTopic, 'topicId' | 'configs'> & {
  /** Kafka's topic configs by their dotted names. */
  readonly configs?: Readonly<Record<string, string | number | boolean>>
}

/** What the admin needs of its cluster. */
interface AdminHome {
  readonly newTopicId: () => string
  readonly partition: (topic: string, partition: number) => Promise<Partition>
  /** The configs of a topic are not any more what was told of it. */
  readonly configured: (topic: string) => void
}

/** Makes, changes and describes topics. What is done is done everywhere when a promise resolves: leaders are elected, every broker knows. */
export class ClusterAdmin {
  readonly #calls: BrokerCalls
  readonly #home: AdminHome

  /** @internal */
  constructor(calls: BrokerCalls, home: AdminHome) {
    this.#calls = calls
    this.#home = home
  }

  /** Rejects with the first refusal: TOPIC_ALREADY_EXISTS, INVALID_TOPIC_EXCEPTION, INVALID_PARTITIONS, INVALID_REPLICATION_FACTOR, INVALID_CONFIG …; the other topics are made. */
  async createTopics(topics: readonly TopicInput[], options: {validateOnly?: boolean} = {}): Promise<void> {
    checkTopics('topics', topics)
    checkCreateOptions('createTopics', options)
    const asked = topics.map(({configs, ...topic}) => ({
      ...topic,
      topicId: this.#home.newTopicId(),
      ...(configs === undefined ? {} : {configs: textOf(configs)}),
    }))
    throwRefusals(await this.#ask({type: 'createTopics', topics: asked, ...options}), asked)
  }

  async deleteTopics(names: readonly string[]): Promise<void> {
    listOf(checkName)('names', names)
    const topics = names.map(name => ({name}))
    throwRefusals(await this.#ask({type: 'deleteTopics', topics}), topics)
  }

  async listTopics(): Promise<readonly ListedTopic[]> {
    return this.#ask({type: 'listTopics'})
  }

  async describeTopics(names: readonly string[]): Promise<readonly TopicImage[]> {
    listOf(checkName)('names', names)
    const topics = names.map(name => ({name}))
    const outcomes = await this.#ask({type: 'describeTopics', topics})
    throwRefusals(outcomes, topics)
    return outcomes.map(outcome => (outcome as {topic: TopicImage}).topic)
  }

  /** Raises a topic's number of partitions to `count`. */
  async createPartitions(name: string, count: number): Promise<void> {
    checkName('name', name)
    checkNumber('count', count)
    const topics = [{name, count}]
    throwRefusals(await this.#ask({type: 'createPartitions', topics}), topics)
  }

  /** Sets configs of a topic; null takes one back. */
  async alterConfigs(name: string, configs: Readonly<Record<string, string | number | boolean | null>>): Promise<void> {
    checkName('name', name)
    checkConfigChanges('configs', configs)
    const entries: ConfigEntry[] = Object.entries(configs).map(([config, value]) => ({
      name: config,
      value: value === null ? null : String(value),
    }))
    const topics = [{name, configs: entries}]
    throwRefusals(await this.#ask({type: 'alterConfigs', topics}), topics)
    this.#home.configured(name)
  }

  async describeConfigs(name: string): Promise<readonly {name: string; value: string; source: string}[]> {
    checkName('name', name)
    const [outcome] = await this.#ask({type: 'describeConfigs', topics: [name]})
    throwRefusals([outcome!], [{name}])
    return (outcome as {configs: readonly {name: string; value: string; source: string}[]}).configs
  }

  async describeCluster(): Promise<Results['describeCluster']> {
    return this.#ask({type: 'describeCluster'})
  }

  /** Has the preferred replicas lead again or, where `unclean`, any replica that is there: what only others had is lost then. */
  async electLeaders(
    election: 'preferred' | 'unclean',
    partitions?: readonly PartitionRef[],
  ): Promise<Results['electLeaders']> {
    if (election !== 'preferred' && election !== 'unclean')
      throw new OdradekError('INVALID_ARGUMENT', `election is 'preferred' or 'unclean', not ${describe(election)}`)
    if (partitions !== undefined) checkPartitionRefs('partitions', partitions)
    return this.#ask({type: 'electLeaders', election, ...(partitions === undefined ? {} : {partitions})})
  }

  /** Moves partitions to other brokers; null cancels. Resolves when that has begun. */
  async reassignPartitions(
    partitions: readonly (PartitionRef & {readonly replicas: readonly number[] | null})[],
  ): Promise<void> {
    checkReassignments('partitions', partitions)
    throwRefusals(
      await this.#ask({type: 'alterPartitionReassignments', partitions}),
      partitions.map(({topic}) => ({name: topic})),
    )
  }

  async listReassignments(): Promise<readonly PartitionReassignment[]> {
    return this.#ask({type: 'listPartitionReassignments'})
  }

  /** Gives up the records of a partition below `offset` (-1: below the high watermark); resolves to the new log start. */
  async deleteRecords(topic: string, partition: number, offset: number): Promise<number> {
    const door = await this.#home.partition(topic, partition)
    try {
      return await door.deleteRecordsBefore(offset)
    } finally {
      await door.close()
    }
  }

  #ask<Request extends AdminRequest>(request: Request): Promise<Results[Request['type']]> {
    return this.#calls.call(request)
  }
}

function textOf(configs: Readonly<Record<string, string | number | boolean>>): Record<string, string> {
  return Object.fromEntries(Object.entries(configs).map(([name, value]) => [name, String(value)]))
}

function throwRefusals(outcomes: readonly Outcome[], asked: readonly {readonly name: string}[]): void {
  for (const [i, outcome] of outcomes.entries())
    if (outcome.error !== undefined) throw new OdradekError(outcome.error, `${asked[i]!.name}: ${outcome.message}`)
}

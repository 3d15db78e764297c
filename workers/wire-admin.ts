import type {AdminDesk, Asked, BrokerConfig, LogDir} from '../engine/broker/admin-desk.ts'
import {ProducerIds} from '../engine/broker/producer-ids.ts'
import type {ClusterMap} from '../engine/cluster/cluster-map.ts'
import type {MetadataImage} from '../engine/coordinator/metadata-image.ts'
import type {AdminRequest, Results} from '../engine/coordinator/requests.ts'
import type {TopicConfigs} from '../engine/ensemble/metadata.ts'
import type {ErrorCode} from '../engine/errors.ts'
import {OFFSETS_TOPIC_PARTITIONS} from '../engine/group/group-partition.ts'
import type {BrokerWorld} from './broker-world.ts'
import type {ClientRequests} from './client-requests.ts'
import type {ClusterConfig} from './cluster-config.ts'

/** How long it may take until there are producer ids, or a topic that is asked for. */
const PRODUCER_IDS_MS = 10_000
const MAKE_MS = 10_000

/** A broker's knowledge of its cluster, for who asks over the wire, and its way to the coordinators. */
export class WireAdmin implements AdminDesk {
  readonly nodeId: number
  readonly clusterId: string
  readonly map: ClusterMap
  readonly autoCreateTopics: boolean
  readonly topicDefaults: TopicConfigs
  readonly brokerConfigs: readonly BrokerConfig[]
  readonly #world: BrokerWorld
  readonly #clients: ClientRequests
  readonly #producerIds: ProducerIds
  #image: MetadataImage
  #nowMs = 0

  constructor(world: BrokerWorld, clients: ClientRequests, image: MetadataImage) {
    const {id, config, map} = world
    this.nodeId = id
    this.clusterId = config.clusterId
    this.map = map
    this.autoCreateTopics = config.autoCreateTopics
    this.topicDefaults = config.topicDefaults
    this.brokerConfigs = brokerConfigs(id, config)
    this.#world = world
    this.#clients = clients
    this.#image = image
    this.#producerIds = new ProducerIds(told => {
      const options = {nowMs: this.#nowMs, timeoutMs: PRODUCER_IDS_MS}
      this.ask({type: 'allocateProducerIds'}, options, outcome => told(outcome.error ?? outcome.result))
    })
  }

  get image(): MetadataImage {
    return this.#image
  }

  /** What there is, from here on: before anybody is answered. */
  follow(image: MetadataImage, nowMs: number): void {
    this.#image = image
    this.#nowMs = nowMs
  }

  ask<Request extends AdminRequest>(
    request: Request,
    {nowMs, timeoutMs}: {readonly nowMs: number; readonly timeoutMs: number},
    told: (outcome: Asked<Results[Request['type']]>) => void,
  ): void {
    const deadlineMs = nowMs + Math.max(0, timeoutMs)
    this.#clients.request(request, {deadlineMs}, outcome => told(outcome as Asked<Results[Request['type']]>))
  }

  makeTopic(name: string, nowMs: number, told: (error: ErrorCode | undefined) => void): void {
    const deadlineMs = nowMs + MAKE_MS
    this.#clients.request({type: 'topic', name, create: true}, {deadlineMs}, ({error}) => told(error))
  }

  newTopicId(): string {
    return Buffer.from(this.#world.randomBytes(16)).toString('base64url')
  }

  nextProducerId(nowMs: number, told: (id: number | ErrorCode) => void): void {
    this.#nowMs = nowMs
    this.#producerIds.next(told)
  }

  logDir(): LogDir {
    const path = this.#world.config.brokerDirs[this.nodeId]!
    return {path, ...(this.#world.roomOf?.(path) ?? {totalBytes: -1, usableBytes: -1})}
  }
}

/** What tools look for in a broker's configs, by Kafka's names. */
function brokerConfigs(id: number, config: ClusterConfig): BrokerConfig[] {
  const int = (name: string, value: number): BrokerConfig => ({name, value: String(value), type: 'int'})
  const long = (name: string, value: number): BrokerConfig => ({name, value: String(value), type: 'long'})
  return [
    {name: 'auto.create.topics.enable', value: String(config.autoCreateTopics), type: 'boolean'},
    int('broker.id', id),
    int('default.replication.factor', config.replicationFactor),
    {name: 'delete.topic.enable', value: 'true', type: 'boolean'},
    long('log.cleaner.backoff.ms', config.cleanerBackoffMs),
    {name: 'log.dirs', value: config.brokerDirs[id]!, type: 'string'},
    long('log.retention.check.interval.ms', config.retentionCheckMs),
    int('node.id', id),
    int('num.partitions', config.numPartitions),
    int('offsets.topic.num.partitions', OFFSETS_TOPIC_PARTITIONS),
    long('replica.lag.time.max.ms', config.replicaLagTimeMaxMs),
  ]
}

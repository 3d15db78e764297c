import {OdradekError} from '../../engine/errors.ts'
import type {Cluster} from '../cluster.ts'
import type {Partition} from '../partition.ts'
import type {Acks} from '../producer-batch.ts'
import {orAborted} from './aborting.ts'
import {codecOf} from './compression.ts'
import {type ClusterSource, Connection} from './connection.ts'
import {CompressionTypes} from './enums.ts'
import {
  type KafkaJSError,
  KafkaJSNonRetriableError,
  KafkaJSNotImplemented,
  KafkaJSNumberOfRetriesExceeded,
} from './errors.ts'
import {Instrumentation, PRODUCER_EVENTS} from './events.ts'
import type {Logger} from './logger.ts'
import {Production} from './production.ts'
import {toKafkaJSError} from './protocol-error.ts'
import {TargetTopic} from './target-topic.ts'
import {SEND} from './tracing.ts'
import type {
  Producer,
  ProducerBatch,
  ProducerConfig,
  ProducerRecord,
  RecordMetadata,
  TopicMessages,
  Transaction,
  Waiting,
} from './types.ts'

interface SendOptions extends Waiting {
  readonly acks?: number
  readonly compression?: number
}

const METADATA_MAX_AGE_MS = 300_000

/** A producer in KafkaJS' shape. Messages go to the leaders' threads through this thread's own inboxes; each partition has a producer id, so that a retry is exact. */
export class KafkaProducer implements Producer {
  readonly events = PRODUCER_EVENTS
  readonly on: Producer['on']
  readonly #connection: Connection
  readonly #config: ProducerConfig
  readonly #logger: Logger
  readonly #instrumentation: Instrumentation
  readonly #partitioner: ReturnType<NonNullable<ProducerConfig['createPartitioner']>> | undefined
  readonly #topics = new Map<string, TargetTopic>()
  /** While somebody waits for room or a door, others wait behind: messages keep the order in which they were sent. */
  #line: Promise<unknown> | undefined

  constructor(source: ClusterSource, config: ProducerConfig, logger: Logger) {
    const {idempotent = false, retry, createPartitioner} = config
    if (idempotent && retry?.retries !== undefined && retry.retries < 1)
      throw new KafkaJSNonRetriableError('idempotent needs retry.retries of 1 or more')
    this.#connection = new Connection(source, 'producer')
    this.#config = config
    this.#logger = logger.namespace('Producer')
    this.#instrumentation = new Instrumentation('producer', PRODUCER_EVENTS, this.#logger)
    this.on = this.#instrumentation.on as Producer['on']
    this.#partitioner = createPartitioner?.()
  }

  async connect({signal}: Waiting = {}): Promise<void> {
    await this.#connection.connect(signal)
    this.#instrumentation.emit(this.events.CONNECT)
  }

  async disconnect(): Promise<void> {
    await this.#connection.disconnect(async () => {
      await this.#line
      const doors = [...this.#topics.values()].flatMap(topic => topic.doors)
      this.#topics.clear()
      await Promise.allSettled(doors.map(door => door.close()))
    })
    this.#instrumentation.emit(this.events.DISCONNECT)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.disconnect()
  }

  isIdempotent(): boolean {
    return this.#config.idempotent ?? false
  }

  logger(): Logger {
    return this.#logger
  }

  async send({topic, messages, ...options}: ProducerRecord): Promise<RecordMetadata[]> {
    return this.#send([{topic, messages}], options)
  }

  async sendBatch({topicMessages = [], ...options}: ProducerBatch): Promise<RecordMetadata[]> {
    return this.#send(merged(topicMessages), options)
  }

  async flush({signal}: Waiting = {}): Promise<void> {
    await orAborted(signal, async () => {
      await this.#line
      const doors = [...this.#topics.values()].flatMap(topic => topic.doors)
      await Promise.allSettled(doors.map(door => door.flush({durability: 'written'})))
    })
  }

  async transaction(): Promise<Transaction> {
    if (this.#config.transactionalId === undefined)
      throw new KafkaJSNonRetriableError('A transaction needs a transactionalId')
    throw new KafkaJSNotImplemented('A cluster in this process has no transactions')
  }

  #send(topicMessages: readonly TopicMessages[], options: SendOptions): Promise<RecordMetadata[]> {
    const {signal} = options
    if (signal === undefined) return this.#sendTraced(topicMessages, options)
    return orAborted(signal, () => this.#sendTraced(topicMessages, options))
  }

  #sendTraced(topicMessages: readonly TopicMessages[], options: SendOptions): Promise<RecordMetadata[]> {
    if (!SEND.hasSubscribers) return this.#sendNow(topicMessages, options)
    return SEND.tracePromise(() => this.#sendNow(topicMessages, options), {topicMessages, ...options})
  }

  async #sendNow(
    topicMessages: readonly TopicMessages[],
    {acks = -1, compression = CompressionTypes.None}: SendOptions,
  ): Promise<RecordMetadata[]> {
    check(topicMessages)
    if (this.isIdempotent() && acks !== -1)
      throw new KafkaJSNonRetriableError('An idempotent producer sends with acks -1 only')
    if (acks !== -1 && acks !== 0 && acks !== 1) throw new KafkaJSNonRetriableError(`Invalid acks ${acks}`)
    const codec = codecOf(compression)
    // what was sent while there was one is settled, also while this client disconnects
    const {cluster} = this.#connection
    const production = new Production({topic: (name, startMs) => this.#topic(cluster, name, startMs)}, topicMessages, {
      acks: (acks === 0 ? 1 : acks) as Acks,
      codec,
    })
    const wait = this.#line ?? production.fill()
    if (wait !== undefined) this.#queue(production, wait)
    if (acks === 0) {
      production.settled.catch((error: Error) => this.#logger.debug(`Nobody waits for it: ${error.message}`))
      return []
    }
    try {
      return await production.settled
    } catch (error) {
      throw this.#told(error, production.startMs)
    }
  }

  #queue(production: Production, first: Promise<unknown>): void {
    const filled = (async () => {
      try {
        for (let wait: Promise<unknown> | undefined = first; wait !== undefined; wait = production.fill()) await wait
      } catch (error) {
        production.fail(error)
      }
    })()
    const line = filled.then(() => {
      if (this.#line === line) this.#line = undefined
    })
    this.#line = line
  }

  #topic(cluster: Cluster, name: string, startMs: number): TargetTopic | Promise<unknown> {
    const known = this.#topics.get(name)
    if (known !== undefined && !known.isDeleted) {
      if (!known.isOlderThan(this.#config.metadataMaxAge ?? METADATA_MAX_AGE_MS, startMs)) return known
      return this.#load(cluster, known)
    }
    if (known !== undefined) for (const door of known.doors) door.close().catch(() => {})
    const {allowAutoTopicCreation: create = true} = this.#config
    const open = (partition: number): Promise<Partition> => cluster.openPartition(name, partition, create)
    const topic = new TargetTopic(name, open, this.#partitioner)
    return this.#load(cluster, topic)
  }

  async #load(cluster: Cluster, topic: TargetTopic): Promise<void> {
    topic.load(await cluster.topic(topic.name, this.#config.allowAutoTopicCreation ?? true), Date.now())
    this.#topics.set(topic.name, topic)
  }

  /** KafkaJS tells of what went on failing although it was tried again as the last of its retries. */
  #told(error: unknown, startMs: number): Error {
    const told = toKafkaJSError(error)
    this.#logger.error(told.message, {retriable: (told as KafkaJSError).retriable})
    if (!(error instanceof OdradekError && TRIED_AGAIN.includes(error.code))) return told
    return new KafkaJSNumberOfRetriesExceeded(told, {
      retryCount: error.retries ?? 0,
      retryTime: Date.now() - startMs,
    })
  }
}

/** What a send ends with only after its delivery time-out. */
const TRIED_AGAIN = [
  'REQUEST_TIMED_OUT',
  'NOT_ENOUGH_REPLICAS',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  'LEADER_NOT_AVAILABLE',
]

function check(topicMessages: readonly TopicMessages[]): void {
  for (const {topic, messages} of topicMessages) {
    if (!topic) throw new KafkaJSNonRetriableError('Invalid topic')
    if (!Array.isArray(messages))
      throw new KafkaJSNonRetriableError(`Invalid messages array [${messages}] for topic "${topic}"`)
    for (const message of messages)
      if (message.value === undefined)
        throw new KafkaJSNonRetriableError(
          `Invalid message without value for topic "${topic}": ${JSON.stringify(message)}`,
        )
  }
}

/** A topic that is there several times has all of its messages where it is first. */
function merged(topicMessages: readonly TopicMessages[]): TopicMessages[] {
  const topics = new Map<string, TopicMessages>()
  for (const {topic, messages} of topicMessages) {
    const before = topics.get(topic)
    topics.set(topic, {
      topic,
      messages: before === undefined || !messages ? messages : before.messages.concat(messages),
    })
  }
  return [...topics.values()]
}

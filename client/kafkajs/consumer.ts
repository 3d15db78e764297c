import type {Readable} from 'node:stream'
import type {Cluster} from '../cluster.ts'
import {heedSignals, orAborted, waitingFor} from './aborting.ts'
import {type ClusterSource, Connection} from './connection.ts'
import {ConsumerRun} from './consumer-run.ts'
import {ConsumerStream} from './consumer-stream.ts'
import {KafkaJSNonRetriableError} from './errors.ts'
import {CONSUMER_EVENTS, Instrumentation} from './events.ts'
import {GroupMembership} from './group-membership.ts'
import {describeGroups} from './group-requests.ts'
import type {Logger} from './logger.ts'
import type {LoneMembership} from './lone-membership.ts'
import type {CommittedOffset, Membership} from './membership.ts'
import {MessageStream} from './message-stream.ts'
import {PartitionAssigners} from './partition-assigners.ts'
import type {PartitionLag} from './partition-lag.ts'
import {PausedPartitions} from './paused-partitions.ts'
import {asKafkaJS, toKafkaJSError} from './protocol-error.ts'
import {TopicDirectory} from './topic-directory.ts'
import type {
  ConsumedMessage,
  Consumer,
  ConsumerConfig,
  ConsumerRunConfig,
  ConsumerSubscribeTopic,
  ConsumerSubscribeTopics,
  GroupDescription,
  TopicPartitionOffset,
  TopicPartitionOffsetAndMetadata,
  TopicPartitions,
  Waiting,
} from './types.ts'

const INITIAL_RETRY_MS = 300
const STOP_TIMEOUT_MS = 30_000
const HIGH_WATER_MARK_BYTES = 64 * 1024

/** A consumer in KafkaJS' shape. It reads the partitions of its share itself, in this thread; only joining and committing asks a broker. */
export class KafkaConsumer implements Consumer {
  readonly events = CONSUMER_EVENTS
  readonly on: Consumer['on']
  readonly #connection: Connection
  readonly #config: ConsumerConfig
  readonly #clientId: string
  readonly #lone: LoneMembership | undefined
  readonly #logger: Logger
  readonly #instrumentation: Instrumentation
  readonly #topics = new Map<string, boolean>()
  readonly #paused = new PausedPartitions()
  readonly #streams = new Set<MessageStream>()
  #run: ConsumerRun | undefined
  #restart: NodeJS.Timeout | undefined
  /** How often it was told to stop: what was begun before does not go on. */
  #stops = 0
  #hasGivenUp = false
  #stopping: Promise<void> | undefined
  #ready: {promise: Promise<void>; resolve: () => void; reject: (error: unknown) => void} = deferred()

  /** One that is in no group has its partitions from `lone`. */
  constructor(
    source: ClusterSource,
    config: ConsumerConfig,
    options: {clientId: string; logger: Logger; lone?: LoneMembership},
  ) {
    const {groupId, sessionTimeout = 30_000, heartbeatInterval = 3000} = config
    this.#lone = options.lone
    if (!groupId && this.#lone === undefined)
      throw new KafkaJSNonRetriableError('Consumer groupId must be a non-empty string.')
    if (heartbeatInterval >= sessionTimeout)
      throw new KafkaJSNonRetriableError(
        `heartbeatInterval ${heartbeatInterval} does not fit into sessionTimeout ${sessionTimeout}: a third of it is usual`,
      )
    this.#connection = new Connection(source, this.#lone === undefined ? 'consumer' : 'reader')
    this.#config = config
    this.#clientId = options.clientId
    this.#logger = options.logger.namespace(this.#lone === undefined ? 'Consumer' : 'Reader')
    this.#instrumentation = new Instrumentation('consumer', CONSUMER_EVENTS, this.#logger)
    this.on = this.#instrumentation.on as Consumer['on']
    heedSignals<KafkaConsumer>(this, ['subscribe', 'commitOffsets', 'describeGroup'])
  }

  async connect({signal}: Waiting = {}): Promise<void> {
    await this.#connection.connect(signal)
    this.#instrumentation.emit(this.events.CONNECT)
  }

  async disconnect(): Promise<void> {
    await this.stop()
    await this.#connection.disconnect(async () => {})
    this.#instrumentation.emit(this.events.DISCONNECT)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.disconnect()
  }

  async subscribe(subscription: ConsumerSubscribeTopics | ConsumerSubscribeTopic): Promise<void> {
    const {
      topic,
      topics,
      fromBeginning = false,
    } = subscription as Partial<ConsumerSubscribeTopics & ConsumerSubscribeTopic>
    if (this.#run !== undefined)
      throw new KafkaJSNonRetriableError('Cannot subscribe to topic while consumer is running')
    if (!topic && !topics) throw new KafkaJSNonRetriableError('Missing required argument "topics"')
    if (topics != null && !Array.isArray(topics))
      throw new KafkaJSNonRetriableError('Argument "topics" must be an array')
    const wanted = topics ?? [topic!]
    for (const each of wanted)
      if (typeof each !== 'string' && !(each instanceof RegExp))
        throw new KafkaJSNonRetriableError(`Invalid topic ${each} (${typeof each}): a name, or a RegExp for names`)
    const cluster = await this.#connection.connect()
    const known = wanted.some(each => each instanceof RegExp)
      ? (await asKafkaJS(cluster.admin.listTopics())).map(({name}) => name)
      : []
    const names = wanted.flatMap(each => (each instanceof RegExp ? known.filter(name => each.test(name)) : [each]))
    // a topic that is missing is made now, and one that cannot be is told of
    const create = this.#config.allowAutoTopicCreation ?? true
    for (const name of names) await asKafkaJS(cluster.topic(name, create))
    for (const name of names) this.#topics.set(name, fromBeginning)
  }

  async run({signal, ...config}: ConsumerRunConfig & Waiting = {}): Promise<void> {
    signal?.throwIfAborted()
    if (this.#run !== undefined) {
      this.#logger.warn('run does nothing: this consumer runs already', {groupId: this.#config.groupId})
      return
    }
    if (this.#hasGivenUp) this.#ready = deferred()
    this.#hasGivenUp = false
    try {
      await orAborted(signal, () => this.#start(config))
    } catch (error) {
      if (signal?.aborted) await this.stop()
      throw error
    }
  }

  async ready({signal}: Waiting = {}): Promise<void> {
    return orAborted(signal, () => this.#ready.promise)
  }

  async stop(): Promise<void> {
    this.#stops++
    this.#stopping ??= this.#stop().finally(() => {
      this.#stopping = undefined
    })
    return this.#stopping
  }

  messages({signal}: {signal?: AbortSignal} = {}): AsyncGenerator<ConsumedMessage, void, void> {
    return this.#reading(stream => stream.messages(), signal)
  }

  stream({
    highWaterMarkBytes = HIGH_WATER_MARK_BYTES,
    signal,
  }: {
    highWaterMarkBytes?: number
    signal?: AbortSignal
  } = {}): Readable {
    if (!(highWaterMarkBytes > 0))
      throw new KafkaJSNonRetriableError(`Invalid highWaterMarkBytes ${highWaterMarkBytes}`)
    return new ConsumerStream(
      ending => this.#reading(stream => stream.batches(), signal ? AbortSignal.any([signal, ending]) : ending),
      highWaterMarkBytes,
    )
  }

  /** Runs while what it reads is asked for. */
  async *#reading<T>(
    read: (stream: MessageStream) => AsyncGenerator<T, void, void>,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<T, void, void> {
    if (this.#run !== undefined) throw new KafkaJSNonRetriableError('Cannot read messages while consumer is running')
    signal?.throwIfAborted()
    const stream = new MessageStream()
    this.#streams.add(stream)
    const abort = (): void => {
      // first: what runs on would be handed the same batch over and over while the reader is busy
      this.#streams.delete(stream)
      void this.stop()
      stream.end(signal!.reason)
    }
    signal?.addEventListener('abort', abort, {once: true})
    const stops = this.#stops
    try {
      await this.run({eachBatchAutoResolve: false, eachBatch: payload => stream.offer(payload)})
      yield* read(stream)
    } finally {
      signal?.removeEventListener('abort', abort)
      this.#streams.delete(stream)
      stream.end()
      // what was stopped meanwhile may run for somebody else by now
      await (this.#stops === stops ? this.stop() : this.#stopping)
    }
  }

  async commitOffsets(topicPartitions: TopicPartitionOffsetAndMetadata[] = []): Promise<void> {
    const offsets = topicPartitions.map(({topic, partition, offset, metadata = null}): CommittedOffset => {
      const number = checkOffset({topic, partition, offset})
      if (number < 0) throw new KafkaJSNonRetriableError('Offset must not be a negative number')
      if (metadata !== null && typeof metadata !== 'string')
        throw new KafkaJSNonRetriableError(`Invalid offset metadata ${metadata}: text, or null`)
      return {topic, partition, offset: number, metadata}
    })
    void this.#running
    // whoever commits right behind run speaks for a member that is still to be one, of that run or of one that is started anew
    await this.#ready.promise
    await asKafkaJS(this.#running.commit(offsets))
  }

  seek({topic, partition, offset}: TopicPartitionOffset): void {
    const number = checkOffset({topic, partition, offset})
    if (number < -2) throw new KafkaJSNonRetriableError('Offset must not be a negative number')
    this.#running.seek(topic, partition, number)
  }

  pause(topics: {topic: string; partitions?: number[]}[] = []): void {
    checkPartitions('pause', topics)
    const run = this.#running
    for (const {topic, partitions} of topics) this.#paused.pause(topic, partitions)
    run.changed()
  }

  resume(topics: {topic: string; partitions?: number[]}[] = []): void {
    checkPartitions('resume', topics)
    const run = this.#running
    for (const {topic, partitions} of topics) this.#paused.resume(topic, partitions)
    run.changed()
  }

  paused(): TopicPartitions[] {
    const assigned = this.#run?.assigned ?? []
    return assigned
      .map(({topic, partitions}) => ({topic, partitions: partitions.filter(each => this.#paused.has(topic, each))}))
      .filter(({partitions}) => partitions.length > 0)
  }

  lag(): PartitionLag[] {
    return this.#run?.lag ?? []
  }

  async describeGroup({signal}: Waiting = {}): Promise<GroupDescription> {
    const [group] = await describeGroups(this.#connection.cluster, [this.#config.groupId], waitingFor(signal))
    return group!
  }

  logger(): Logger {
    return this.#logger
  }

  /** @internal */
  get cluster(): Cluster {
    return this.#connection.cluster
  }

  /** @internal Also while it waits to be started anew after a crash. */
  get isRunning(): boolean {
    return this.#run !== undefined || this.#restart !== undefined
  }

  get #running(): ConsumerRun {
    if (this.#run === undefined) {
      const what = this.#lone === undefined ? 'consumer is in no group yet' : 'reader does not read yet'
      throw new KafkaJSNonRetriableError(`This ${what}: run comes first`)
    }
    return this.#run
  }

  async #start(config: ConsumerRunConfig): Promise<void> {
    const stops = this.#stops
    const isWanted = (): boolean => this.#stops === stops
    const {groupId, groupInstanceId, sessionTimeout = 30_000, rebalanceTimeout = 60_000, retry = {}} = this.#config
    const {heartbeatInterval: heartbeatMs = 3000, metadataMaxAge: metadataMaxAgeMs = 300_000} = this.#config
    const {stopTimeout: stopTimeoutMs = STOP_TIMEOUT_MS} = this.#config
    const {partitionAssigners = [PartitionAssigners.roundRobin], allowAutoTopicCreation = true} = this.#config
    this.#logger.info('Starting', {groupId})
    // in the same turn, where it is connected: a program may seek right behind a run that it does not wait for
    const cluster = this.#connection.isConnected ? this.#connection.cluster : await this.#connection.connect()
    if (!isWanted()) throw new KafkaJSNonRetriableError('The consumer was stopped')
    const directory = new TopicDirectory(cluster, allowAutoTopicCreation && this.#lone === undefined)
    const logger = this.#logger
    const membership: Membership =
      this.#lone ??
      new GroupMembership(cluster, directory, {
        groupId,
        groupInstanceId,
        sessionTimeoutMs: sessionTimeout,
        rebalanceTimeoutMs: rebalanceTimeout,
        topics: [...this.#topics.keys()],
        assigners: partitionAssigners.map(create => create({cluster: directory, groupId, logger})),
        call: {clientId: this.#clientId},
      })
    const run: ConsumerRun = new ConsumerRun({
      cluster,
      membership,
      directory,
      instrumentation: this.#instrumentation,
      logger,
      paused: this.#paused,
      groupId,
      topics: this.#lone === undefined ? new Map(this.#topics) : new Map(this.#lone.topics.map(name => [name, true])),
      heartbeatMs,
      metadataMaxAgeMs,
      stopTimeoutMs,
      retry,
      config,
      crashed: error => void this.#crashed(run, error, {config, isWanted}),
    })
    this.#run = run
    try {
      await run.start()
      if (run.isRunning) this.#ready.resolve()
    } catch (error) {
      await this.#crashed(run, toKafkaJSError(error), {config, isWanted})
    }
  }

  async #stop(): Promise<void> {
    clearTimeout(this.#restart)
    this.#restart = undefined
    const run = this.#run
    // whoever holds a message of a stream asks for the next one meanwhile
    if (run !== undefined) await run.stop()
    for (const stream of this.#streams) stream.end()
    if (run === undefined) {
      if (!this.#hasGivenUp) this.#notReady()
      return
    }
    if (this.#run === run) this.#run = undefined
    this.#notReady()
    this.#instrumentation.emit(this.events.STOP)
    this.#logger.info('Stopped', {groupId: this.#config.groupId})
  }

  #notReady(error?: Error): void {
    this.#ready.reject(error ?? new KafkaJSNonRetriableError('The consumer was stopped'))
    this.#ready = deferred()
    // of one that has given up whoever asks later hears, too
    this.#hasGivenUp = error !== undefined
    if (error !== undefined) this.#ready.reject(error)
  }

  async #crashed(
    run: ConsumerRun,
    error: Error,
    {config, isWanted}: {config: ConsumerRunConfig; isWanted: () => boolean},
  ): Promise<void> {
    // whoever has stopped it meanwhile is through with it
    if (!isWanted()) return
    const {groupId, retry} = this.#config
    const {name, message, stack, retryCount, retryTime} = error as Error & {retryCount?: number; retryTime?: number}
    this.#logger.error(`Crash: ${name}: ${message}`, {groupId, retryCount, stack})
    if (this.#run === run) this.#run = undefined
    // KafkaJS disconnects before it asks; a cluster of this process is held while it may be wanted again
    this.#instrumentation.emit(this.events.STOP)
    this.#instrumentation.emit(this.events.DISCONNECT)
    const restart = mayRestart(error) && (await this.#wantsRestart(error)) && isWanted()
    if (!restart) {
      this.#notReady(error)
      await this.#connection.disconnect(async () => {})
      for (const stream of this.#streams) stream.end(error)
    }
    this.#instrumentation.emit(this.events.CRASH, {error, groupId, restart})
    if (!restart) return
    const waitMs = retryTime ?? retry?.initialRetryTime ?? INITIAL_RETRY_MS
    this.#logger.error(`Restarting the consumer in ${waitMs}ms`, {retryCount, retryTime: waitMs, groupId})
    this.#restart = setTimeout(() => {
      this.#restart = undefined
      if (this.#run === undefined) this.#start(config).catch(failure => this.#logger.error((failure as Error).message))
    }, waitMs)
  }

  async #wantsRestart(error: Error): Promise<boolean> {
    const {groupId, retry} = this.#config
    try {
      return (await retry?.restartOnFailure?.(error)) ?? true
    } catch (failure) {
      this.#logger.error('restartOnFailure threw: the consumer is started anew', {
        error: (failure as Error).message,
        cause: error.message,
        groupId,
      })
      return true
    }
  }
}

/** A consumer that was tried often enough may do better later; one whose cluster is gone does not. */
function mayRestart(error: Error): boolean {
  if (error.name === 'KafkaJSConnectionError') return false
  if (error.name === 'KafkaJSNumberOfRetriesExceeded') return true
  let cause = error
  while (cause.cause instanceof Error) ({cause} = cause as {cause: Error})
  return (cause as {retriable?: boolean}).retriable === true
}

function checkOffset({topic, partition, offset}: TopicPartitionOffset): number {
  if (!topic) throw new KafkaJSNonRetriableError(`Invalid topic ${topic}`)
  if (Number.isNaN(Number(partition))) throw new KafkaJSNonRetriableError(`Invalid partition ${partition}: a number`)
  const number = Number(offset)
  if (!Number.isSafeInteger(number) || String(offset).trim() === '')
    throw new KafkaJSNonRetriableError(`Invalid offset ${offset}: a whole number`)
  return number
}

function checkPartitions(doing: string, topics: readonly {topic: string; partitions?: number[]}[]): void {
  for (const each of topics) {
    if (!each?.topic) throw new KafkaJSNonRetriableError(`Invalid topic ${each?.topic || each}`)
    const {partitions} = each
    if (partitions !== undefined && (!Array.isArray(partitions) || partitions.some(Number.isNaN)))
      throw new KafkaJSNonRetriableError(`Invalid partitions to ${doing}: ${partitions}, which is no list of numbers`)
  }
}

function deferred(): {promise: Promise<void>; resolve: () => void; reject: (error: unknown) => void} {
  let resolve!: () => void
  let reject!: (error: unknown) => void
  const promise = new Promise<void>((yes, no) => {
    resolve = yes
    reject = no
  })
  // whoever does not wait for it does not hear of it
  promise.catch(() => {})
  return {promise, resolve, reject}
}

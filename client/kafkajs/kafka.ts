import {fileURLToPath} from 'node:url'
import {Cluster} from '../cluster.ts'
import type {ClusterOptions} from '../cluster-options.ts'
import {KafkaAdmin} from './admin.ts'
import type {ClusterSource} from './connection.ts'
import {KafkaConsumer} from './consumer.ts'
import type {logLevel} from './enums.ts'
import {KafkaJSNonRetriableError, KafkaJSNotImplemented} from './errors.ts'
import {type Brokers, LateBrokers, lateClient} from './late-brokers.ts'
import {createLogger, type Logger, type logCreator} from './logger.ts'
import {KafkaProducer} from './producer.ts'
import {KafkaReader} from './reader.ts'
import type {
  Admin,
  AdminConfig,
  Consumer,
  ConsumerConfig,
  Producer,
  ProducerConfig,
  ReaderConfig,
  RetryOptions,
  TopicReader,
} from './types.ts'

type BrokersValue = Cluster | URL | string | readonly string[]
export type BrokersFunction = () => BrokersValue | Promise<BrokersValue>

/** Options of `new Kafka`. All but `brokers` and `cluster` are KafkaJS'; those that only say how to talk over a network count for `host:port` alone. */
export interface KafkaConfig {
  /**
   * Where the cluster is: one that this thread has open (`openCluster`, `attachCluster`); a `file:` URL, the dir of one that is opened with the first client that connects and
   * closed with the last; or `host:port` of Apache Kafka's brokers, for which the installed `kafkajs` is used. A function that gives one of these is asked when the
   * first client connects.
   */
  brokers: BrokersValue | BrokersFunction
  /** Options of the cluster that is opened for a `file:` URL. Where it is open already, `connect` refuses others than those it was opened with. */
  cluster?: Omit<ClusterOptions, 'dir' | 'dirs'>
  ssl?: unknown
  sasl?: unknown
  clientId?: string
  connectionTimeout?: number
  authenticationTimeout?: number
  reauthenticationThreshold?: number
  requestTimeout?: number
  enforceRequestTimeout?: boolean
  retry?: RetryOptions
  socketFactory?: unknown
  logLevel?: logLevel
  logCreator?: logCreator
}

/** A client of the installed kafkajs, as far as this door looks at it. */
export interface TheirKafka {
  producer(config?: ProducerConfig): Producer
  consumer(config: ConsumerConfig): Consumer
  admin(config?: AdminConfig): Admin
  logger(): Logger
}

/** What this door is handed from above. */
export interface KafkaHome {
  /** The cluster in a dir, the same for everybody in this thread. */
  readonly sourceIn: (dir: string, options: ClusterOptions) => ClusterSource
  /** The class `Kafka` of the installed kafkajs. Throws where there is none. */
  readonly theirs: () => new (config: never) => TheirKafka
}

/** KafkaJS' `Kafka` over a cluster in this process, or, where `brokers` are `host:port`, over the installed kafkajs. */
export class KafkaClient {
  readonly #config: KafkaConfig
  readonly #logger: Logger
  readonly #source: ClusterSource | undefined
  readonly #theirs: TheirKafka | undefined
  readonly #late: LateBrokers<TheirKafka> | undefined

  /** @internal */
  constructor(config: KafkaConfig, home: KafkaHome) {
    this.#config = config
    const {brokers} = config
    if (typeof brokers === 'function') {
      this.#late = new LateBrokers(async () => brokersOf(config, await brokers(), home))
      this.#source = this.#late.source
    } else {
      const {source, theirs} = brokersOf(config, brokers, home)
      this.#source = source
      this.#theirs = theirs
    }
    this.#logger = this.#theirs?.logger() ?? createLogger(config.logLevel, config.logCreator)
  }

  producer(config: ProducerConfig = {}): Producer {
    if (this.#source === undefined) return this.#theirs!.producer(config)
    const own = {...config, retry: {...this.#config.retry, ...config.retry}}
    const producer: Producer = new KafkaProducer(this.#source, own, this.#logger)
    return this.#orTheirs(producer, theirs => theirs.producer(config))
  }

  consumer(config: ConsumerConfig): Consumer {
    if (this.#source === undefined) return this.#theirs!.consumer(config)
    const {retry, clientId = 'kafkajs'} = this.#config
    const logger = this.#logger
    const own = {...config, retry: {...retry, ...config?.retry}}
    const consumer: Consumer = new KafkaConsumer(this.#source, own, {clientId, logger})
    return this.#orTheirs(consumer, theirs => theirs.consumer(config))
  }

  admin(config: AdminConfig = {}): Admin {
    if (this.#source === undefined) return this.#theirs!.admin(config)
    const admin: Admin = new KafkaAdmin(this.#source, this.#logger)
    return this.#orTheirs(admin, theirs => theirs.admin(config))
  }

  /** A consumer without a group; KafkaJS has none, so there is none for `host:port`. */
  reader(config: ReaderConfig = {}): TopicReader {
    if (this.#source === undefined)
      throw new KafkaJSNotImplemented('Brokers at host:port are kafkajs’, which has no readers without a group')
    const {retry, clientId = 'kafkajs'} = this.#config
    const own = {...config, retry: {...retry, ...config.retry}}
    return new KafkaReader(this.#source, own, {clientId, logger: this.#logger})
  }

  logger(): Logger {
    return this.#logger
  }

  /** Our client; where brokers are told of later, one that may turn out to be theirs. */
  #orTheirs<Client extends Admin | Consumer | Producer>(ours: Client, make: (theirs: TheirKafka) => Client): Client {
    const late = this.#late
    if (late === undefined) return ours
    return lateClient(ours, async () => {
      const {theirs} = await late.tell()
      return theirs && make(theirs)
    })
  }
}

function brokersOf(config: KafkaConfig, brokers: BrokersValue, home: KafkaHome): Brokers<TheirKafka> {
  if (brokers instanceof Cluster) return {source: {open: async () => brokers, release: async () => {}}}
  const dir = dirOf(brokers)
  if (dir !== undefined) return {source: home.sourceIn(dir, config.cluster ?? {})}
  // a function is kafkajs' own way to look for brokers again and again
  const hosts =
    typeof config.brokers === 'function' ? config.brokers : typeof brokers === 'string' ? [brokers] : brokers
  return {theirs: new (home.theirs())({...config, brokers: hosts} as never)}
}

/** The dir of a `file:` URL, undefined for brokers of Apache Kafka. Throws for what is neither. */
function dirOf(brokers: Exclude<BrokersValue, Cluster>): string | undefined {
  const list: readonly (string | URL)[] = Array.isArray(brokers) ? brokers : [brokers as string | URL]
  const files = list.filter(each => each instanceof URL || /^file:/i.test(String(each)))
  if (list.length > 0 && list.every(each => typeof each === 'string' && /^[^\s/]+:\d+$/.test(each))) return undefined
  if (files.length === 1 && list.length === 1) {
    const url = new URL(files[0]!)
    // 'file:data' is '/data' to a URL
    const isAbsolute = files[0] instanceof URL || /^file:\/\//i.test(files[0]!)
    if (url.protocol === 'file:' && isAbsolute && url.pathname !== '/') return fileURLToPath(url)
  }
  throw new KafkaJSNonRetriableError(
    `brokers is a cluster that openCluster gave, one file: URL of a dir, or a list of host:port, not ${list.map(String).join(', ') || 'an empty list'}`,
  )
}

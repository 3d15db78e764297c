import {fileURLToPath} from 'node:url'
import {Cluster} from '../cluster.ts'
import type {ClusterOptions} from '../cluster-options.ts'
import {KafkaAdmin} from './admin.ts'
import type {ClusterSource} from './connection.ts'
import {KafkaConsumer} from './consumer.ts'
import type {logLevel} from './enums.ts'
import {KafkaJSNonRetriableError} from './errors.ts'
import {createLogger, type Logger, type logCreator} from './logger.ts'
import {KafkaProducer} from './producer.ts'
import type {Admin, AdminConfig, Consumer, ConsumerConfig, Producer, ProducerConfig, RetryOptions} from './types.ts'

export type BrokersFunction = () => string[] | Promise<string[]>

/** Options of `new Kafka`. All but `brokers` and `cluster` are KafkaJS'; those that only say how to talk over a network count for `host:port` alone. */
export interface KafkaConfig {
  /**
   * Where the cluster is: one that this thread has open (`openCluster`, `attachCluster`); a `file:` URL, the dir of one that is opened with the first client that connects and
   * closed with the last; or `host:port` of Apache Kafka's brokers, for which the installed `kafkajs` is used.
   */
  brokers: Cluster | URL | string | readonly string[] | BrokersFunction
  /** Options of the cluster that is opened for a `file:` URL. Whoever opens it first has the say. */
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

  /** @internal */
  constructor(config: KafkaConfig, home: KafkaHome) {
    this.#config = config
    const {brokers, cluster = {}} = config
    if (brokers instanceof Cluster) this.#source = {open: async () => brokers, release: async () => {}}
    else {
      const dir = dirOf(brokers)
      if (dir !== undefined) this.#source = home.sourceIn(dir, cluster)
      else {
        const list = typeof brokers === 'string' ? [brokers] : brokers
        this.#theirs = new (home.theirs())({...config, brokers: list} as never)
      }
    }
    this.#logger = this.#theirs?.logger() ?? createLogger(config.logLevel, config.logCreator)
  }

  producer(config: ProducerConfig = {}): Producer {
    if (this.#source === undefined) return this.#theirs!.producer(config)
    return new KafkaProducer(this.#source, {...config, retry: {...this.#config.retry, ...config.retry}}, this.#logger)
  }

  consumer(config: ConsumerConfig): Consumer {
    if (this.#source === undefined) return this.#theirs!.consumer(config)
    const {retry, clientId = 'kafkajs'} = this.#config
    const logger = this.#logger
    const own = {...config, retry: {...retry, ...config?.retry}}
    return new KafkaConsumer(this.#source, own, {clientId, logger})
  }

  admin(config: AdminConfig = {}): Admin {
    if (this.#source === undefined) return this.#theirs!.admin(config)
    return new KafkaAdmin(this.#source, this.#logger)
  }

  logger(): Logger {
    return this.#logger
  }
}

/** The dir of a `file:` URL, undefined for brokers of Apache Kafka. Throws for what is neither. */
function dirOf(brokers: KafkaConfig['brokers']): string | undefined {
  if (typeof brokers === 'function') return undefined
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

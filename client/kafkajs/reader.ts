import {describe} from '../arguments.ts'
import {heedSignals} from './aborting.ts'
import type {ClusterSource} from './connection.ts'
import {KafkaConsumer} from './consumer.ts'
import {KafkaJSNonRetriableError} from './errors.ts'
import type {Logger} from './logger.ts'
import {type Beginning, LoneMembership} from './lone-membership.ts'
import {asKafkaJS} from './protocol-error.ts'
import type {ReaderAssignment, ReaderConfig, ReaderRunConfig, ReadingFrom, TopicReader, Waiting} from './types.ts'

/** A consumer that is in no group: it reads the partitions it is told to, from where it is told to. KafkaJS has none. */
export class KafkaReader implements TopicReader {
  readonly #consumer: KafkaConsumer
  readonly #membership: LoneMembership
  readonly events: TopicReader['events']
  readonly on: TopicReader['on']

  constructor(source: ClusterSource, config: ReaderConfig, options: {clientId: string; logger: Logger}) {
    this.#membership = new LoneMembership(() => this.#consumer.cluster)
    this.#consumer = new KafkaConsumer(source, {...config, groupId: ''}, {...options, lone: this.#membership})
    this.events = this.#consumer.events
    this.on = this.#consumer.on
    heedSignals<KafkaReader>(this, ['assign'])
  }

  connect(options?: Waiting): Promise<void> {
    return this.#consumer.connect(options)
  }

  disconnect(): Promise<void> {
    return this.#consumer.disconnect()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.disconnect()
  }

  async assign(assignments: ReaderAssignment | readonly ReaderAssignment[]): Promise<void> {
    if (this.#consumer.isRunning)
      throw new KafkaJSNonRetriableError('Cannot assign partitions while the reader is running')
    const {cluster} = this.#consumer
    const list = (Array.isArray(assignments) ? assignments : [assignments]) as readonly ReaderAssignment[]
    const places = []
    for (const {topic, partitions, from = 'earliest'} of list) {
      if (!topic || typeof topic !== 'string') throw new KafkaJSNonRetriableError(`Invalid topic ${topic}`)
      const {length} = (await asKafkaJS(cluster.topic(topic, false))).partitions
      const wanted = partitions ?? Array.from({length}, (_, partition) => partition)
      const strange = wanted.find(each => !(Number.isInteger(each) && each >= 0 && each < length))
      if (strange !== undefined)
        throw new KafkaJSNonRetriableError(`Invalid partition ${strange} of "${topic}": it has ${length}`)
      for (const partition of wanted) places.push({topic, partition, from: beginningOf(from)})
    }
    if (new Set(places.map(({topic, partition}) => `${topic}-${partition}`)).size < places.length)
      throw new KafkaJSNonRetriableError('A partition is assigned twice')
    this.#membership.assign(places)
  }

  run(config?: ReaderRunConfig & Waiting): Promise<void> {
    return this.#consumer.run({...config, autoCommit: true})
  }

  stop(): Promise<void> {
    return this.#consumer.stop()
  }

  ready(options?: Waiting): Promise<void> {
    return this.#consumer.ready(options)
  }

  messages(options?: Parameters<TopicReader['messages']>[0]): ReturnType<TopicReader['messages']> {
    return this.#consumer.messages(options)
  }

  stream(options?: Parameters<TopicReader['stream']>[0]): ReturnType<TopicReader['stream']> {
    return this.#consumer.stream(options)
  }

  seek(place: Parameters<TopicReader['seek']>[0]): void {
    this.#consumer.seek(place)
  }

  pause(topics: Parameters<TopicReader['pause']>[0]): void {
    this.#consumer.pause(topics)
  }

  paused(): ReturnType<TopicReader['paused']> {
    return this.#consumer.paused()
  }

  resume(topics: Parameters<TopicReader['resume']>[0]): void {
    this.#consumer.resume(topics)
  }

  lag(): ReturnType<TopicReader['lag']> {
    return this.#consumer.lag()
  }

  logger(): Logger {
    return this.#consumer.logger()
  }
}

function beginningOf(from: ReadingFrom): Beginning {
  if (from === 'earliest' || from === 'latest') return from
  if (typeof from === 'object' && from !== null) {
    if (Number.isSafeInteger(from.timestamp)) return from
  } else if (from !== null && String(from).trim() !== '') {
    const offset = Number(from)
    if (Number.isSafeInteger(offset) && offset >= 0) return offset
  }
  throw new KafkaJSNonRetriableError(
    `Invalid from: 'earliest', 'latest', an offset, or {timestamp} in ms since 1970, not ${describe(from)}`,
  )
}

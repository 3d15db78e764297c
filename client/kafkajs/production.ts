import {OdradekError} from '../../engine/errors.ts'
import {HEADERS_MAX} from '../../engine/limits.ts'
import type {Header} from '../../engine/record/batch-builder.ts'
import type {BatchCodec} from '../codecs.ts'
import type {Partition, PartitionSending} from '../partition.ts'
import type {Acks} from '../producer-batch.ts'
import {NO_HEADERS} from '../record.ts'
import type {SendResult} from '../send.ts'
import {KafkaJSNonRetriableError} from './errors.ts'
import type {TargetTopic} from './target-topic.ts'
import type {IHeaders, Message, RecordMetadata, TopicMessages} from './types.ts'

/** What a producer gives to those who produce. */
export interface ProductionHome {
  /** The topic as it is known for a call that began then, or a promise of when to ask again. */
  readonly topic: (name: string, startMs: number) => TargetTopic | Promise<unknown>
}

/**
 * One call of `send` or `sendBatch`: its messages go into the open batches of their partitions as soon as there is room, and it is over when all of those
 * batches are settled. No message has an object of its own on the way.
 */
export class Production {
  readonly #home: ProductionHome
  readonly #acks: Acks
  readonly #topics: readonly TopicMessages[]
  readonly #codec: BatchCodec | undefined
  readonly #results: Result[] = []
  /** Partitions' batches that a codec is at work on. */
  readonly #late: Promise<void>[] = []
  #isFilled = false
  #topicIndex = 0
  #messageIndex = 0
  /** Sends that are not settled, and one for the messages that are still to be added. */
  #pending = 1
  #error: unknown
  #resolve!: (results: RecordMetadata[]) => void
  #reject!: (error: unknown) => void
  readonly settled: Promise<RecordMetadata[]>
  readonly startMs = Date.now()

  constructor(
    home: ProductionHome,
    topics: readonly TopicMessages[],
    options: {acks: Acks; codec: BatchCodec | undefined},
  ) {
    this.#home = home
    this.#topics = topics
    this.#acks = options.acks
    this.#codec = options.codec
    this.settled = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  /** Adds messages until all are on their way: undefined; or a promise of when to go on. */
  fill(): Promise<unknown> | undefined {
    try {
      while (this.#topicIndex < this.#topics.length) {
        const {topic: name, messages} = this.#topics[this.#topicIndex]!
        if (messages.length > 0) {
          const topic = this.#home.topic(name, this.startMs)
          if (topic instanceof Promise) return topic
          const wait = this.#fillTopic(topic, messages)
          // what a codec is at work on goes before all that is sent later
          const late = this.#late.splice(0)
          if (late.length > 0) return Promise.all([wait, ...late])
          if (wait !== undefined) return wait
        }
        this.#messageIndex = 0
        this.#topicIndex++
      }
    } catch (error) {
      this.#error ??= error
    }
    this.#topicIndex = this.#topics.length
    if (!this.#isFilled) this.#countDown()
    this.#isFilled = true
    return this.#late.length > 0 ? Promise.allSettled(this.#late.splice(0)) : undefined
  }

  /** Nothing more can be added. */
  fail(error: unknown): void {
    this.#error ??= error
    this.#countDown()
  }

  #fillTopic(topic: TargetTopic, messages: readonly Message[]): Promise<unknown> | undefined {
    const sendings: (PartitionSending | undefined)[] = []
    try {
      for (let i = this.#messageIndex; i < messages.length; i++) {
        this.#messageIndex = i
        const message = messages[i]!
        const partition = topic.partitionOf(message)
        let sending = sendings[partition]
        const isFirst = sending === undefined
        if (sending === undefined) {
          const door = topic.door(partition)
          if (door instanceof Promise) {
            // a partitioner is asked once for each message
            topic.keep(message, partition)
            return door
          }
          sending = this.#begin(topic, partition, door)
          sendings[partition] = sending
        }
        const {key, value, timestamp, headers} = message
        try {
          sending.add(
            key === undefined || key === null ? null : bytesOf(key),
            value === null ? null : bytesOf(value),
            timestamp === undefined ? undefined : timeOf(timestamp),
            headers === undefined ? NO_HEADERS : headersOf(headers),
          )
        } catch (error) {
          if (isFirst) {
            // nobody will hear of a send without a record
            delete sendings[partition]
            this.#pending--
          }
          if (!(error instanceof OdradekError && error.code === 'BUFFER_EXHAUSTED')) throw error
          // the same message again, to the same partition
          topic.keep(message, partition)
          return (topic.door(partition) as Partition).drained()
        }
      }
      this.#messageIndex = messages.length
      return undefined
    } finally {
      // places in a batch mean nothing any more once this turn is over: what follows is a send of its own
      for (const sending of sendings) {
        const late = sending?.complete()
        if (late !== undefined) this.#late.push(late)
      }
    }
  }

  #begin(topic: TargetTopic, partition: number, door: Partition): PartitionSending {
    let result = this.#results.find(each => each.partition === partition && each.topicName === topic.name)
    if (result === undefined) {
      result = new Result(topic.name, partition, door.logStartOffset)
      this.#results.push(result)
    }
    const {take} = result
    this.#pending++
    const settled: Parameters<Partition['beginSend']>[1] = {
      resolve: stored => {
        take(stored)
        this.#countDown()
      },
      reject: error => {
        // what a program's own codec failed with says more
        this.#error ??= error.code === 'UNSUPPORTED_COMPRESSION_TYPE' ? error.cause : error
        this.#countDown()
      },
    }
    return door.beginSend(this.#acks, settled, this.#codec)
  }

  #countDown(): void {
    if (--this.#pending > 0) return
    if (this.#error !== undefined) this.#reject(this.#error)
    else this.#resolve(this.#results)
  }
}

/** What became of a partition's messages, as KafkaJS tells it. */
class Result implements RecordMetadata {
  readonly topicName: string
  readonly partition: number
  readonly errorCode = 0
  baseOffset = '-1'
  readonly logAppendTime = '-1'
  readonly logStartOffset: string
  readonly take: (stored: SendResult) => void

  constructor(topicName: string, partition: number, logStartOffset: number) {
    this.topicName = topicName
    this.partition = partition
    this.logStartOffset = String(logStartOffset)
    let isFirst = true
    this.take = ({baseOffset}) => {
      if (isFirst) this.baseOffset = String(baseOffset)
      isFirst = false
    }
    Object.defineProperty(this, 'take', {enumerable: false})
  }

  get baseOffsetBigInt(): bigint {
    return BigInt(this.baseOffset)
  }

  get logStartOffsetBigInt(): bigint {
    return BigInt(this.logStartOffset)
  }
}

/** KafkaJS takes the text of whatever is neither bytes nor text. */
function bytesOf(content: Buffer | string): Buffer | string {
  return typeof content === 'string' || (content as unknown) instanceof Uint8Array ? content : String(content)
}

function timeOf(timestamp: string): number | undefined {
  if (!timestamp) return undefined
  const ms = Number(timestamp)
  if (!Number.isSafeInteger(ms) || ms < 0)
    throw new KafkaJSNonRetriableError(`Invalid timestamp ${timestamp}, expected ms since 1970`)
  return ms
}

function headersOf(headers: IHeaders): readonly Header[] {
  const list: Header[] = []
  for (const name of Object.keys(headers)) {
    const value = headers[name]
    if (Array.isArray(value)) for (const each of value) list.push([name, bytesOf(each)])
    else list.push([name, value === undefined || value === null ? null : bytesOf(value)])
  }
  if (list.length > HEADERS_MAX)
    throw new KafkaJSNonRetriableError(`${list.length} headers; ${HEADERS_MAX} is the most`)
  return list
}

/** What a producer is given, and gives. */
import type {PRODUCER_EVENTS} from '../events.ts'
import type {Logger} from '../logger.ts'
import type {IHeaders, Listening, Network, Offsets, PartitionMetadata, RetryOptions, Waiting} from './common.ts'

export interface Message {
  key?: Buffer | string | null
  value: Buffer | string | null
  partition?: number
  headers?: IHeaders
  timestamp?: string
}

export interface PartitionerArgs {
  topic: string
  partitionMetadata: PartitionMetadata[]
  message: Message
}

export type ICustomPartitioner = () => (args: PartitionerArgs) => number
export type DefaultPartitioner = ICustomPartitioner
export type LegacyPartitioner = ICustomPartitioner

export interface ProducerConfig {
  createPartitioner?: ICustomPartitioner
  retry?: RetryOptions
  metadataMaxAge?: number
  allowAutoTopicCreation?: boolean
  idempotent?: boolean
  transactionalId?: string
  transactionTimeout?: number
  maxInFlightRequests?: number
}

export interface ProducerRecord extends Waiting {
  topic: string
  messages: Message[]
  acks?: number
  timeout?: number
  compression?: number
}

export interface TopicMessages {
  topic: string
  messages: Message[]
}

export interface ProducerBatch extends Waiting {
  acks?: number
  timeout?: number
  compression?: number
  topicMessages?: TopicMessages[]
}

export interface RecordMetadata {
  topicName: string
  partition: number
  errorCode: number
  offset?: string
  timestamp?: string
  baseOffset?: string
  logAppendTime?: string
  logStartOffset?: string
  /** `baseOffset` and `logStartOffset` as exact numbers. */
  readonly baseOffsetBigInt?: bigint
  readonly logStartOffsetBigInt?: bigint
}

export interface Sender {
  send(record: ProducerRecord): Promise<RecordMetadata[]>
  sendBatch(batch: ProducerBatch): Promise<RecordMetadata[]>
}

export type Transaction = Sender & {
  sendOffsets(offsets: Offsets & {consumerGroupId: string}): Promise<void>
  commit(): Promise<void>
  abort(): Promise<void>
  isActive(): boolean
}

export type ProducerEvents = typeof PRODUCER_EVENTS

export interface Producer extends Sender, AsyncDisposable {
  connect(options?: Waiting): Promise<void>
  /** Settles what is being sent, and lets go. */
  disconnect(): Promise<void>
  isIdempotent(): boolean
  readonly events: ProducerEvents
  readonly on: Listening<ProducerEvents, Network<'producer'>>
  transaction(): Promise<Transaction>
  logger(): Logger
  /** Resolves when everything that was sent so far is settled, one way or the other: the promises of its sends tell which. */
  flush(options?: Waiting): Promise<void>
}

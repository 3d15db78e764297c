/** What producers, consumers and admins have in common. */
import type {InstrumentationEvent, RemoveInstrumentationEventListener as Remove} from '../events.ts'

export interface RetryOptions {
  maxRetryTime?: number
  initialRetryTime?: number
  factor?: number
  multiplier?: number
  retries?: number
  restartOnFailure?: (error: Error) => Promise<boolean>
}

export interface IHeaders {
  [key: string]: Buffer | string | (Buffer | string)[] | undefined
}

export interface PartitionMetadata {
  partitionErrorCode: number
  partitionId: number
  leader: number
  replicas: number[]
  isr: number[]
  offlineReplicas?: number[]
}

/** Of every call that may wait: when `signal` aborts, its promise rejects with the signal's reason, and what was asked for may be done still. */
export interface Waiting {
  signal?: AbortSignal
}

export interface PartitionOffset {
  partition: number
  offset: string
}

export interface TopicOffsets {
  topic: string
  partitions: PartitionOffset[]
}

export interface Offsets {
  topics: TopicOffsets[]
}

export type OffsetsByTopicPartition = Offsets
export type SeekEntry = PartitionOffset
export type FetchOffsetsPartition = PartitionOffset & {metadata: string | null}

export interface TopicPartitions {
  topic: string
  partitions: number[]
}

export interface TopicPartition {
  topic: string
  partition: number
}

export type TopicPartitionOffset = TopicPartition & {offset: string}
export type TopicPartitionOffsetAndMetadata = TopicPartitionOffset & {metadata?: string | null}

export type ConnectEvent = InstrumentationEvent<null>
export type DisconnectEvent = InstrumentationEvent<null>

export type RequestTimeoutEvent = InstrumentationEvent<{
  apiKey: number
  apiName: string
  apiVersion: number
  broker: string
  clientId: string
  correlationId: number
  createdAt: number
  pendingDuration: number
  sentAt: number
}>

export type RequestEvent = InstrumentationEvent<
  RequestTimeoutEvent['payload'] & {
    duration: number
    size: number
  }
>

export type RequestQueueSizeEvent = InstrumentationEvent<{broker: string; clientId: string; queueSize: number}>

/** Listening to events: KafkaJS' overloads, one for each event with its payload. */
export type Listening<Events extends {[name in keyof Events]: string}, Payloads> = <Name extends Events[keyof Events]>(
  eventName: Name,
  listener: (event: Name extends keyof Payloads ? Payloads[Name] : InstrumentationEvent<null>) => void,
) => Remove<Name>

export type Network<Kind extends string> = {[name in `${Kind}.network.request`]: RequestEvent} & {
  [name in `${Kind}.network.request_timeout`]: RequestTimeoutEvent
} & {[name in `${Kind}.network.request_queue_size`]: RequestQueueSizeEvent}

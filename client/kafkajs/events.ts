import {EventEmitter} from 'node:events'
import {KafkaJSNonRetriableError} from './errors.ts'
import type {Logger} from './logger.ts'

export interface InstrumentationEvent<T> {
  id: string
  type: string
  timestamp: number
  payload: T
}

export type RemoveInstrumentationEventListener<_Name> = () => void

/** Requests over a network are never made to a cluster in this process; the names are here for those who listen anyway. */
const NETWORK = <const Kind extends string>(kind: Kind) =>
  ({
    REQUEST: `${kind}.network.request`,
    REQUEST_TIMEOUT: `${kind}.network.request_timeout`,
    REQUEST_QUEUE_SIZE: `${kind}.network.request_queue_size`,
  }) as const

export const PRODUCER_EVENTS = {
  CONNECT: 'producer.connect',
  DISCONNECT: 'producer.disconnect',
  ...NETWORK('producer'),
} as const

export const ADMIN_EVENTS = {
  CONNECT: 'admin.connect',
  DISCONNECT: 'admin.disconnect',
  ...NETWORK('admin'),
} as const

export const CONSUMER_EVENTS = {
  HEARTBEAT: 'consumer.heartbeat',
  COMMIT_OFFSETS: 'consumer.commit_offsets',
  GROUP_JOIN: 'consumer.group_join',
  FETCH: 'consumer.fetch',
  FETCH_START: 'consumer.fetch_start',
  START_BATCH_PROCESS: 'consumer.start_batch_process',
  END_BATCH_PROCESS: 'consumer.end_batch_process',
  CONNECT: 'consumer.connect',
  DISCONNECT: 'consumer.disconnect',
  STOP: 'consumer.stop',
  CRASH: 'consumer.crash',
  REBALANCING: 'consumer.rebalancing',
  RECEIVED_UNSUBSCRIBED_TOPICS: 'consumer.received_unsubscribed_topics',
  ...NETWORK('consumer'),
} as const

let eventsMade = 0

/** Tells listeners what a client does. A listener that throws, or rejects, is logged and disturbs nobody. */
export class Instrumentation {
  readonly #emitter = new EventEmitter()
  readonly #names: readonly string[]
  readonly #kind: string
  readonly #keys: readonly string[]
  readonly #logger: Logger

  constructor(kind: 'producer' | 'consumer' | 'admin', events: Readonly<Record<string, string>>, logger: Logger) {
    this.#kind = kind
    this.#names = Object.values(events)
    this.#keys = Object.keys(events)
    this.#logger = logger
  }

  /** Whether anybody listens: what an event says may be costly to put together. */
  wants(name: string): boolean {
    return this.#emitter.listenerCount(name) > 0
  }

  emit(name: string, payload: unknown = null): void {
    if (!this.wants(name)) return
    this.#emitter.emit(name, {id: String(eventsMade++), type: name, timestamp: Date.now(), payload})
  }

  // biome-ignore lint/suspicious/noExplicitAny: each event has a payload of its own, which the client's types tell
  readonly on = (name: string, listener: (event: InstrumentationEvent<any>) => unknown): (() => void) => {
    if (!this.#names.includes(name))
      throw new KafkaJSNonRetriableError(
        `Event name should be one of ${this.#keys.map(key => `${this.#kind}.events.${key}`).join(', ')}`,
      )
    const heard = (event: InstrumentationEvent<unknown>): void => {
      void (async () => listener(event))().catch((error: unknown) => {
        const {message, stack} = error as Error
        this.#logger.error(`Failed to execute listener: ${message}`, {eventName: name, stack})
      })
    }
    this.#emitter.on(name, heard)
    return () => void this.#emitter.off(name, heard)
  }
}

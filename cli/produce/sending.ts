import type {Message, Producer, RecordMetadata} from '../../doors/kafkajs.ts'

/** So much may wait before whoever reads lines waits, too. */
const WAITING_BYTES_MAX = 4 * 1024 * 1024
/** So many messages, and bytes, go in one call. */
const CALL_MESSAGES_MAX = 10_000
const CALL_BYTES_MAX = 512 * 1024

export interface SendOptions {
  readonly topic: string
  readonly acks: number
  readonly compression: number
}

interface Waiter {
  readonly holds: () => boolean
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * Sends messages in their order: one call is on its way, and what comes meanwhile goes with the next. So a single line goes at once, and many go
 * together.
 */
export class Sending {
  readonly #producer: Producer
  readonly #options: SendOptions
  #waiters: Waiter[] = []
  #waiting: Message[] = []
  #waitingBytes = 0
  #isSending = false
  #failure: unknown
  /** That were acknowledged. */
  records = 0
  /** Offset of the first record of each partition, -1 where nobody said it. */
  readonly baseOffsets = new Map<number, number>()

  constructor(producer: Producer, options: SendOptions) {
    this.#producer = producer
    this.#options = options
  }

  add(message: Message): void {
    this.#waiting.push(message)
    this.#waitingBytes += sizeOf(message)
    if (!this.#isSending && this.#failure === undefined) void this.#send()
  }

  /** Resolves when there is room for more. Rejects where a send failed. */
  room(): Promise<void> {
    return this.#until(() => this.#waitingBytes < WAITING_BYTES_MAX)
  }

  /** Resolves when everything is acknowledged. */
  flushed(): Promise<void> {
    return this.#until(() => !this.#isSending)
  }

  #until(holds: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({holds, resolve, reject})
      this.#tell()
    })
  }

  /** Has those go on who wait for what holds now; after a failure, all. */
  #tell(): void {
    this.#waiters = this.#waiters.filter(({holds, resolve, reject}) => {
      if (this.#failure !== undefined) reject(this.#failure)
      else if (holds()) resolve()
      else return true
      return false
    })
  }

  async #send(): Promise<void> {
    this.#isSending = true
    // what is read in this turn goes together
    await Promise.resolve()
    while (this.#isSending) {
      const messages = this.#next()
      try {
        this.#take(await this.#producer.send({...this.#options, messages}))
        this.records += messages.length
      } catch (error) {
        this.#failure = error
      }
      this.#isSending = this.#waiting.length > 0 && this.#failure === undefined
      this.#tell()
    }
  }

  #next(): Message[] {
    let count = 0
    let bytes = 0
    while (count < Math.min(this.#waiting.length, CALL_MESSAGES_MAX) && bytes < CALL_BYTES_MAX)
      bytes += sizeOf(this.#waiting[count++]!)
    const messages = this.#waiting.slice(0, count)
    this.#waiting = this.#waiting.slice(count)
    this.#waitingBytes -= bytes
    return messages
  }

  #take(results: readonly RecordMetadata[]): void {
    for (const {partition, baseOffset} of results)
      if (!this.baseOffsets.has(partition)) this.baseOffsets.set(partition, Number(baseOffset ?? -1))
  }
}

function sizeOf({key, value}: Message): number {
  return (key?.length ?? 0) + (value?.length ?? 0) + 1
}

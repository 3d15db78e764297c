import {Readable} from 'node:stream'
import type {EachBatchPayload, KafkaMessage} from './types.ts'

/** A consumer's messages as a Node.js stream. It holds so many bytes of them ready and no more; a message counts as handled once the one behind it is asked for. */
export class ConsumerStream extends Readable {
  readonly #batches: (signal: AbortSignal) => AsyncIterable<EachBatchPayload>
  readonly #highWaterMarkBytes: number
  readonly #ending = new AbortController()
  #pumping: Promise<void> | undefined
  /** Messages in the stream's buffer, in its order. */
  readonly #buffered: KafkaMessage[] = []
  #bufferedBytes = 0
  /** The last one that was taken out and is not known to be handled. */
  #taken: KafkaMessage | undefined
  #payload: EachBatchPayload | undefined
  #wake: (() => void) | undefined

  constructor(batches: (signal: AbortSignal) => AsyncIterable<EachBatchPayload>, highWaterMarkBytes: number) {
    // Node.js counts messages: bytes are counted here
    super({objectMode: true, highWaterMark: 1})
    this.#batches = batches
    this.#highWaterMarkBytes = highWaterMarkBytes
  }

  override read(size?: number): unknown {
    // the stream itself looks with 0; whoever asks for a message is through with those before it
    if (size !== 0) this.#handled()
    const message: unknown = super.read(size)
    this.#account()
    return message
  }

  override _read(): void {
    this.#pumping ??= this.#pump()
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#ending.abort()
    this.#wake?.()
    const end = (): void => callback(error)
    if (this.#pumping === undefined) end()
    else void this.#pumping.then(end)
  }

  async #pump(): Promise<void> {
    try {
      for await (const payload of this.#batches(this.#ending.signal)) await this.#pushAll(payload)
      this.push(null)
    } catch (error) {
      // outside of this turn: destroying waits for it to be over
      if (!this.destroyed) setImmediate(() => this.destroy(error as Error))
    }
  }

  /** Resolves when all were handled, or are of no interest any more. */
  async #pushAll(payload: EachBatchPayload): Promise<void> {
    const {topic, partition, messages} = payload.batch
    this.#payload = payload
    for (const message of messages) {
      while (this.#bufferedBytes >= this.#highWaterMarkBytes && !this.destroyed) await this.#nextRead()
      if (this.destroyed || !payload.isRunning() || payload.isStale()) break
      this.#buffered.push(message)
      this.#bufferedBytes += bytesIn(message)
      this.push(Object.assign(message, {topic, partition}))
      this.#account()
    }
    while ((this.#buffered.length > 0 || this.#taken !== undefined) && !this.destroyed) await this.#nextRead()
  }

  /** What is not in the stream's buffer any more was taken out, by a read or by flowing past it. */
  #account(): void {
    while (this.#buffered.length > this.readableLength) {
      this.#handled()
      this.#taken = this.#buffered.shift()!
      this.#bufferedBytes -= bytesIn(this.#taken)
    }
    // a flowing stream asks for more by itself
    if (this.#buffered.length === 0 && this.readableFlowing === true) this.#handled()
    this.#wake?.()
  }

  #handled(): void {
    if (this.#taken === undefined) return
    this.#payload!.resolveOffset(this.#taken.offset)
    this.#taken = undefined
    this.#wake?.()
  }

  #nextRead(): Promise<void> {
    return new Promise(resolve => {
      this.#wake = resolve
    })
  }
}

function bytesIn({key, value}: KafkaMessage): number {
  return (key?.length ?? 0) + (value?.length ?? 0)
}

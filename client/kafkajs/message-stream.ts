import type {ConsumedMessage, EachBatchPayload} from './types.ts'

/** Hands batches over to a loop that takes their messages one by one: the next batch comes when the loop is through with the last. */
export class MessageStream {
  #offered: {readonly payload: EachBatchPayload; readonly done: () => void} | undefined
  #wake: (() => void) | undefined
  #ended = false
  #error: unknown

  /** Resolves when the loop has taken all messages, or left off. */
  offer(payload: EachBatchPayload): Promise<void> {
    if (this.#ended) return Promise.resolve()
    return new Promise(done => {
      this.#offered = {payload, done}
      this.#wake?.()
    })
  }

  /** No more comes: the loop ends, or throws `error`. */
  end(error?: unknown): void {
    if (this.#ended) return
    this.#ended = true
    this.#error = error
    this.#offered?.done()
    this.#wake?.()
  }

  /** A batch is done with once the next one is asked for. */
  async *batches(): AsyncGenerator<EachBatchPayload, void, void> {
    while (!this.#ended) {
      if (this.#offered === undefined) {
        await new Promise<void>(resolve => {
          this.#wake = resolve
        })
        continue
      }
      const {payload, done} = this.#offered
      yield payload
      this.#offered = undefined
      done()
    }
    if (this.#error !== undefined) throw this.#error
  }

  /** A message counts as handled once the next one is asked for. */
  async *messages(): AsyncGenerator<ConsumedMessage, void, void> {
    for await (const payload of this.batches()) {
      const {topic, partition, messages} = payload.batch
      for (const message of messages) {
        if (this.#ended || !payload.isRunning() || payload.isStale()) break
        yield Object.assign(message, {topic, partition})
        payload.resolveOffset(message.offset)
      }
    }
  }
}

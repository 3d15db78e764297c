import type {Writable} from 'node:stream'
import {setImmediate} from 'node:timers/promises'

const FULL = 64 * 1024

/**
 * Stdout, many lines at a time. Whoever writes looks at `isFull` now and then and awaits `flush`. When the other end is closed, as
 * `head` does, nothing is an error: `isClosed` tells that nobody listens any more.
 */
export class Output {
  isClosed = false
  readonly #out: Writable
  #chunks: Uint8Array[] = []
  #text = ''
  #size = 0
  #failure: Error | undefined

  constructor(out: Writable) {
    this.#out = out
    out.on('error', (error: NodeJS.ErrnoException) => {
      this.isClosed = true
      if (error.code !== 'EPIPE') this.#failure = error
    })
  }

  get isFull(): boolean {
    return this.#size >= FULL
  }

  line(text: string): void {
    this.#text += `${text}\n`
    this.#size += text.length + 1
  }

  object(value: object): void {
    this.line(JSON.stringify(value))
  }

  /** Copies the bytes: they may be a reader's. */
  bytes(bytes: Uint8Array): void {
    this.#endText()
    this.#chunks.push(Buffer.from(bytes))
    this.#size += bytes.length
  }

  /** Hands everything over, and waits until it was taken. */
  async flush(): Promise<void> {
    this.#endText()
    const chunks = this.#chunks
    this.#chunks = []
    this.#size = 0
    if (chunks.length > 0 && !this.isClosed) {
      await new Promise<void>(taken => this.#out.write(Buffer.concat(chunks), () => taken()))
      // a pipe takes what it is given at once: without a turn of the event loop no signal would be heard
      await setImmediate()
    }
    if (this.#failure !== undefined) throw this.#failure
  }

  #endText(): void {
    if (this.#text !== '') this.#chunks.push(Buffer.from(this.#text))
    this.#text = ''
  }
}

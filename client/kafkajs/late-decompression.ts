import {decompress} from '../codecs.ts'
import {bufferOn, type CompressionCodec, theirsNamed} from './compression.ts'

/** Undoes codecs for a reader, which does not wait: what a program's own codec is at work on is told of when it is done, and read again then. */
export class LateDecompression {
  readonly #done: () => void
  #stored: Uint8Array | undefined
  #plain: Uint8Array | undefined
  #failure: Error | undefined
  #isPending = false

  constructor(done: () => void) {
    this.#done = done
  }

  /** Whether nothing can be read until it is done. */
  get isPending(): boolean {
    return this.#isPending
  }

  readonly decompress = (name: string, stored: Uint8Array): Uint8Array | undefined => {
    const codec = theirsNamed(name)
    if (codec === undefined) return decompress(name, stored)
    if (this.#stored === undefined || Buffer.compare(this.#stored, stored) !== 0) void this.#begin(codec, stored)
    if (this.#failure !== undefined) {
      this.#stored = undefined
      throw this.#failure
    }
    return this.#plain
  }

  async #begin(codec: CompressionCodec, stored: Uint8Array): Promise<void> {
    const bytes = new Uint8Array(stored)
    this.#stored = bytes
    this.#plain = undefined
    this.#failure = undefined
    this.#isPending = true
    try {
      this.#plain = await codec.decompress(bufferOn(bytes))
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error))
    }
    this.#isPending = false
    this.#done()
  }
}

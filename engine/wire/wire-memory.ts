import {ANSWER_BYTES_MIN} from '../limits.ts'
import {FrameMemory} from './frame-memory.ts'

/**
 * What the connections of a broker hold together: of requests that are larger than small, reserved when their length is known, and of answers that were
 * not taken yet. Who finds no room waits for it, one after the other.
 */
export class WireMemory {
  /** Where requests are put together. */
  readonly frames = new FrameMemory()
  readonly #requestsMax: number
  readonly #answersMax: number
  #requests = 0
  #answers = 0
  readonly #waiting = new Set<() => void>()

  constructor({requestsMax, answersMax}: {requestsMax: number; answersMax: number}) {
    this.#requestsMax = requestsMax
    this.#answersMax = answersMax
  }

  /** Whether that much may be held; it is, then, until it is released. One that is larger than all there is gets it alone. */
  reserve(bytes: number): boolean {
    if (this.#requests > 0 && this.#requests + bytes > this.#requestsMax) return false
    this.#requests += bytes
    return true
  }

  release(bytes: number): void {
    this.#requests -= bytes
    if (bytes > 0) this.#wake()
  }

  /** So large may the next answer be: the less room is left, the smaller. 0 where there is none. */
  get answerBytesMax(): number {
    const room = this.#answersMax - this.#answers
    return room <= 0 ? 0 : Math.max(ANSWER_BYTES_MIN, Math.floor(room / 4))
  }

  /** Whether clients that take nothing of their answers are in the way of others. */
  get isTight(): boolean {
    return this.#answers > this.#answersMax / 2
  }

  holdAnswer(bytes: number): void {
    this.#answers += bytes
  }

  answerTaken(bytes: number): void {
    this.#answers -= bytes
    if (bytes > 0) this.#wake()
  }

  /** Has `look` called once, when something has become free. */
  wait(look: () => void): void {
    this.#waiting.add(look)
  }

  forget(look: () => void): void {
    this.#waiting.delete(look)
  }

  #wake(): void {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const look of waiting) look()
  }
}

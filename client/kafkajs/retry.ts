import {setTimeout} from 'node:timers/promises'
import {KafkaJSNonRetriableError, KafkaJSNumberOfRetriesExceeded} from './errors.ts'
import type {RetryOptions} from './types.ts'

const DEFAULTS = {maxRetryTime: 30_000, initialRetryTime: 300, factor: 0.2, multiplier: 2, retries: 5}

/** Mistakes of a program, which trying again does not mend. */
const MISTAKES = ['RangeError', 'ReferenceError', 'SyntaxError', 'TypeError']

/** What failed may be tried again. */
export function isRetriable(error: unknown): boolean {
  const {retriable, name} = error as {retriable?: boolean; name?: string}
  return retriable !== false && !MISTAKES.includes(name ?? '')
}

/** Failures one after the other: how long to wait after each, until there are too many (KafkaJS' `retry`). */
export class Retries {
  readonly #options: typeof DEFAULTS
  #count = 0
  #timeMs: number

  constructor(options: RetryOptions = {}) {
    this.#options = {...DEFAULTS, ...options}
    this.#timeMs = this.#scattered(this.#options.initialRetryTime)
  }

  /** Waits after a failure; throws what it comes to where it cannot be mended, or was tried often enough. */
  async after(error: unknown, signal: AbortSignal): Promise<void> {
    const {retries, multiplier, maxRetryTime} = this.#options
    if (!isRetriable(error)) {
      const cause = (error as {cause?: unknown}).cause ?? error
      throw new KafkaJSNonRetriableError(error as Error, {cause})
    }
    const waitMs = this.#timeMs
    if (this.#count >= retries)
      throw new KafkaJSNumberOfRetriesExceeded(error as Error, {retryCount: this.#count, retryTime: waitMs})
    this.#count++
    this.#timeMs = Math.min(this.#scattered(waitMs) * multiplier, maxRetryTime)
    // whoever stops meanwhile need not wait
    await setTimeout(waitMs, undefined, {signal}).catch(() => {})
  }

  #scattered(ms: number): number {
    const {factor} = this.#options
    return Math.ceil(ms * (1 - factor + 2 * factor * Math.random()))
  }
}

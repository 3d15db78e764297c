import {assert} from '../engine/assert.ts'
import type {Doorbell} from '../engine/memory/doorbell.ts'

/** Keeps the process up while it is held. */
export interface KeepAlive {
  ref(): void
  unref(): void
  close(): void
}

/** Looks for what it waits for; it is called after every ring and must be cheap and never throw. */
export type Look = () => void

/**
 * How a thread with an event loop waits for a replica thread: one untimed `waitAsync` on its doorbell, whatever the number of
 * things waited for. While anything is held, the process stays up; with nothing held, nothing is armed.
 */
export class Parking {
  readonly #doorbell: Doorbell
  readonly #keepAlive: KeepAlive
  readonly #looks = new Set<Look>()
  #holds = 0
  #armed = false
  #closed = false

  constructor(doorbell: Doorbell, keepAlive: KeepAlive) {
    this.#doorbell = doorbell
    this.#keepAlive = keepAlive
  }

  /** Has `look` called after every ring. */
  add(look: Look): void {
    this.#looks.add(look)
  }

  remove(look: Look): void {
    this.#looks.delete(look)
  }

  /** Something is pending from here on, until `release`. */
  hold(): void {
    if (this.#holds++ === 0) this.#keepAlive.ref()
    this.#arm()
  }

  release(): void {
    assert(this.#holds > 0, 'what is released was held')
    if (--this.#holds === 0) this.#keepAlive.unref()
  }

  /** To be read before looking for what `block` would wait for. */
  count(): number {
    return this.#doorbell.count()
  }

  /** Blocks this thread until it is rung after `seen` was read, or for `timeoutMs`. What is held is looked at once its event loop runs again. */
  block(seen: number, timeoutMs: number): void {
    // the loop's own wait, where there is one, goes on after a time-out: whoever rings must not take this thread for awake
    this.#doorbell.wait(seen, timeoutMs, this.#armed)
  }

  /** Looks a last time. The place may be another thread's from here on, so its doorbell is not touched any more. */
  close(): void {
    if (this.#closed) return
    this.#look()
    this.#closed = true
    this.#looks.clear()
    this.#keepAlive.close()
  }

  #arm(): void {
    if (this.#armed || this.#closed) return
    this.#armed = true
    const seen = this.#doorbell.count()
    const ring = this.#doorbell.waitAsync(seen)
    if (ring === undefined) queueMicrotask(() => this.#rung())
    else ring.then(() => this.#rung())
    // what happened before the count was read rang no bell for this wait
    this.#look()
  }

  #rung(): void {
    if (this.#closed) return
    this.#doorbell.awake()
    this.#armed = false
    if (this.#holds > 0) this.#arm()
    else this.#look()
  }

  #look(): void {
    for (const look of this.#looks) look()
  }
}

import {struct} from './struct.ts'

const DOORBELL = struct('Doorbell', {
  // every thread writes here: a ring is rare beside the work it announces
  ringers: ['count', 'dirty'],
  owner: ['sleeping'],
})

const COUNT = DOORBELL.low.count
const DIRTY = DOORBELL.low.dirty
const SLEEPING = DOORBELL.low.sleeping

export const DOORBELL_BYTES = DOORBELL.bytes
/** Bits of a replica thread's doorbell: below these, a bit is the slot of a thread that sent something. */
export const RING = {control: 62, flusher: 63} as const

/**
 * What one thread sleeps on. Anyone rings; only the owner sleeps. A ring is: mark what is dirty, count, and call
 * `notify` only when the owner sleeps, because `notify` takes a process-wide lock. The owner reads the count *before*
 * it looks for work and sleeps on that count, so a ring in between cancels the sleep; it announces its sleep before the
 * wait compares the count, so that one of the two always sees the other.
 */
export class Doorbell {
  /** Where it lies, to tell another thread. */
  readonly memory: SharedArrayBuffer
  readonly byteOffset: number
  readonly #words: Int32Array

  constructor(memory: SharedArrayBuffer, byteOffset: number) {
    this.memory = memory
    this.byteOffset = byteOffset
    this.#words = new Int32Array(memory, byteOffset, DOORBELL.halves)
  }

  /** Wakes the owner; `bit` (0 to 63) tells it where to look. */
  ring(bit: number): void {
    Atomics.or(this.#words, DIRTY + (bit >> 5), 1 << (bit & 31))
    Atomics.add(this.#words, COUNT, 1)
    if (Atomics.load(this.#words, SLEEPING) !== 0) Atomics.notify(this.#words, COUNT)
  }

  /** The count to sleep on; to be read before looking for work. */
  count(): number {
    return Atomics.load(this.#words, COUNT)
  }

  /** Takes the marks of 32 places (`half` 0: bits 0 to 31, 1: 32 to 63); each ring's mark is taken once. */
  takeDirty(half: 0 | 1): number {
    return Atomics.exchange(this.#words, DIRTY + half, 0)
  }

  /**
   * Blocks until a ring after `seen` was read, or for `timeoutMs`. On an application's thread only where it asks to be blocked. While a
   * `waitAsync` of the owner stands (`parked`), it counts as asleep before and after.
   */
  wait(seen: number, timeoutMs: number, parked = false): void {
    Atomics.store(this.#words, SLEEPING, 1)
    Atomics.wait(this.#words, COUNT, seen, timeoutMs)
    if (!parked) Atomics.store(this.#words, SLEEPING, 0)
  }

  /**
   * As `wait`, for a thread with an event loop: the promise is undefined when the ring has come already. Either way `awake`
   * must follow. It has no time-out (a timed one leaks).
   */
  waitAsync(seen: number): Promise<unknown> | undefined {
    Atomics.store(this.#words, SLEEPING, 1)
    const wait = Atomics.waitAsync(this.#words, COUNT, seen)
    return wait.async ? wait.value : undefined
  }

  /** The owner is up again, after `waitAsync`. */
  awake(): void {
    Atomics.store(this.#words, SLEEPING, 0)
  }
}

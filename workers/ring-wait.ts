import type {ThreadSlots} from '../engine/cluster/thread-slots.ts'

/** Lets a thread with an event loop hear the doorbell of its place among the cluster's threads, while it waits for something. */
export class RingWait {
  readonly #threads: ThreadSlots
  readonly #rung: () => void
  #seen = 0
  #place: number | undefined
  #armed = false

  constructor(threads: ThreadSlots, rung: () => void) {
    this.#threads = threads
    this.#rung = rung
  }

  /** To be called before looking for what a ring would tell of. */
  read(place: number | undefined): void {
    this.#place = place
    if (place !== undefined) this.#seen = this.#threads.doorbell(place).count()
  }

  /** Has `rung` called at the next ring after the last `read`; nothing is done where nothing is waited for. */
  arm(place: number | undefined): void {
    if (this.#armed || place === undefined) return
    const doorbell = this.#threads.doorbell(place)
    // it waits only since it looked: what was answered before that it finds by looking again
    const ring = this.#place === place ? doorbell.waitAsync(this.#seen) : undefined
    this.#armed = true
    const awake = (): void => {
      this.#armed = false
      doorbell.awake()
      this.#rung()
    }
    if (ring === undefined) setImmediate(awake)
    else ring.then(awake)
  }
}

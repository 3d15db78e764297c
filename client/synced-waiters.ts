import {OdradekError} from '../engine/errors.ts'
import {type Link, syncProblem} from './link.ts'

/** Told once: that everything below `end` is synced, or why that will not be. */
export interface SyncedWaiter {
  readonly end: number
  reached(): void
  failed(error: OdradekError): void
}

/** Those who wait for the synced end to reach an offset. */
export class SyncedWaiters {
  readonly #link: Link
  #waiters: SyncedWaiter[] = []
  #closed = false
  readonly #look = (): void => this.#settle()

  constructor(link: Link) {
    this.#link = link
    link.parking.add(this.#look)
  }

  get isWaiting(): boolean {
    return this.#waiters.length > 0
  }

  add(waiter: SyncedWaiter): void {
    const {replica} = this.#link.map
    if (replica.syncedEnd >= waiter.end) {
      waiter.reached()
      return
    }
    this.#waiters.push(waiter)
    if (this.#waiters.length === 1) this.#link.parking.hold()
    // the end may have been reached, or the thread be gone, since the last ring
    if (replica.syncedEnd >= waiter.end || this.#problem() !== undefined) this.#settle()
  }

  /** Tells everybody who waits, and whoever comes later, how it ended. */
  close(): void {
    this.#closed = true
    this.#link.parking.remove(this.#look)
    this.#settle()
  }

  #settle(): void {
    if (this.#waiters.length === 0) return
    // looked at before the end: what was reached before the thread went is reached
    const problem = this.#problem()
    const end = this.#link.map.replica.syncedEnd
    const before = this.#waiters
    this.#waiters = before.filter(waiter => waiter.end > end && problem === undefined)
    for (const waiter of before) {
      if (waiter.end <= end) waiter.reached()
      else if (problem !== undefined) waiter.failed(problem)
    }
    if (this.#waiters.length === 0) this.#link.parking.release()
  }

  /** Why nothing more will be synced, or undefined. */
  #problem(): OdradekError | undefined {
    return syncProblem(this.#link) ?? (this.#closed ? new OdradekError('LOG_CLOSED') : undefined)
  }
}

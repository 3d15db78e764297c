/** Those who wait until there is room for a while again, from when a batch had to wait for room. */
export class DrainWaiters {
  #waiters: (() => void)[] = []
  #isDraining = false

  get isDraining(): boolean {
    return this.#isDraining
  }

  /** A batch has to wait. */
  begin(): void {
    this.#isDraining = true
  }

  /** Calls back at the end, and at once where nobody has to wait. */
  add(callback: () => void): void {
    if (this.#isDraining) this.#waiters.push(callback)
    else callback()
  }

  cancel(callback: () => void): void {
    this.#waiters = this.#waiters.filter(other => other !== callback)
  }

  end(): void {
    this.#isDraining = false
    const waiters = this.#waiters
    this.#waiters = []
    for (const waiter of waiters) waiter()
  }
}

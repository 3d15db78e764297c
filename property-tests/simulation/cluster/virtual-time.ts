interface Timer {
  readonly dueMs: number
  readonly run: () => void
}

/** A clock that moves only when it is told to, and the timers that stand on it. */
export class VirtualTime {
  nowMs = 1
  #timers: Timer[] = []
  #nextMs = Number.POSITIVE_INFINITY

  /** When the next timer is due; infinity where there is none. */
  get nextMs(): number {
    return this.#nextMs
  }

  after(ms: number, run: () => void): () => void {
    const timer = {dueMs: this.nowMs + Math.max(1, Math.ceil(ms)), run}
    this.#timers.push(timer)
    this.#nextMs = Math.min(this.#nextMs, timer.dueMs)
    return () => this.#remove(timer)
  }

  /** Forgets all timers: the process they belonged to is gone. */
  clear(): void {
    this.#timers = []
    this.#nextMs = Number.POSITIVE_INFINITY
  }

  /** Runs what is due, the earliest first; returns how much that was. */
  runDue(): number {
    let ran = 0
    for (; this.#nextMs <= this.nowMs; ran++) {
      const due = this.#timers.find(({dueMs}) => dueMs === this.#nextMs)!
      this.#remove(due)
      due.run()
    }
    return ran
  }

  #remove(timer: Timer): void {
    this.#timers = this.#timers.filter(other => other !== timer)
    this.#nextMs = this.#timers.reduce((next, {dueMs}) => Math.min(next, dueMs), Number.POSITIVE_INFINITY)
  }

  /** Does something in which the timers of the language are those of this clock. All of it is done before this returns. */
  within<T>(run: () => T): T {
    const {setTimeout, clearTimeout} = globalThis
    globalThis.setTimeout = ((callback: () => void, ms = 0) => {
      const cancel = this.after(ms, callback)
      return {cancel, unref() {}, ref() {}}
    }) as unknown as typeof setTimeout
    globalThis.clearTimeout = ((timer: {cancel?: () => void} | undefined) =>
      timer?.cancel?.()) as unknown as typeof clearTimeout
    try {
      return run()
    } finally {
      globalThis.setTimeout = setTimeout
      globalThis.clearTimeout = clearTimeout
    }
  }
}

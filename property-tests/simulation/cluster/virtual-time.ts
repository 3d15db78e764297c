/** A clock that moves only when it is told to, and the timers that stand on it. */
export class VirtualTime {
  nowMs = 1
  #timers: {readonly dueMs: number; readonly run: () => void}[] = []

  /** When the next timer is due; infinity where there is none. */
  get nextMs(): number {
    let next = Number.POSITIVE_INFINITY
    for (const {dueMs} of this.#timers) next = Math.min(next, dueMs)
    return next
  }

  after(ms: number, run: () => void): () => void {
    const timer = {dueMs: this.nowMs + Math.max(1, Math.ceil(ms)), run}
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter(other => other !== timer)
    }
  }

  /** Forgets all timers: the process they belonged to is gone. */
  clear(): void {
    this.#timers = []
  }

  /** Runs what is due, the earliest first; returns how much that was. */
  runDue(): number {
    let ran = 0
    for (;;) {
      let first: {readonly dueMs: number; readonly run: () => void} | undefined
      for (const timer of this.#timers)
        if (timer.dueMs <= this.nowMs && timer.dueMs < (first?.dueMs ?? Number.POSITIVE_INFINITY)) first = timer
      if (first === undefined) return ran
      const due = first
      this.#timers = this.#timers.filter(other => other !== due)
      due.run()
      ran++
    }
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

/** Until when something may stay as it is, for some rows. */
export class Deadlines {
  readonly #dueMs = new Map<number, number>()
  #earliestMs = Number.POSITIVE_INFINITY

  /** Counts from the first time on that it is set; returns whether it has passed. */
  start(row: number, dueMs: number, nowMs: number): boolean {
    const due = this.#dueMs.get(row) ?? dueMs
    if (due === dueMs) {
      this.#dueMs.set(row, due)
      if (due > nowMs) this.#earliestMs = Math.min(this.#earliestMs, due)
    }
    return due <= nowMs
  }

  stop(row: number): void {
    this.#dueMs.delete(row)
  }

  /** Rows whose deadline has passed since they were last asked for, and the next one. */
  takePassed(nowMs: number): number[] {
    if (nowMs < this.#earliestMs) return []
    const from = this.#earliestMs
    const passed: number[] = []
    this.#earliestMs = Number.POSITIVE_INFINITY
    for (const [row, due] of this.#dueMs) {
      if (due > nowMs) this.#earliestMs = Math.min(this.#earliestMs, due)
      else if (due >= from) passed.push(row)
    }
    return passed
  }

  dueInMs(nowMs: number): number {
    return Math.max(0, this.#earliestMs - nowMs)
  }
}

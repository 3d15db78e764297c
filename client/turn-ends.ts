/** Ends a batch with the turn of the event loop that began it, or with the code that runs now; each once, however often it is asked for. */
export class TurnEnds {
  readonly #endTurn: () => void
  readonly #endMicrotask: () => void
  #turnEnds = false
  #microtaskEnds = false

  constructor(endTurn: () => void, endMicrotask: () => void) {
    this.#endTurn = () => {
      this.#turnEnds = false
      endTurn()
    }
    this.#endMicrotask = () => {
      this.#microtaskEnds = false
      endMicrotask()
    }
  }

  /** When what other callers have to say in this turn is said. */
  withTurn(): void {
    if (this.#turnEnds) return
    this.#turnEnds = true
    setImmediate(this.#endTurn)
  }

  /** When the caller has said all that it says without waiting. */
  withMicrotask(): void {
    if (this.#microtaskEnds) return
    this.#microtaskEnds = true
    queueMicrotask(this.#endMicrotask)
  }
}

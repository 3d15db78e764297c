import type {Address} from '../cluster/mail.ts'
import type {Results, WriteRequest} from './requests.ts'

/** Where an answer goes. */
export interface Asker {
  readonly from: Address
  readonly id: number
}

/** A write that was done: what it came to, and the end of the metadata log at which all of it is committed. */
export interface AskedWrite {
  readonly result: Results[WriteRequest['type']]
  end: number
  /** Nobody asks for it any more. */
  readonly overMs: number
  /** Who is still to be answered. */
  askers: Asker[]
}

/** How long a write is asked for where nobody has set a time for it. */
const ASKED_MS = 60_000

/**
 * The writes that the holder of the lease has done of late, by the name that whoever wanted them has given them: a client that gets no answer
 * has another broker ask, and that must not do the same thing a second time. A new holder knows nothing of them.
 */
export class AskedWrites {
  readonly #writes = new Map<string, AskedWrite>()

  get(name: string): AskedWrite | undefined {
    return this.#writes.get(name)
  }

  add(
    name: string,
    result: AskedWrite['result'],
    {nowMs, deadlineMs}: {nowMs: number; deadlineMs: number},
  ): AskedWrite {
    // those that came first are over first, or nearly so
    for (const [first, {overMs}] of this.#writes) {
      if (overMs > nowMs) break
      this.#writes.delete(first)
    }
    const write: AskedWrite = {result, end: 0, overMs: Math.min(deadlineMs, nowMs + ASKED_MS), askers: []}
    this.#writes.set(name, write)
    return write
  }

  clear(): void {
    this.#writes.clear()
  }
}

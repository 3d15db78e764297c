import {struct} from './struct.ts'

const MASK = struct('WaiterMask', {anyone: ['waiters']})

export const WAITER_MASK_BYTES = MASK.bytes

/**
 * Which threads wait for a row to change, a bit a thread. A waiter reads its doorbell's count, *then* sets its bit, *then*
 * looks at the row again, and sleeps on that count; the row's writer publishes, *then* takes the mask and rings. Whichever
 * comes second sees the other. A ring takes the bit away: who goes on waiting does all of it again.
 */
export class WaiterMask {
  readonly #halves: Int32Array

  constructor(memory: SharedArrayBuffer, byteOffset: number) {
    this.#halves = new Int32Array(memory, byteOffset, 2)
  }

  add(thread: number): void {
    Atomics.or(this.#halves, thread >> 5, 1 << (thread & 31))
  }

  /** Takes 32 waiters (`half` 0: threads 0 to 31); each must be rung. */
  take(half: 0 | 1): number {
    // a plain look first: with nobody waiting, the usual case under load, the line stays shared
    return Atomics.load(this.#halves, half) === 0 ? 0 : Atomics.exchange(this.#halves, half, 0)
  }
}

import {assert} from '../assert.ts'
import {THREADS_MAX} from '../limits.ts'
import {DOORBELL_BYTES, Doorbell} from '../memory/doorbell.ts'
import {struct} from '../memory/struct.ts'

const SLOT = struct('ThreadSlot', {thread: ['owner']})
const STRIDE = SLOT.bytes + DOORBELL_BYTES

export const THREAD_SLOTS_BYTES = THREADS_MAX * STRIDE

const FREE = 0
/** The owner of a place where the system does not tell a thread its name. */
const UNKNOWN = -1

/**
 * The threads attached to a log: a place each, with the doorbell that thread sleeps on. A place is taken by one
 * compare-exchange of its owner, so that threads that attach at once never share one, and whoever dies right afterwards has
 * left its name; the replica thread gives the place free again.
 */
export class ThreadSlots {
  readonly #memory: SharedArrayBuffer
  readonly #byteOffset: number
  readonly #words: Int32Array
  readonly #doorbells: (Doorbell | undefined)[] = []

  constructor(memory: SharedArrayBuffer, byteOffset: number) {
    this.#memory = memory
    this.#byteOffset = byteOffset
    this.#words = new Int32Array(memory, byteOffset, THREAD_SLOTS_BYTES / 4)
  }

  /** Takes a free place for the calling thread, or gives -1. `nativeId` is the system's name for the thread, 0 where unknown. */
  claim(nativeId: number): number {
    const owner = nativeId === 0 ? UNKNOWN : nativeId
    for (let slot = 0; slot < THREADS_MAX; slot++)
      if (Atomics.compareExchange(this.#words, this.#word(slot), FREE, owner) === FREE) return slot
    return -1
  }

  free(slot: number): void {
    assert(this.isTaken(slot), 'only a taken place is given free')
    Atomics.store(this.#words, this.#word(slot), FREE)
  }

  /** Takes back the places of threads that died; `isAlive` tells by a thread's name. */
  sweep(isAlive: (nativeId: number) => boolean): void {
    for (let slot = 0; slot < THREADS_MAX; slot++)
      if (this.isTaken(slot) && !isAlive(this.nativeId(slot))) this.free(slot)
  }

  isTaken(slot: number): boolean {
    return Atomics.load(this.#words, this.#word(slot)) !== FREE
  }

  /** Places that are taken. */
  get taken(): number {
    let taken = 0
    for (let slot = 0; slot < THREADS_MAX; slot++) if (this.isTaken(slot)) taken++
    return taken
  }

  /** The system's name for the thread that holds the place, 0 where that is unknown or nobody does. */
  nativeId(slot: number): number {
    return Math.max(0, Atomics.load(this.#words, this.#word(slot)))
  }

  doorbell(slot: number): Doorbell {
    const doorbell = this.#doorbells[slot] ?? new Doorbell(this.#memory, this.#byteOffset + slot * STRIDE + SLOT.bytes)
    this.#doorbells[slot] = doorbell
    return doorbell
  }

  /** Rings the threads whose bits are set, those below 32 in `low`. */
  ring(low: number, high: number): void {
    for (let bits = low; bits !== 0; bits &= bits - 1) this.doorbell(31 - Math.clz32(bits & -bits)).ring(0)
    for (let bits = high; bits !== 0; bits &= bits - 1) this.doorbell(63 - Math.clz32(bits & -bits)).ring(0)
  }

  #word(slot: number): number {
    return (slot * STRIDE) / 4 + SLOT.low.owner
  }
}

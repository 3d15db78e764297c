import {assert} from '../assert.ts'
import {SYNC_FILES_MAX} from '../limits.ts'
import {DOORBELL_BYTES, Doorbell} from './doorbell.ts'
import {LINE_WORDS, struct} from './struct.ts'

const ORDER = struct('FlushOrder', {replica: ['ordered', 'count'], flusher: ['answered', 'failure', 'up']})
const FILES = ORDER.halves
const BYTES = Math.ceil((ORDER.bytes + SYNC_FILES_MAX * 4) / (LINE_WORDS * 8)) * LINE_WORDS * 8

export function allocateFlushOrder(): SharedArrayBuffer {
  return new SharedArrayBuffer(BYTES + DOORBELL_BYTES)
}

/**
 * What a replica thread asks of its flusher: one order at a time, a list of file descriptors to sync in turn. Descriptors
 * belong to the process, so a number says it all; the replica keeps them open until the answer.
 */
export class FlushOrder {
  /** The flusher sleeps on it. */
  readonly doorbell: Doorbell
  readonly #words: Int32Array

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory, 0, BYTES / 4)
    this.doorbell = new Doorbell(memory, BYTES)
  }

  /** The replica: orders a sync of these files. The one before must have been answered. */
  order(files: readonly number[]): void {
    assert(!this.isOpen(), 'one order at a time')
    assert(files.length <= SYNC_FILES_MAX, 'an order fits its list')
    this.#words.set(files, FILES)
    this.#words[ORDER.low.count] = files.length
    Atomics.add(this.#words, ORDER.low.ordered, 1)
  }

  /** Whether an order is waiting for its answer. */
  isOpen(): boolean {
    return Atomics.load(this.#words, ORDER.low.ordered) !== Atomics.load(this.#words, ORDER.low.answered)
  }

  /** The flusher is up and will answer; before that, nothing may be ordered. */
  get isUp(): boolean {
    return Atomics.load(this.#words, ORDER.low.up) !== 0
  }

  publishUp(): void {
    Atomics.store(this.#words, ORDER.low.up, 1)
  }

  /** The flusher: the files of the open order. */
  files(): number[] {
    const count = this.#words[ORDER.low.count]!
    return [...this.#words.subarray(FILES, FILES + count)]
  }

  /** The flusher: all done, or the number of the system's error. */
  answer(failure: number): void {
    this.#words[ORDER.low.failure] = failure
    Atomics.add(this.#words, ORDER.low.answered, 1)
  }

  /** The replica, once the order is answered: 0, or the number of the system's error. */
  failure(): number {
    return this.#words[ORDER.low.failure]!
  }
}

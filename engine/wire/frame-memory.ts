import {FRAME_MEMORY_KEPT_BYTES} from '../limits.ts'

/** Pieces are of powers of two, from this one on. */
const LEAST_LOG2 = 14

/**
 * Memory in which frames are put together, lent to the connections of a broker and used again. Memory that is let go weighs on the collector, which looks at a whole
 * heap for each few MiB of it.
 */
export class FrameMemory {
  /** By the logarithm of their size, from the least on. */
  readonly #free: Buffer[][] = []
  /** Bytes of all of those. */
  #kept = 0

  /** At least so many bytes, of any content. */
  lend(bytes: number): Buffer {
    const size = sizeLog2(bytes)
    const free = this.#free[size - LEAST_LOG2]?.pop()
    if (free === undefined) return Buffer.allocUnsafeSlow(2 ** size)
    this.#kept -= free.length
    return free
  }

  /** What was lent, and nobody looks at any more. */
  takeBack(bytes: Buffer): void {
    if (bytes.length === 0 || this.#kept + bytes.length > FRAME_MEMORY_KEPT_BYTES) return
    this.#kept += bytes.length
    const at = sizeLog2(bytes.length) - LEAST_LOG2
    this.#free[at] ??= []
    this.#free[at].push(bytes)
  }
}

function sizeLog2(bytes: number): number {
  return Math.max(LEAST_LOG2, 32 - Math.clz32(bytes - 1))
}

import {ANSWER_MEMORY_KEPT_BYTES} from '../limits.ts'

/** Answers are cut from stretches of memory of this size. */
const STRETCH_BYTES = 2 * 1024 * 1024
/** What is left of a stretch is not used where it is less. */
const ROOM_MIN = 256 * 1024

interface Stretch {
  readonly bytes: Buffer
  used: number
  /** Answers that view it. */
  leases: number
}

/** What one answer views. */
export class AnswerLease {
  readonly #memory: AnswerMemory
  readonly #stretches = new Set<Stretch>()

  constructor(memory: AnswerMemory) {
    this.#memory = memory
  }

  /** From here on the answer views the stretch, too. */
  add(stretch: Stretch): void {
    if (this.#stretches.has(stretch)) return
    this.#stretches.add(stretch)
    stretch.leases++
  }

  /** Nobody looks at the answer any more. */
  end(): void {
    for (const stretch of this.#stretches) {
      stretch.leases--
      this.#memory.look(stretch)
    }
    this.#stretches.clear()
  }
}

/**
 * Memory that answers are read into, one behind the other, and that is used again once they are sent: what is let go instead is memory that the collector has to find and the
 * system to clear. A lease that never ends, as that of a client which has gone, leaves its memory to the collector.
 */
export class AnswerMemory {
  #stretch: Stretch = stretchOf(0)
  readonly #free: Stretch[] = []

  /** Room for the next read: as much as is wanted, or less. */
  room(wanted: number): Buffer {
    if (this.#stretch.bytes.length - this.#stretch.used < Math.min(wanted, ROOM_MIN))
      this.#stretch = this.#free.pop() ?? stretchOf(STRETCH_BYTES)
    const {bytes, used} = this.#stretch
    return bytes.subarray(used, Math.min(bytes.length, used + wanted))
  }

  /** The first bytes of that room are part of an answer now. */
  keep(bytes: number, lease: AnswerLease): void {
    this.#stretch.used += bytes
    lease.add(this.#stretch)
  }

  /** A stretch that no answer views is used from its beginning. */
  look(stretch: Stretch): void {
    if (stretch.leases > 0) return
    stretch.used = 0
    if (stretch !== this.#stretch && this.#free.length * STRETCH_BYTES < ANSWER_MEMORY_KEPT_BYTES)
      this.#free.push(stretch)
  }
}

/** Not zeroed: nothing of it is handed out but what was read into it. */
function stretchOf(length: number): Stretch {
  return {bytes: Buffer.allocUnsafeSlow(length), used: 0, leases: 0}
}

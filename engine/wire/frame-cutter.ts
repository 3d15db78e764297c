import {assert} from '../assert.ts'
import type {FrameMemory} from './frame-memory.ts'

const LENGTH_BYTES = 4

/**
 * Puts frames together from the pieces in which bytes arrive, each copied once. Memory follows what has arrived, whatever a frame says of its length, and is given
 * back when nothing is held. A frame is taken as a view of it, one at a time, and is let be until it is released.
 */
export class FrameCutter {
  readonly #memory: FrameMemory
  /** What has arrived and was not taken: `#from` to `#to` of it. */
  #bytes: Buffer = NO_BYTES
  #from = 0
  #to = 0
  /** What the frame that was taken is a view of; it may be `#bytes`, too. */
  #taken: Buffer | undefined

  constructor(memory: FrameMemory) {
    this.#memory = memory
  }

  /** How much has arrived that was not taken. */
  get held(): number {
    return this.#to - this.#from
  }

  /** The length that the next frame says it has, or undefined before that has arrived. */
  get length(): number | undefined {
    return this.held < LENGTH_BYTES ? undefined : this.#bytes.readInt32BE(this.#from)
  }

  /** The first bytes of the next frame, as many as have arrived of them. */
  head(bytes: number): Uint8Array {
    const from = this.#from + LENGTH_BYTES
    return this.#bytes.subarray(Math.min(from, this.#to), Math.min(from + bytes, this.#to))
  }

  push(piece: Uint8Array): void {
    if (this.#to + piece.length > this.#bytes.length) this.#makeRoom(piece.length)
    this.#bytes.set(piece, this.#to)
    this.#to += piece.length
  }

  /** The next frame, without its length, once it is there as a whole: until `release`. */
  take(): Uint8Array | undefined {
    const {length} = this
    if (length === undefined || this.held < LENGTH_BYTES + length) return undefined
    assert(length >= 0, 'whoever takes a frame has looked at its length')
    assert(this.#taken === undefined, 'a frame is released before the next one is taken')
    const from = this.#from + LENGTH_BYTES
    this.#from = from + length
    this.#taken = this.#bytes
    return this.#bytes.subarray(from, this.#from)
  }

  /** Nobody looks at the frame that was taken any more. */
  release(): void {
    const taken = this.#taken
    this.#taken = undefined
    if (taken === undefined) return
    if (taken !== this.#bytes) this.#memory.takeBack(taken)
    else if (this.held === 0) this.#replace(NO_BYTES)
  }

  #makeRoom(more: number): void {
    const needed = this.held + more
    if (this.#taken !== this.#bytes && needed <= this.#bytes.length) {
      this.#bytes.copyWithin(0, this.#from, this.#to)
      this.#to -= this.#from
      this.#from = 0
      return
    }
    const frame = LENGTH_BYTES + Math.max(0, this.length ?? 0)
    this.#replace(this.#memory.lend(Math.max(needed, Math.min(frame, GROWTH * needed))))
  }

  /** Goes on in other memory. */
  #replace(bytes: Buffer): void {
    const before = this.#bytes
    bytes.set(before.subarray(this.#from, this.#to))
    this.#to -= this.#from
    this.#from = 0
    this.#bytes = bytes
    if (this.#taken !== before) this.#memory.takeBack(before)
  }
}

/** Memory for a frame grows by so much at a time, so that it is copied once or twice, and stays near to what has arrived. */
const GROWTH = 4
const NO_BYTES = Buffer.alloc(0)

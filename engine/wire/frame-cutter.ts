import {assert} from '../assert.ts'

const LENGTH_BYTES = 4

/**
 * Puts frames together from the pieces in which bytes arrive. Memory follows what has arrived, whatever a frame says of its length; a frame that lies
 * within one piece is a view of it. What a frame views is never written again.
 */
export class FrameCutter {
  /** What has arrived and was not taken, up to the end of the frame that is put together: `#from` to `#to` of it. */
  #bytes: Buffer = NO_BYTES
  #from = 0
  #to = 0
  /** Whether `#bytes` may be written behind `#to`: it is memory of its own, and no frame of it was taken. */
  #isOwn = false
  /** What has arrived behind that. */
  #rest: Uint8Array | undefined

  /** How much has arrived that was not taken. */
  get held(): number {
    return this.#to - this.#from + (this.#rest?.length ?? 0)
  }

  /** The length that the next frame says it has, or undefined before that has arrived. */
  get length(): number | undefined {
    return this.#to - this.#from < LENGTH_BYTES ? undefined : this.#bytes.readInt32BE(this.#from)
  }

  /** The first bytes of the next frame, as many as have arrived of them. */
  head(bytes: number): Uint8Array {
    const from = this.#from + LENGTH_BYTES
    return this.#bytes.subarray(Math.min(from, this.#to), Math.min(from + bytes, this.#to))
  }

  push(piece: Uint8Array): void {
    if (this.#rest !== undefined) this.#rest = Buffer.concat([this.#rest, piece])
    else if (this.#to === this.#from) this.#view(piece)
    else this.#append(piece)
  }

  /** The next frame, without its length, once it is there as a whole. */
  take(): Uint8Array | undefined {
    const {length} = this
    if (length === undefined || this.#to - this.#from < LENGTH_BYTES + length) return undefined
    assert(length >= 0, 'whoever takes a frame has looked at its length')
    const from = this.#from + LENGTH_BYTES
    this.#from = from + length
    const frame = this.#bytes.subarray(from, this.#from)
    this.#isOwn = false
    const rest = this.#rest
    this.#rest = undefined
    if (this.#from === this.#to) this.#view(rest ?? NO_BYTES)
    else if (rest !== undefined) this.#append(rest)
    return frame
  }

  #view(piece: Uint8Array): void {
    this.#bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.length)
    this.#from = 0
    this.#to = piece.length
    this.#isOwn = false
  }

  /** Puts together only what is one frame: what comes behind it is a view again. */
  #append(piece: Uint8Array): void {
    const {length} = this
    const has = this.#to - this.#from
    const missing = length === undefined ? piece.length : Math.max(0, LENGTH_BYTES + length - has)
    const part = piece.subarray(0, missing)
    if (part.length > 0) {
      if (!this.#isOwn || this.#to + part.length > this.#bytes.length) this.#grow(has + part.length)
      this.#bytes.set(part, this.#to)
      this.#to += part.length
    }
    if (part.length < piece.length) this.#rest = piece.subarray(part.length)
  }

  #grow(needed: number): void {
    const frame = LENGTH_BYTES + Math.max(0, this.length ?? 0)
    const bytes = Buffer.allocUnsafeSlow(Math.max(needed, Math.min(frame, GROWTH * needed)))
    bytes.set(this.#bytes.subarray(this.#from, this.#to))
    this.#to -= this.#from
    this.#from = 0
    this.#bytes = bytes
    this.#isOwn = true
  }
}

/** Memory for a frame grows by so much at a time, so that it is copied once or twice, and stays near to what has arrived. */
const GROWTH = 4
const NO_BYTES = Buffer.alloc(0)

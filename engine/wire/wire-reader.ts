import {OdradekError} from '../errors.ts'
import {INT16_MAX} from '../limits.ts'

const TWO_32 = 0x100000000
const NO_BYTES = new Uint8Array(0)

/** What a message of no bytes may come to in memory, and each byte more: who sends much may have much built of it. */
const MEMORY_BASE = 1024 * 1024
const MEMORY_A_BYTE = 8

/**
 * Reads the values of Kafka's protocol from a frame, one behind the other. What does not fit into the frame, or would come to far more memory than the
 * frame has, throws INVALID_REQUEST, before anything is made of it.
 */
export class WireReader {
  at: number
  readonly #bytes: Buffer
  #end: number
  #memory: number

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#end = bytes.byteLength
    this.#memory = MEMORY_BASE + MEMORY_A_BYTE * bytes.byteLength
    this.at = at
  }

  get left(): number {
    return this.#end - this.at
  }

  bool(): boolean {
    return this.int8() !== 0
  }

  int8(): number {
    return (this.#bytes[this.#take(1)]! << 24) >> 24
  }

  int16(): number {
    const at = this.#take(2)
    return ((this.#bytes[at]! << 24) >> 16) | this.#bytes[at + 1]!
  }

  int32(): number {
    return this.#int32At(this.#take(4))
  }

  /** What a number does not hold exactly becomes the outermost that it does: no offset, time or id here lies there. */
  int64(): number {
    const at = this.#take(8)
    const value = this.#int32At(at) * TWO_32 + (this.#int32At(at + 4) >>> 0)
    if (Number.isSafeInteger(value)) return value
    return value < 0 ? -Number.MAX_SAFE_INTEGER : Number.MAX_SAFE_INTEGER
  }

  /** An unsigned 32 bits, in up to five bytes. */
  varint(): number {
    let value = 0
    for (let scale = 1; scale <= 2 ** 28; scale *= 128) {
      const byte = this.#bytes[this.#take(1)]!
      value += (byte & 0x7f) * scale
      if (byte < 0x80) {
        if (value < TWO_32) return value
        break
      }
    }
    throw malformed('a varint of more than 32 bits')
  }

  uuid(): string {
    const at = this.#take(16)
    return this.#bytes.toString('base64url', at, at + 16)
  }

  /** `length` of a string as it was read; -1 where it is null. */
  string(length: number): string | null {
    if (length < 0) return null
    if (length > INT16_MAX) throw malformed(`a string of ${length} bytes`)
    const at = this.#take(length)
    return this.#bytes.toString('utf8', at, at + length)
  }

  /** A view on so many bytes, null for -1. */
  bytes(length: number): Uint8Array | null {
    if (length < 0) return null
    if (length === 0) return NO_BYTES
    const at = this.#take(length)
    return this.#bytes.subarray(at, at + length)
  }

  /** The count of an array is one that can be true: so many elements fit into what is left, and what they come to in memory is within bounds. */
  expect(count: number, element: {readonly bytesMin: number; readonly memory: number}): void {
    if (count * element.bytesMin > this.left) throw malformed(`${count} elements in ${this.left} bytes`)
    this.#memory -= count * element.memory
    if (this.#memory < 0) throw malformed('a message of too many parts')
  }

  skip(length: number): void {
    this.#take(length)
  }

  /** What is read by `read` is these many bytes, no less and no more. */
  within<Value>(length: number, read: (reader: this) => Value): Value {
    if (length > this.left) throw malformed(`${length} bytes where ${this.left} are left`)
    const outer = this.#end
    this.#end = this.at + length
    const value = read(this)
    if (this.at !== this.#end) throw malformed('a tagged field of another length than it says')
    this.#end = outer
    return value
  }

  #int32At(at: number): number {
    const bytes = this.#bytes
    return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
  }

  /** Where the next `length` bytes are. */
  #take(length: number): number {
    const at = this.at
    if (length > this.#end - at) throw malformed(`${length} bytes where ${this.#end - at} are left`)
    this.at = at + length
    return at
  }
}

export function malformed(what: string): OdradekError {
  return new OdradekError('INVALID_REQUEST', `malformed: ${what}`)
}

import {readInt64} from './int64.ts'

/** Reads big-endian values one behind the other. What runs past the end reads as 0 and sets `failed`, which is looked at once, at the end. */
export class ByteReader {
  failed = false
  readonly #bytes: Buffer
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  int8(): number {
    return this.#has(1) ? this.#view.getInt8(this.#at++) : 0
  }

  int16(): number {
    if (!this.#has(2)) return 0
    this.#at += 2
    return this.#view.getInt16(this.#at - 2)
  }

  int32(): number {
    if (!this.#has(4)) return 0
    this.#at += 4
    return this.#view.getInt32(this.#at - 4)
  }

  /** An int64 that a number cannot hold exactly fails. */
  int64(): number {
    if (!this.#has(8)) return 0
    this.#at += 8
    const value = readInt64(this.#view, this.#at - 8)
    if (!Number.isNaN(value)) return value
    this.failed = true
    return 0
  }

  unsignedVarint(): number {
    let value = 0
    for (let scale = 1; scale < 2 ** 35; scale *= 128) {
      if (!this.#has(1)) return 0
      const byte = this.#bytes[this.#at++]!
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
    }
    this.failed = true
    return 0
  }

  /** A view on the next `length` bytes. */
  raw(length: number): Buffer {
    if (length < 0 || !this.#has(length)) {
      this.failed = true
      return Buffer.alloc(0)
    }
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  #has(length: number): boolean {
    if (this.left >= length) return true
    this.failed = true
    return false
  }
}

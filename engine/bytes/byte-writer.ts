import {writeInt64} from './int64.ts'

const SIZE_MIN = 256

/** Writes big-endian values one behind the other into bytes that grow. */
export class ByteWriter {
  #bytes = Buffer.allocUnsafe(SIZE_MIN)
  #view = viewOf(this.#bytes)
  #at = 0

  int8(value: number): void {
    this.#room(1)
    this.#view.setInt8(this.#at, value)
    this.#at += 1
  }

  int16(value: number): void {
    this.#room(2)
    this.#view.setInt16(this.#at, value)
    this.#at += 2
  }

  int32(value: number): void {
    this.#room(4)
    this.#view.setInt32(this.#at, value)
    this.#at += 4
  }

  /** A safe integer. */
  int64(value: number): void {
    this.#room(8)
    writeInt64(this.#view, this.#at, value)
    this.#at += 8
  }

  /** A number below 2^32 as Kafka's compact types have lengths: not zig-zag. */
  unsignedVarint(value: number): void {
    this.#room(5)
    for (; value > 0x7f; value = Math.floor(value / 128)) this.#bytes[this.#at++] = (value % 128) | 0x80
    this.#bytes[this.#at++] = value
  }

  raw(bytes: Uint8Array): void {
    this.#room(bytes.length)
    this.#bytes.set(bytes, this.#at)
    this.#at += bytes.length
  }

  /** What was written; a copy. */
  take(): Uint8Array {
    return new Uint8Array(this.#bytes.subarray(0, this.#at))
  }

  #room(more: number): void {
    const wanted = this.#at + more
    if (wanted <= this.#bytes.length) return
    const grown = Buffer.allocUnsafe(Math.max(wanted, 2 * this.#bytes.length))
    grown.set(this.#bytes.subarray(0, this.#at))
    this.#bytes = grown
    this.#view = viewOf(grown)
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

import {INT16_MAX} from '../limits.ts'

/** Most answers fit into this. */
const FIRST_BYTES = 512
const BYTES_MAX = 64 * 1024
/** Bytes that are as many go out from where they are. */
const LENT_BYTES_MIN = 4096

/** Writes values of Kafka's protocol, one behind the other, into pieces; nothing that was written is moved, and long bytes are not even copied. */
export class WireWriter {
  /** How much was written. */
  length = 0
  readonly #pieces: Uint8Array[] = []
  #bytes = Buffer.allocUnsafe(FIRST_BYTES)
  /** Where in the current bytes the piece begins that is being written. */
  #from = 0
  #at = 0

  bool(value: boolean): void {
    this.int8(value ? 1 : 0)
  }

  int8(value: number): void {
    this.#room(1)
    this.#bytes[this.#at++] = value
  }

  int16(value: number): void {
    this.#room(2)
    this.#bytes[this.#at++] = value >> 8
    this.#bytes[this.#at++] = value
  }

  int32(value: number): void {
    this.#room(4)
    this.#int32(value)
  }

  /** A safe integer. */
  int64(value: number): void {
    this.#room(8)
    this.#int32(Math.floor(value / 0x100000000))
    this.#int32(value | 0)
  }

  /** Below 2^32. */
  varint(value: number): void {
    this.#room(5)
    const before = this.#at
    for (; value > 0x7f; value = Math.floor(value / 128)) this.#bytes[this.#at++] = (value % 128) | 0x80
    this.#bytes[this.#at++] = value
    this.length += this.#at - before - 5
  }

  uuid(value: string): void {
    this.#room(16)
    this.#bytes.write(value, this.#at, 16, 'base64url')
    this.#at += 16
  }

  /** `writeLength` is told how many bytes follow. A longer one than Kafka's strings may be is cut. */
  string(value: string, writeLength: (writer: this, length: number) => void): void {
    const length = Math.min(INT16_MAX, Buffer.byteLength(value))
    writeLength(this, length)
    this.#room(length)
    this.#bytes.write(value, this.#at, length, 'utf8')
    this.#at += length
  }

  /** Bytes that do not change before they are sent. */
  raw(bytes: Uint8Array): void {
    if (bytes.length < LENT_BYTES_MIN) {
      this.#room(bytes.length)
      this.#bytes.set(bytes, this.#at)
      this.#at += bytes.length
      return
    }
    this.#cut()
    this.#pieces.push(bytes)
    this.length += bytes.length
  }

  /** Everything that was written, after which nothing more is. */
  take(): readonly Uint8Array[] {
    this.#cut()
    return this.#pieces
  }

  /** As a frame: what was written, with its length before it. The first four bytes that were written are room for that. */
  takeFrame(): readonly Uint8Array[] {
    const pieces = this.take()
    Buffer.from(pieces[0]!.buffer, pieces[0]!.byteOffset).writeInt32BE(this.length - 4)
    return pieces
  }

  #int32(value: number): void {
    const bytes = this.#bytes
    bytes[this.#at++] = value >> 24
    bytes[this.#at++] = value >> 16
    bytes[this.#at++] = value >> 8
    bytes[this.#at++] = value
  }

  #room(more: number): void {
    this.length += more
    if (this.#at + more <= this.#bytes.length) return
    this.#cut()
    this.#bytes = Buffer.allocUnsafe(Math.max(more, Math.min(BYTES_MAX, 4 * this.#bytes.length)))
    this.#from = 0
    this.#at = 0
  }

  #cut(): void {
    if (this.#at > this.#from) this.#pieces.push(this.#bytes.subarray(this.#from, this.#at))
    this.#from = this.#at
  }
}

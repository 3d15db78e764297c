import {assert} from '../assert.ts'
import {writeInt64} from '../bytes/int64.ts'
import {varintSize, varlongSize, writeVarint, writeVarlong} from '../bytes/varint.ts'
import {BATCH, LOG_OVERHEAD, MAGIC} from './record-batch.ts'

export type Bytes = string | Uint8Array
/** A header of a record: names may repeat, a value may be null. */
export type Header = readonly [name: string, value: Bytes | null]

/** Below this a loop over the characters is cheaper than a call into the runtime. */
const SHORT_STRING = 24
/** Bytes that one UTF-16 unit can take. */
const UTF8_BYTES_MAX = 3
const NO_HEADERS: readonly Header[] = []

/**
 * Builds one record batch v2, record by record, into bytes of its own; the sender owns it and nobody else reads it.
 * The bytes are plain memory, not shared: storing a short value there costs a third of what it costs in shared
 * memory, and the finished batch moves to an inbox slot in a single copy.
 */
export class BatchBuilder {
  bytes: Uint8Array
  #buffer: Buffer
  #view: DataView
  #at: number = BATCH.records
  #count = 0
  #baseTimestamp = 0
  #nowMs = 0
  // deltas to the base: small integers, which are stored without an allocation, as times of day are not
  #nowDelta = 0
  #maxDelta = 0

  constructor(capacity: number) {
    this.#buffer = Buffer.allocUnsafeSlow(capacity)
    this.bytes = new Uint8Array(this.#buffer.buffer)
    this.#view = new DataView(this.bytes.buffer)
  }

  get count(): number {
    return this.#count
  }

  /** Bytes of the batch as it stands. */
  get size(): number {
    return this.#at
  }

  get capacity(): number {
    return this.bytes.length
  }

  get maxTimestamp(): number {
    return this.#baseTimestamp + this.#maxDelta
  }

  /** The timestamp, in ms, of records that bring none of their own from here on. */
  setNow(nowMs: number): void {
    this.#nowMs = nowMs
    this.#nowDelta = nowMs - this.#baseTimestamp
  }

  /** Adds a record; false when it does not fit, and then nothing has changed. `timestamp` is in ms, a safe integer; undefined means now. */
  add(
    key: Bytes | null,
    value: Bytes | null,
    timestamp: number | undefined,
    headers: readonly Header[] = NO_HEADERS,
  ): boolean {
    if (this.#count === 0) {
      this.#baseTimestamp = timestamp ?? this.#nowMs
      this.#nowDelta = this.#nowMs - this.#baseTimestamp
      this.#maxDelta = 0
    }
    const delta = timestamp === undefined ? this.#nowDelta : timestamp - this.#baseTimestamp
    // a string is taken for ASCII first; only where that proves wrong is its length in UTF-8 counted
    if (!this.#put(key, key === null ? -1 : key.length, value, value === null ? -1 : value.length, delta, headers)) {
      const exactKey = utf8Length(key)
      const exactValue = utf8Length(value)
      if (exactKey === (key?.length ?? -1) && exactValue === (value?.length ?? -1)) return false
      if (!this.#put(key, exactKey, value, exactValue, delta, headers)) return false
    }
    this.#count++
    if (delta > this.#maxDelta) this.#maxDelta = delta
    return true
  }

  /**
   * Adds a record of nothing but a value, with the present time, in the fewest stores: what stands before the value goes in two words.
   * False, with nothing changed, for the first record of a batch, where the value or the time needs varints of other lengths, and where it does not fit; `add` then takes it.
   */
  addValue(value: Uint8Array): boolean {
    const {length} = value
    const bytes = this.bytes
    const start = this.#at
    const count = this.#count
    const delta = this.#nowDelta
    if (count === 0 || length < 64 || length >= 8160 || delta < 0 || delta > 63) return false
    if (start + length + PLAIN_FRAMING_MAX > bytes.length || count > 8191) return false
    const view = this.#view
    const short = count < 64
    const body = length + (short ? 7 : 8)
    // little-endian: length, attributes (0), timestamp delta; offset delta, key (null: 1), length of the value
    view.setInt32(start, ((body << 1) & 0x7f) | 0x80 | ((body >> 6) << 8) | (delta << 25), true)
    const low = ((length << 1) & 0x7f) | 0x80
    const high = length >> 6
    let at = start + 8
    if (short) view.setInt32(start + 4, (count << 1) | (1 << 8) | (low << 16) | (high << 24), true)
    else {
      view.setInt32(start + 4, ((count << 1) & 0x7f) | 0x80 | ((count >> 6) << 8) | (1 << 16) | (low << 24), true)
      bytes[at++] = high
    }
    bytes.set(value, at)
    at += length
    bytes[at] = 0
    this.#at = at + 1
    this.#count = count + 1
    if (delta > this.#maxDelta) this.#maxDelta = delta
    return true
  }

  /** Writes the header and returns the batch's bytes, valid until `reset`. Base offset, leader epoch and CRC are the leader's to set. */
  finish(): Uint8Array {
    assert(this.#count > 0, 'a batch that is finished holds a record')
    const view = this.#view
    writeInt64(view, BATCH.baseOffset, 0)
    view.setInt32(BATCH.batchLength, this.#at - LOG_OVERHEAD)
    view.setInt32(BATCH.leaderEpoch, -1)
    view.setInt8(BATCH.magic, MAGIC)
    view.setUint32(BATCH.crc, 0)
    view.setInt16(BATCH.attributes, 0)
    view.setInt32(BATCH.lastOffsetDelta, this.#count - 1)
    writeInt64(view, BATCH.baseTimestamp, this.#baseTimestamp)
    writeInt64(view, BATCH.maxTimestamp, this.maxTimestamp)
    writeInt64(view, BATCH.producerId, -1)
    view.setInt16(BATCH.producerEpoch, -1)
    view.setInt32(BATCH.baseSequence, -1)
    view.setInt32(BATCH.recordCount, this.#count)
    return this.bytes.subarray(0, this.#at)
  }

  reset(): void {
    this.#at = BATCH.records
    this.#count = 0
  }

  /** Writes a record whose key and value take as many bytes as said; false where they do not, or it does not fit. */
  #put(
    key: Bytes | null,
    keyLength: number,
    value: Bytes | null,
    valueLength: number,
    timestampDelta: number,
    headers: readonly Header[],
  ): boolean {
    const bytes = this.bytes
    const start = this.#at
    let content = 0
    if (keyLength > 0) content += keyLength
    if (valueLength > 0) content += valueLength
    const usual = headers.length === 0 && start + content + FRAMING_MAX <= bytes.length
    const lengthBytes = usual ? lengthBytesOf(content) : 0
    let at = start + lengthBytes
    if (lengthBytes === 0) {
      let body =
        2 + varlongSize(timestampDelta) + varintSize(this.#count) + varintSize(keyLength) + varintSize(valueLength)
      body += content
      if (headers.length > 0) body += headersSize(headers) - 1
      if (start + varintSize(body) + body > bytes.length) return false
      at = writeVarint(bytes, start, body)
    }

    bytes[at] = 0
    at = writeVarlong(bytes, at + 1, timestampDelta)
    at = writeVarint(bytes, at, this.#count)
    at = writeVarint(bytes, at, keyLength)
    if (keyLength > 0) {
      if (typeof key === 'string') {
        if (!this.#writeText(key, at, keyLength)) return false
      } else bytes.set(key!, at)
      at += keyLength
    }
    at = writeVarint(bytes, at, valueLength)
    if (valueLength > 0) {
      if (typeof value === 'string') {
        if (!this.#writeText(value, at, valueLength)) return false
      } else bytes.set(value!, at)
      at += valueLength
    }
    if (headers.length > 0) at = this.#writeHeaders(headers, at)
    else bytes[at++] = 0

    const body = at - start - lengthBytes
    if (lengthBytes === 2) {
      bytes[start] = ((body << 1) & 0x7f) | 0x80
      bytes[start + 1] = body >> 6
    } else if (lengthBytes === 1) bytes[start] = body << 1
    this.#at = at
    return true
  }

  /** Writes text that should take `length` bytes; false where it takes another number of bytes. */
  #writeText(text: string, at: number, length: number): boolean {
    const bytes = this.bytes
    if (length > SHORT_STRING || text.length !== length) {
      // near the end of the buffer a write can stop short and happen to take `length` bytes
      if (bytes.length - at < length * UTF8_BYTES_MAX && Buffer.byteLength(text) !== length) return false
      return this.#buffer.write(text, at, 'utf8') === length
    }
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i)
      if (code > 0x7f) return false
      bytes[at + i] = code
    }
    return true
  }

  #writeHeaders(headers: readonly Header[], at: number): number {
    at = writeVarint(this.bytes, at, headers.length)
    for (const [name, value] of headers) {
      const nameLength = utf8Length(name)
      at = writeVarint(this.bytes, at, nameLength)
      at = this.#writeExact(name, at, nameLength)
      const valueLength = utf8Length(value)
      at = writeVarint(this.bytes, at, valueLength)
      if (valueLength > 0) at = this.#writeExact(value!, at, valueLength)
    }
    return at
  }

  #writeExact(content: Bytes, at: number, length: number): number {
    if (typeof content === 'string') this.#buffer.write(content, at, 'utf8')
    else this.bytes.set(content, at)
    return at + length
  }
}

/** What a record without headers takes beside its key and value, at most: a length of two bytes, every other varint at its longest. */
const FRAMING_MAX = 29

/** What `addValue` writes beside the value, at most. */
const PLAIN_FRAMING_MAX = 10

/**
 * Bytes that the length of a record with `content` bytes of key and value takes, whatever its other varints are, or 0 where that depends
 * on them. Where it is known the record is written first and its length after it: measuring every varint beforehand costs a sixth of `add`.
 */
function lengthBytesOf(content: number): 0 | 1 | 2 {
  if (content >= 58) return content < 8160 ? 2 : 0
  return content < 40 ? 1 : 0
}

/** The most bytes a record can add to a batch: every varint at its longest. */
export function recordSizeMax(key: Bytes | null, value: Bytes | null, headers: readonly Header[] = NO_HEADERS): number {
  const varints = 5 + 1 + 10 + 5 + 5 + 5
  return varints + Math.max(0, utf8Length(key)) + Math.max(0, utf8Length(value)) + headersSize(headers)
}

function headersSize(headers: readonly Header[]): number {
  let size = varintSize(headers.length)
  for (const [name, value] of headers) {
    const nameLength = utf8Length(name)
    const valueLength = utf8Length(value)
    size += varintSize(nameLength) + nameLength + varintSize(valueLength) + Math.max(0, valueLength)
  }
  return size
}

/** Bytes of `content` in UTF-8, -1 for null. */
function utf8Length(content: Bytes | null): number {
  if (content === null) return -1
  return typeof content === 'string' ? Buffer.byteLength(content) : content.length
}

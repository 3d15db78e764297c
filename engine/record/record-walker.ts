import {readInt64} from '../bytes/int64.ts'
import {VarintCursor} from '../bytes/varint.ts'
import {ATTRIBUTES, BATCH, batchSize} from './record-batch.ts'

/**
 * Walks the records of one uncompressed batch without an object a record: after each `next()` the fields tell where the
 * record's parts lie in `bytes`. The batch's header and CRC must have been checked. A record that does not add up ends the
 * walk and is told in `problem`: a right CRC over wrong records means its builder was wrong.
 */
export class RecordWalker {
  offset = 0
  timestamp = 0
  /** -1 for a null key or value, whose start then means nothing. */
  keyLength = -1
  keyStart = 0
  valueLength = -1
  valueStart = 0
  headerCount = 0
  headersStart = 0
  problem: string | undefined

  readonly bytes: Uint8Array
  readonly #view: DataView
  readonly #cursor: VarintCursor
  #left = 0
  #end = 0
  #baseOffset = 0
  #offsetDelta = -1
  #lastOffsetDelta = 0
  /** Of the records, or under LogAppendTime the broker's, which then is the time of each. */
  #baseTimestamp = 0
  #isAppendTime = false

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#cursor = new VarintCursor(bytes)
  }

  /** Where the record ends, and the next one begins. */
  get recordEnd(): number {
    return this.#cursor.at
  }

  /** Starts on the batch at `at`. */
  enter(at: number): void {
    const view = this.#view
    const attributes = view.getInt16(at + BATCH.attributes)
    this.#baseOffset = readInt64(view, at + BATCH.baseOffset)
    this.#offsetDelta = -1
    this.#lastOffsetDelta = view.getInt32(at + BATCH.lastOffsetDelta)
    this.#isAppendTime = (attributes & ATTRIBUTES.logAppendTime) !== 0
    this.#baseTimestamp = readInt64(view, at + (this.#isAppendTime ? BATCH.maxTimestamp : BATCH.baseTimestamp))
    this.#left = view.getInt32(at + BATCH.recordCount)
    this.#end = at + batchSize(view, at)
    this.#cursor.at = at + BATCH.records
    this.#cursor.end = this.#end
    this.#cursor.failed = false
    this.problem = undefined
    // control records are the broker's own: an application never sees them
    if (attributes & ATTRIBUTES.control) this.#leave()
  }

  /** Moves to the next record; false at the end of the batch, or when `problem` is set. */
  next(): boolean {
    const cursor = this.#cursor
    if (this.#left === 0) return cursor.at === this.#end ? false : this.#stop('bytes are left over')
    return this.#nextUsual() || this.#nextAny()
  }

  /**
   * A record of the usual kind, whose varints take a byte or two and which has no headers; false, with nothing changed, where it is another or does
   * not add up. It does what `#nextAny` does in half the time, all of it in local variables.
   */
  #nextUsual(): boolean {
    const bytes = this.bytes
    const batchEnd = this.#end
    let at = this.#cursor.at
    // as far as the key: each of four varints two bytes at most, and the attributes
    if (at + 9 > batchEnd) return false
    let byte = bytes[at++]!
    let length = byte & 0x7f
    if (byte >= 0x80) {
      byte = bytes[at++]!
      if (byte >= 0x80) return false
      length |= byte << 7
    }
    // an even zig-zag code is a number from 0
    if ((length & 1) !== 0) return false
    const end = at + (length >>> 1)
    at++ // attributes, unused
    byte = bytes[at++]!
    let timestampCode = byte & 0x7f
    if (byte >= 0x80) {
      byte = bytes[at++]!
      if (byte >= 0x80) return false
      timestampCode |= byte << 7
    }
    byte = bytes[at++]!
    let offsetCode = byte & 0x7f
    if (byte >= 0x80) {
      byte = bytes[at++]!
      if (byte >= 0x80) return false
      offsetCode |= byte << 7
    }
    byte = bytes[at++]!
    let keyCode = byte & 0x7f
    if (byte >= 0x80) {
      byte = bytes[at++]!
      if (byte >= 0x80) return false
      keyCode |= byte << 7
    }
    const keyLength = (keyCode >>> 1) ^ -(keyCode & 1)
    const keyStart = at
    if (keyLength > 0) at += keyLength
    // the length of the value and the count of headers
    if (at + 2 > end || end > batchEnd) return false
    byte = bytes[at++]!
    let valueCode = byte & 0x7f
    if (byte >= 0x80) {
      byte = bytes[at++]!
      if (byte >= 0x80) return false
      valueCode |= byte << 7
    }
    const valueLength = (valueCode >>> 1) ^ -(valueCode & 1)
    const valueStart = at
    if (valueLength > 0) at += valueLength
    if (at + 1 !== end || bytes[at] !== 0 || keyLength < -1 || valueLength < -1) return false
    const offsetDelta = (offsetCode >>> 1) ^ -(offsetCode & 1)
    if (offsetDelta <= this.#offsetDelta || offsetDelta > this.#lastOffsetDelta) return false
    const timestampDelta = (timestampCode >>> 1) ^ -(timestampCode & 1)
    const timestamp = this.#isAppendTime ? this.#baseTimestamp : this.#baseTimestamp + timestampDelta
    if (!Number.isSafeInteger(timestamp)) return false
    this.offset = this.#baseOffset + offsetDelta
    this.timestamp = timestamp
    this.keyStart = keyStart
    this.keyLength = keyLength
    this.valueStart = valueStart
    this.valueLength = valueLength
    this.headersStart = end
    this.headerCount = 0
    this.#offsetDelta = offsetDelta
    this.#left--
    this.#cursor.at = end
    return true
  }

  #nextAny(): boolean {
    const cursor = this.#cursor
    const length = cursor.varint()
    const end = cursor.at + length
    if (length < 1 || end > this.#end) return this.#stop('a record runs past its end')
    cursor.at++ // attributes, unused
    const timestampDelta = cursor.varlong()
    const timestamp = this.#isAppendTime ? this.#baseTimestamp : this.#baseTimestamp + timestampDelta
    const offsetDelta = cursor.varint()
    const keyLength = cursor.varint()
    this.keyStart = cursor.at
    if (keyLength > 0) cursor.at += keyLength
    const valueLength = cursor.varint()
    this.valueStart = cursor.at
    if (valueLength > 0) cursor.at += valueLength
    const headerCount = cursor.varint()
    this.headersStart = cursor.at
    if (headerCount !== 0 && !this.#passHeaders(headerCount, end))
      return this.#stop('headers of a record do not add up')
    // the cursor has only ever moved on: one look at its end tells whether any part ran past it
    if (cursor.failed || cursor.at !== end || keyLength < -1 || valueLength < -1)
      return this.#stop('the parts of a record do not add up')
    if (offsetDelta <= this.#offsetDelta || offsetDelta > this.#lastOffsetDelta)
      return this.#stop(`a record has offset ${this.#baseOffset + offsetDelta}`)
    if (!Number.isSafeInteger(timestamp)) return this.#stop('a timestamp is beyond 2^53')
    this.offset = this.#baseOffset + offsetDelta
    this.timestamp = timestamp
    this.keyLength = keyLength
    this.valueLength = valueLength
    this.headerCount = headerCount
    this.#offsetDelta = offsetDelta
    this.#left--
    return true
  }

  /** Moves over `count` headers; false where that leads past `end`. */
  #passHeaders(count: number, end: number): boolean {
    const cursor = this.#cursor
    if (count < 0) return false
    for (; count > 0; count--) {
      const nameLength = cursor.varint()
      if (nameLength < 0) return false
      cursor.at += nameLength
      const valueLength = cursor.varint()
      if (valueLength < -1) return false
      if (valueLength > 0) cursor.at += valueLength
      if (cursor.failed || cursor.at > end) return false
    }
    return true
  }

  #stop(why: string): boolean {
    this.problem = `the batch at offset ${this.#baseOffset} is malformed: ${why}`
    this.#leave()
    return false
  }

  #leave(): void {
    this.#left = 0
    this.#cursor.at = this.#end
  }
}

/** The headers that start at `at`, as [name, value] pairs; undefined where they run past `end`. */
export function readHeaders(
  bytes: Uint8Array,
  at: number,
  count: number,
  end: number,
): [string, Uint8Array | null][] | undefined {
  const cursor = new VarintCursor(bytes)
  cursor.at = at
  cursor.end = end
  const headers: [string, Uint8Array | null][] = []
  for (let i = 0; i < count; i++) {
    const nameLength = cursor.varint()
    if (nameLength < 0) return undefined
    const nameStart = cursor.at
    cursor.at += nameLength
    const valueLength = cursor.varint()
    const valueStart = cursor.at
    if (valueLength > 0) cursor.at += valueLength
    if (cursor.failed || valueLength < -1 || cursor.at > end) return undefined
    const name = utf8.decode(bytes.subarray(nameStart, nameStart + nameLength))
    // a copy: `slice` of a Buffer is none
    const value = valueLength < 0 ? null : new Uint8Array(bytes.subarray(valueStart, valueStart + valueLength))
    headers.push([name, value])
  }
  return headers
}

/** A byte order mark at the start of a name is part of the name. */
const utf8 = new TextDecoder('utf-8', {ignoreBOM: true})

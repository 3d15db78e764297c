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
    headers.push([name, valueLength < 0 ? null : bytes.slice(valueStart, valueStart + valueLength)])
  }
  return headers
}

/** A byte order mark at the start of a name is part of the name. */
const utf8 = new TextDecoder('utf-8', {ignoreBOM: true})

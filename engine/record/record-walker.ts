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
  #baseTimestamp = 0
  #appendTime = Number.NaN

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
    this.#baseTimestamp = readInt64(view, at + BATCH.baseTimestamp)
    this.#appendTime = attributes & ATTRIBUTES.logAppendTime ? readInt64(view, at + BATCH.maxTimestamp) : Number.NaN
    // control records are the broker's own: an application never sees them
    this.#left = attributes & ATTRIBUTES.control ? 0 : view.getInt32(at + BATCH.recordCount)
    this.#end = at + batchSize(view, at)
    this.#cursor.at = at + BATCH.records
    this.#cursor.end = this.#end
    this.#cursor.failed = false
    this.problem = undefined
  }

  /** Moves to the next record; false at the end of the batch, or when `problem` is set. */
  next(): boolean {
    if (this.#left === 0) return false
    const cursor = this.#cursor
    const length = cursor.varint()
    const end = cursor.at + length
    if (length < 1 || end > this.#end) return this.#stop('its length runs past the batch')
    cursor.at++ // attributes, unused
    const timestampDelta = cursor.varlong()
    this.timestamp = Number.isNaN(this.#appendTime) ? this.#baseTimestamp + timestampDelta : this.#appendTime
    this.offset = this.#baseOffset + cursor.varint()
    const keyLength = cursor.varint()
    this.keyLength = keyLength
    this.keyStart = cursor.at
    if (keyLength > 0) cursor.at += keyLength
    if (cursor.at > end) return this.#stop('its key runs past its end')
    const valueLength = cursor.varint()
    this.valueLength = valueLength
    this.valueStart = cursor.at
    if (valueLength > 0) cursor.at += valueLength
    if (cursor.at > end) return this.#stop('its value runs past its end')
    this.headerCount = cursor.varint()
    this.headersStart = cursor.at
    if (cursor.failed || cursor.at > end || keyLength < -1 || valueLength < -1 || this.headerCount < 0)
      return this.#stop('its fields do not add up')
    if (this.headerCount === 0 && cursor.at !== end) return this.#stop('bytes are left over')
    cursor.at = end
    this.#left--
    return true
  }

  #stop(why: string): boolean {
    this.problem = `a record of the batch at offset ${this.#baseOffset} is malformed: ${why}`
    this.#left = 0
    return false
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
    const nameStart = cursor.at
    cursor.at += nameLength
    if (cursor.failed || nameLength < 0 || cursor.at >= end) return undefined
    const valueLength = cursor.varint()
    const valueStart = cursor.at
    if (valueLength > 0) cursor.at += valueLength
    if (cursor.failed || valueLength < -1 || cursor.at > end) return undefined
    const name = utf8.decode(bytes.subarray(nameStart, nameStart + nameLength))
    headers.push([name, valueLength < 0 ? null : bytes.slice(valueStart, valueStart + valueLength)])
  }
  return headers
}

const utf8 = new TextDecoder()

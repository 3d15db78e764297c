import {isUtf8} from 'node:buffer'
import {type RecordWalker, readHeaders} from '../engine/record/record-walker.ts'

/** Bytes as JSON has them: text, null, or base64 where they are not UTF-8. Every sequence of bytes has one form. */
export type JsonBytes = string | null | {readonly base64: string}

/** A record as a line of JSON. */
export interface JsonRecord {
  readonly offset: number
  readonly timestamp: number
  readonly key: JsonBytes
  readonly value: JsonBytes
  /** In their order; left out where there are none. */
  readonly headers?: readonly (readonly [string, JsonBytes])[]
}

/** The record that the walker stands on. */
export function toJson(walker: RecordWalker): JsonRecord {
  const {offset, timestamp} = walker
  const key = jsonBytes(keyBytes(walker))
  const value = jsonBytes(valueBytes(walker))
  const headers = headersOf(walker)
  if (headers.length === 0) return {offset, timestamp, key, value}
  return {offset, timestamp, key, value, headers: headers.map(([name, bytes]) => [name, jsonBytes(bytes)])}
}

/** Views on the walker's bytes. */
export function keyBytes({bytes, keyStart, keyLength}: RecordWalker): Buffer | null {
  return viewOf(bytes, keyStart, keyLength)
}

export function valueBytes({bytes, valueStart, valueLength}: RecordWalker): Buffer | null {
  return viewOf(bytes, valueStart, valueLength)
}

export function headersOf({bytes, headersStart, headerCount}: RecordWalker): [string, Buffer | null][] {
  if (headerCount === 0) return []
  // the walk has been over them: they are all there
  const headers = readHeaders(bytes, headersStart, headerCount, bytes.length)!
  return headers.map(([name, value]) => [name, value === null ? null : viewOf(value, 0, value.length)])
}

export function jsonBytes(bytes: Buffer | null): JsonBytes {
  if (bytes === null) return null
  return isUtf8(bytes) ? bytes.toString() : {base64: bytes.toString('base64')}
}

function viewOf(bytes: Uint8Array, start: number, length: number): Buffer | null {
  return length < 0 ? null : Buffer.from(bytes.buffer, bytes.byteOffset + start, length)
}

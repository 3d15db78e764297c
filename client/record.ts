import {OdradekError} from '../engine/errors.ts'
import {HEADERS_MAX} from '../engine/limits.ts'
import type {Bytes, Header} from '../engine/record/batch-builder.ts'
import {describe} from './arguments.ts'
import {LogRecord} from './log-record.ts'

/** A value of a header as given: text, bytes, null, or several of them under one name. */
export type HeaderInput = Bytes | null | readonly (Bytes | null)[]

/** Headers as given: a property a name, or pairs in the order they are to be stored in. */
export type HeadersInput = Readonly<Record<string, HeaderInput>> | readonly Header[]

/** A record as given: its value alone, or an object with no other properties than these. `timestamp` is in ms since 1970 and defaults to now. */
export type RecordInput =
  | Bytes
  | {
      readonly key?: Bytes | null | undefined
      readonly value: Bytes | null
      readonly headers?: HeadersInput | undefined
      readonly timestamp?: number | undefined
    }

export const NO_HEADERS: readonly Header[] = []

/** Throws INVALID_RECORD unless `record` is one; a caller may then take its parts as they are. */
export function checkRecord(record: RecordInput): void {
  if (typeof record === 'string' || record instanceof Uint8Array) return
  if (typeof record !== 'object' || record === null)
    throw invalid(`a record is a string, bytes or {key, value, headers, timestamp}, not ${describe(record)}`)
  if (record.value === undefined)
    throw invalid(`value is a string, bytes or null, not undefined; the record is ${describe(record)}`)
  if (!isBytesOrNull(record.value)) throw invalid(`value is a string, bytes or null, not ${describe(record.value)}`)
  if (record.key !== undefined && !isBytesOrNull(record.key))
    throw invalid(`key is a string, bytes or null, not ${describe(record.key)}`)
  if (record.timestamp !== undefined && !(Number.isSafeInteger(record.timestamp) && record.timestamp >= 0)) {
    throw invalid(`timestamp is a whole number of ms since 1970, not ${describe(record.timestamp)}`)
  }
}

const NAMES = ['key', 'value', 'headers', 'timestamp']

/**
 * Throws INVALID_RECORD where `record` has a property that no record has, misspelt or meant for something else: it would be
 * lost in silence. Looking through the names costs about half of what checking the known ones does. A record that was read
 * from a log may be sent as it is, and gets a new offset.
 */
export function checkNames(record: object): void {
  if (record instanceof LogRecord) return
  const stranger = Object.keys(record).find(name => !NAMES.includes(name))
  if (stranger !== undefined) throw invalid(`a record has no property ${stranger}; it has ${NAMES.join(', ')}`)
}

/** A record taken apart. */
export interface RecordParts {
  readonly key: Bytes | null
  readonly value: Bytes | null
  readonly timestamp: number | undefined
  readonly headers: readonly Header[]
}

/** Takes a record apart, after both checks. */
export function toParts(record: RecordInput): RecordParts {
  checkRecord(record)
  if (typeof record === 'string' || record instanceof Uint8Array)
    return {key: null, value: record, timestamp: undefined, headers: NO_HEADERS}
  checkNames(record)
  const {key = null, value, timestamp, headers} = record
  return {key, value, timestamp, headers: toHeaders(headers)}
}

/** Headers as the record batch has them: a list of pairs, in the order given. */
export function toHeaders(headers: HeadersInput | undefined): readonly Header[] {
  if (headers === undefined) return NO_HEADERS
  if (Array.isArray(headers)) return bounded(headers.map(pair => toHeader(pair)))
  // a Map has no properties to read, and would be taken for no headers
  if (typeof headers !== 'object' || headers === null || Symbol.iterator in headers)
    throw invalid(
      `headers are an object with a property a name, or a list of [name, value] pairs, not ${describe(headers)}`,
    )
  const list: Header[] = []
  for (const [name, input] of Object.entries(headers)) {
    for (const value of Array.isArray(input) ? (input as (Bytes | null)[]) : [input as Bytes | null]) {
      if (!isBytesOrNull(value)) throw invalid(`header ${name} is a string, bytes or null, not ${describe(value)}`)
      list.push([name, value])
    }
  }
  return bounded(list)
}

function toHeader(pair: unknown): Header {
  if (!Array.isArray(pair) || pair.length !== 2 || typeof pair[0] !== 'string')
    throw invalid(`headers are a list of [name, value] pairs, not of ${describe(pair)}`)
  const [name, value] = pair
  if (!isBytesOrNull(value)) throw invalid(`header ${name} is a string, bytes or null, not ${describe(value)}`)
  return [name, value]
}

function bounded(list: readonly Header[]): readonly Header[] {
  if (list.length > HEADERS_MAX) throw invalid(`${list.length} headers; ${HEADERS_MAX} is the most`)
  return list
}

function isBytesOrNull(value: unknown): boolean {
  return value === null || typeof value === 'string' || value instanceof Uint8Array
}

function invalid(detail: string): OdradekError {
  return new OdradekError('INVALID_RECORD', detail)
}

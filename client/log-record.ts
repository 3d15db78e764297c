import {inspect} from 'node:util'
import {OdradekError} from '../engine/errors.ts'
import {type RecordWalker, readHeaders} from '../engine/record/record-walker.ts'

/** A header's value as read: bytes, null, or a list of them where the name stands several times. */
export type HeaderOutput = Buffer | null | (Buffer | null)[]

/**
 * A record as read. It stays valid for as long as it is held: its bytes belong to the batch they came in, and `key` and
 * `value` are views on them, made when asked for.
 */
export class LogRecord {
  readonly offset: number
  /** In ms since 1970. */
  readonly timestamp: number
  readonly #bytes: Uint8Array
  readonly #keyStart: number
  readonly #keyLength: number
  readonly #valueStart: number
  readonly #valueLength: number
  readonly #headersStart: number
  readonly #headerCount: number

  /** Takes the record the walker stands on. `bytes` are the walker's from `start` on, and are not used for anything else afterwards. */
  constructor(walker: RecordWalker, bytes: Uint8Array, start: number) {
    this.offset = walker.offset
    this.timestamp = walker.timestamp
    this.#bytes = bytes
    this.#keyStart = walker.keyStart - start
    this.#keyLength = walker.keyLength
    this.#valueStart = walker.valueStart - start
    this.#valueLength = walker.valueLength
    this.#headersStart = walker.headersStart - start
    this.#headerCount = walker.headerCount
  }

  get key(): Buffer | null {
    return view(this.#bytes, this.#keyStart, this.#keyLength)
  }

  get value(): Buffer | null {
    return view(this.#bytes, this.#valueStart, this.#valueLength)
  }

  get headers(): Record<string, HeaderOutput> {
    return collectHeaders(this.#bytes, this.#headersStart, this.#headerCount)
  }

  /** The value as UTF-8 text; empty for null. */
  text(): string {
    return this.value?.toString() ?? ''
  }

  /** The value parsed as JSON; null for null. Throws a SyntaxError where it is not JSON. */
  json<T = unknown>(): T {
    return parseJson(this.value)
  }

  toJSON(): object {
    return {
      offset: this.offset,
      timestamp: this.timestamp,
      key: this.key?.toString() ?? null,
      value: this.value?.toString() ?? null,
      headers: textHeaders(this.headers),
    }
  }

  [inspect.custom](): object {
    return {offset: this.offset, timestamp: this.timestamp, key: this.key, value: this.value, headers: this.headers}
  }
}

/**
 * The record a `poll` handler is given: one object for all records, valid until the handler returns. Using it later throws
 * RECORD_EXPIRED. Everything it hands out is a copy.
 */
export class RecordView {
  #walker: RecordWalker | undefined

  get offset(): number {
    return this.#live().offset
  }

  /** In ms since 1970. */
  get timestamp(): number {
    return this.#live().timestamp
  }

  /** Bytes of the key, -1 for null. */
  get keyLength(): number {
    return this.#live().keyLength
  }

  /** Bytes of the value, -1 for null. */
  get valueLength(): number {
    return this.#live().valueLength
  }

  get key(): Buffer | null {
    const {bytes, keyStart, keyLength} = this.#live()
    return copy(bytes, keyStart, keyLength)
  }

  get value(): Buffer | null {
    const {bytes, valueStart, valueLength} = this.#live()
    return copy(bytes, valueStart, valueLength)
  }

  get headers(): Record<string, HeaderOutput> {
    const {bytes, headersStart, headerCount} = this.#live()
    return collectHeaders(bytes, headersStart, headerCount)
  }

  /** Byte `i` of the value. */
  valueByte(i: number): number {
    const {bytes, valueStart, valueLength} = this.#live()
    if (!(i >= 0 && i < valueLength))
      throw new OdradekError('INVALID_ARGUMENT', `byte ${i} of a value of ${valueLength} bytes`)
    return bytes[valueStart + i]!
  }

  /** Copies the value into `target` at `at` and returns its length, -1 for null. */
  copyValue(target: Uint8Array, at = 0): number {
    const {bytes, valueStart, valueLength} = this.#live()
    if (!(at >= 0 && at + valueLength <= target.length))
      throw new OdradekError(
        'INVALID_ARGUMENT',
        `no room at ${at} of ${target.length} bytes for a value of ${valueLength}`,
      )
    if (valueLength > 0) target.set(bytes.subarray(valueStart, valueStart + valueLength), at)
    return valueLength
  }

  /** The value as UTF-8 text; empty for null. */
  text(): string {
    const {bytes, valueStart, valueLength} = this.#live()
    return view(bytes, valueStart, valueLength)?.toString() ?? ''
  }

  /** The value parsed as JSON; null for null. Throws a SyntaxError where it is not JSON. */
  json<T = unknown>(): T {
    const {bytes, valueStart, valueLength} = this.#live()
    return parseJson(view(bytes, valueStart, valueLength))
  }

  /** @internal */
  static show(record: RecordView, walker: RecordWalker | undefined): void {
    record.#walker = walker
  }

  #live(): RecordWalker {
    if (this.#walker === undefined)
      throw new OdradekError(
        'RECORD_EXPIRED',
        'a record given to a poll handler is only valid until the handler returns; copy what you need',
      )
    return this.#walker
  }
}

function view(bytes: Uint8Array, start: number, length: number): Buffer | null {
  return length < 0 ? null : Buffer.from(bytes.buffer, bytes.byteOffset + start, length)
}

function copy(bytes: Uint8Array, start: number, length: number): Buffer | null {
  return length < 0 ? null : Buffer.from(bytes.subarray(start, start + length))
}

function parseJson<T>(value: Buffer | null): T {
  return (value === null ? null : JSON.parse(value.toString())) as T
}

/** The headers that stand at `start`, by name. */
export function collectHeaders(bytes: Uint8Array, start: number, count: number): Record<string, HeaderOutput> {
  if (count === 0) return {}
  const pairs = readHeaders(bytes, start, count, bytes.length)
  if (pairs === undefined) throw new OdradekError('CORRUPT_MESSAGE', 'the headers of a record run past its end')
  const byName = new Map<string, HeaderOutput>()
  for (const [name, bytesOrNull] of pairs) {
    const value =
      bytesOrNull === null ? null : Buffer.from(bytesOrNull.buffer, bytesOrNull.byteOffset, bytesOrNull.length)
    const before = byName.get(name)
    if (before === undefined) byName.set(name, value)
    else if (Array.isArray(before)) before.push(value)
    else byName.set(name, [before, value])
  }
  return Object.fromEntries(byName)
}

function textHeaders(headers: Record<string, HeaderOutput>): Record<string, unknown> {
  const text = (value: Buffer | null): string | null => value?.toString() ?? null
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.map(text) : text(value)]),
  )
}

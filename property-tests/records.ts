import fc from 'fast-check'
import type {Bytes, Header} from '../engine/record/batch-builder.ts'

/** A record before it stands in a batch. */
export interface RecordParts {
  readonly key: Bytes | null
  readonly value: Bytes | null
  readonly timestamp: number
  readonly headers: readonly Header[]
}

/** Characters of one, two, three and four bytes, halves of a pair alone, and the byte order mark, which is text here. */
const ascii = character(0, 0x7f)
const anyCharacter = fc.oneof(
  ascii,
  character(0x80, 0xff),
  character(0x100, 0xd7ff),
  character(0x10000, 0x10ffff),
  character(0xd800, 0xdfff),
  fc.constant('\ufeff'),
)

/** Around these a length prefix gets longer, or the builder takes another way. */
const edgeLength = fc.constantFrom(0, 1, 2, 3, 23, 24, 25, 62, 63, 64, 65, 127, 128, 129)
const longLength = fc.constantFrom(8190, 8191, 8192, 8193)

function character(min: number, max: number): fc.Arbitrary<string> {
  return fc.integer({min, max}).map(code => String.fromCodePoint(code))
}

function textOf(length: fc.Arbitrary<number>): fc.Arbitrary<string> {
  return fc.oneof(
    fc.tuple(anyCharacter, length).map(([unit, times]) => unit.repeat(times)),
    // all but the last character is ASCII, so that the first guess at its size is wrong as late as can be
    fc.tuple(length, anyCharacter).map(([times, last]) => 'a'.repeat(times) + last),
  )
}

function bytesOf(length: fc.Arbitrary<number>): fc.Arbitrary<Uint8Array> {
  return fc.tuple(fc.nat(255), length).map(([byte, times]) => new Uint8Array(times).fill(byte))
}

const shortText = fc.oneof(
  fc.string({unit: ascii, maxLength: 40}),
  fc.string({unit: anyCharacter, maxLength: 40}),
  textOf(edgeLength),
)
const shortBytes = fc.oneof(fc.uint8Array({maxLength: 40}), bytesOf(edgeLength))
const shortContent = fc.oneof(
  {weight: 4, arbitrary: shortText},
  {weight: 4, arbitrary: shortBytes},
  {weight: 1, arbitrary: fc.constant(null)},
)

export const anyText: fc.Arbitrary<string> = fc.oneof(
  {weight: 20, arbitrary: shortText},
  {weight: 1, arbitrary: textOf(longLength)},
)

const anyContent: fc.Arbitrary<Bytes | null> = fc.oneof(
  {weight: 20, arbitrary: shortContent},
  {weight: 1, arbitrary: fc.oneof(textOf(longLength), bytesOf(longLength))},
)

/** Names repeat: there are few of the usual kind. */
const anyHeader: fc.Arbitrary<Header> = fc.tuple(fc.oneof(fc.constantFrom('', 'trace', 'id'), shortText), shortContent)

const NOW = 1_700_000_000_000
/** Equal, rising and falling times, and times as far from each other as there are. */
const anyTimestamp = fc.oneof(
  {weight: 8, arbitrary: fc.integer({min: NOW - 200, max: NOW + 200})},
  {weight: 1, arbitrary: fc.constantFrom(0, 1, NOW, 2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER)},
  {weight: 1, arbitrary: fc.maxSafeNat()},
)

export const anyRecord: fc.Arbitrary<RecordParts> = fc.record({
  key: anyContent,
  value: anyContent,
  timestamp: anyTimestamp,
  headers: fc.oneof(fc.constant([]), fc.array(anyHeader, {maxLength: 4})),
})

/** More than any of these takes in a batch of its own: key and value of the longest text, in characters of four bytes, and all headers. */
export const RECORD_BYTES_MAX = 72_000

/** So many that offsets within the batch take two bytes. */
const manyRecords: fc.Arbitrary<readonly RecordParts[]> = fc
  .tuple(shortContent, fc.array(anyTimestamp, {minLength: 60, maxLength: 140, size: 'max'}))
  .map(([key, times]) => times.map(timestamp => ({key, value: `${timestamp}`, timestamp, headers: []})))

/** The records of one batch: at least one, and less than `BATCH_BYTES_MAX` of them. */
export const anyRecords: fc.Arbitrary<readonly RecordParts[]> = fc.oneof(
  {weight: 19, arbitrary: fc.array(anyRecord, {minLength: 1, maxLength: 30, size: '+1'})},
  {weight: 1, arbitrary: manyRecords},
)
export const BATCH_BYTES_MAX = 2 << 20

/** What a reader must find of `content`: text is stored as UTF-8. */
export function storedBytes(content: Bytes | null): Buffer | null {
  if (content === null) return null
  return Buffer.from(content as string)
}

import fc from 'fast-check'
import type {Field, Shape} from '../../engine/wire/field.ts'

type Message = Readonly<Record<string, unknown>>

/** Any message that a version of a schema can say, as whoever reads it gets it: what the version has not stands there by default. */
export function anyMessage(shape: Shape, version: number): fc.Arbitrary<Message> {
  return fc.record(
    Object.fromEntries(
      Object.entries(shape).map(([name, field]) => [
        name,
        version >= field.since && version <= field.until ? anyValue(field, version) : fc.constant(absent(field)),
      ]),
    ),
  )
}

function absent(field: Field): unknown {
  if (field.kind !== 'struct' || field.default !== undefined) return field.default
  return Object.fromEntries(Object.entries(field.shape!).map(([name, inner]) => [name, absent(inner)]))
}

function anyValue(field: Field, version: number): fc.Arbitrary<unknown> {
  const value = anyPresent(field, version)
  return version >= field.nullable ? fc.option(value, {freq: 4, nil: null}) : value
}

function anyPresent(field: Field, version: number): fc.Arbitrary<unknown> {
  switch (field.kind) {
    case 'bool':
      return fc.boolean()
    case 'int8':
      return fc.integer({min: -128, max: 127})
    case 'int16':
      return fc.integer({min: -0x8000, max: 0x7fff})
    case 'int32':
      return fc.integer()
    case 'int64':
      return fc.maxSafeInteger()
    case 'error':
      return fc.constantFrom('NONE', 'UNKNOWN_SERVER_ERROR', 'OFFSET_OUT_OF_RANGE', 'FETCH_SESSION_TOPIC_ID_ERROR')
    case 'uuid':
      return fc.uint8Array({minLength: 16, maxLength: 16}).map(bytes => Buffer.from(bytes).toString('base64url'))
    case 'string':
      return fc.oneof({weight: 9, arbitrary: fc.string({unit: 'grapheme'})}, {weight: 1, arbitrary: LONG_STRING})
    case 'bytes':
    case 'records':
      return fc.oneof({weight: 9, arbitrary: fc.uint8Array()}, {weight: 1, arbitrary: LONG_BYTES})
    case 'array':
      return fc.array(anyValue(field.element!, version), {maxLength: 4})
    case 'struct':
      return anyMessage(field.shape!, version)
  }
}

const LONG_STRING = fc.nat({max: 0x7fff}).map(length => 'x'.repeat(length))
const LONG_BYTES = fc.nat({max: 200_000}).map(length => new Uint8Array(length).fill(7))

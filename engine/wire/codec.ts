import {errorNamed, wireNumber} from '../errors.ts'
import type {Api} from './api.ts'
import type {Field, Kind, Shape} from './field.ts'
import {malformed, type WireReader} from './wire-reader.ts'
import {WireWriter} from './wire-writer.ts'

/** A message of one API and version, between its bytes and objects. */
export interface Codec {
  read(reader: WireReader): object
  write(writer: WireWriter, message: object): void
}

/** How one value is read and written: built once, from the schema and a version. */
interface Coding<Value = unknown> {
  readonly read: (reader: WireReader) => Value
  readonly write: (writer: WireWriter, value: Value) => void
  /** The least that it takes on the wire. */
  readonly bytesMin: number
  /** About what it comes to in memory; elements of arrays come to that once more each. */
  readonly memory: number
}

interface Version {
  readonly version: number
  readonly flexible: boolean
}

type Message = Record<string, unknown>

const WORD = 8
/** What an object, a string, an array comes to beside what is in it. */
const OBJECT = 3 * WORD

const made = new WeakMap<Shape, Codec[]>()

/** The codec of an API's requests or responses in one of its versions. */
export function codecOf(api: Api, side: 'request' | 'response', version: number): Codec {
  const shape = api[side]
  const known = made.get(shape) ?? []
  made.set(shape, known)
  known[version] ??= structCoding(shape, {version, flexible: version >= api.flexible}) as Codec
  return known[version]
}

/** Tagged fields that nobody here knows: as a header has them. */
export function skipTags(reader: WireReader): void {
  readTags(reader, NO_FIELDS, NO_MESSAGE)
}

const NO_FIELDS: ReadonlyMap<number, Named> = new Map()
const NO_MESSAGE: Message = {}

function structCoding(shape: Shape, version: Version): Coding<Message> {
  const present = Object.entries(shape).filter(([_, field]) => isIn(field, version))
  const plain = present.filter(([_, {tag}]) => tag === undefined).map(([name, field]) => named(name, field, version))
  const tagged = present.filter(([_, {tag}]) => tag !== undefined).map(([name, field]) => named(name, field, version))
  const byTag = new Map(tagged.map(each => [each.field.tag!, each]))
  // every message of an API has the same fields in the same order, whatever its version
  const blank = blankOf(shape)
  const {flexible} = version
  return {
    read(reader) {
      const message = {...blank}
      for (const {name, coding} of plain) message[name] = coding.read(reader)
      if (flexible) readTags(reader, byTag, message)
      return message
    },
    write(writer, message) {
      for (const {name, field, coding} of plain) coding.write(writer, message[name] ?? standIn(field, message[name]))
      if (flexible) writeTags(writer, tagged, message)
    },
    bytesMin: sum(plain.map(({coding}) => coding.bytesMin)) + (flexible ? 1 : 0),
    memory: OBJECT + WORD * Object.keys(shape).length + sum(plain.map(({coding}) => coding.memory)),
  }
}

interface Named {
  readonly name: string
  readonly field: Field
  readonly coding: Coding
}

function named(name: string, field: Field, version: Version): Named {
  return {name, field, coding: codingOf(field, version)}
}

function isIn({since, until}: Field, {version}: Version): boolean {
  return version >= since && version <= until
}

function blankOf(shape: Shape): Message {
  return Object.fromEntries(Object.entries(shape).map(([name, field]) => [name, defaultOf(field)]))
}

function defaultOf(field: Field): unknown {
  return field.kind === 'struct' && field.default === undefined ? blankOf(field.shape!) : field.default
}

/** What is written for a field that was left out; null stays what it is. */
function standIn(field: Field, value: unknown): unknown {
  return value === null ? null : defaultOf(field)
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

function readTags(reader: WireReader, known: ReadonlyMap<number, Named>, message: Message): void {
  const count = reader.varint()
  reader.expect(count, UNKNOWN_TAG)
  for (let i = 0; i < count; i++) {
    const tag = reader.varint()
    const length = reader.varint()
    const field = known.get(tag)
    if (field === undefined) reader.skip(length)
    else message[field.name] = reader.within(length, field.coding.read)
  }
}

/** A tag and a length, each of a byte at least. */
const UNKNOWN_TAG = {bytesMin: 2, memory: 0}

function writeTags(writer: WireWriter, fields: readonly Named[], message: Message): void {
  const told = fields.filter(({name, field}) => message[name] !== undefined && message[name] !== field.default)
  writer.varint(told.length)
  for (const {name, field, coding} of told) {
    const inner = new WireWriter()
    coding.write(inner, message[name])
    writer.varint(field.tag!)
    writer.varint(inner.length)
    for (const piece of inner.take()) writer.raw(piece)
  }
}

function codingOf(field: Field, version: Version): Coding {
  const nullable = version.version >= field.nullable
  switch (field.kind) {
    case 'string':
      return stringCoding(nullable, version) as Coding
    case 'bytes':
    case 'records':
      return bytesCoding(nullable, version) as Coding
    case 'array':
      return arrayCoding(codingOf(field.element!, version), nullable, version) as Coding
    case 'struct': {
      const coding = structCoding(field.shape!, version)
      return (nullable ? orNull(coding) : coding) as Coding
    }
    default:
      return FIXED[field.kind] as Coding
  }
}

type FixedKind = Exclude<Kind, 'string' | 'bytes' | 'records' | 'array' | 'struct'>

const fixed = <Value>(
  bytesMin: number,
  read: Coding<Value>['read'],
  write: Coding<Value>['write'],
  memory = 0,
): Coding<Value> => ({read, write, bytesMin, memory})

const FIXED = {
  bool: fixed(
    1,
    reader => reader.bool(),
    (writer, value: boolean) => writer.bool(value),
  ),
  int8: fixed(
    1,
    reader => reader.int8(),
    (writer, value: number) => writer.int8(value),
  ),
  int16: fixed(
    2,
    reader => reader.int16(),
    (writer, value: number) => writer.int16(value),
  ),
  int32: fixed(
    4,
    reader => reader.int32(),
    (writer, value: number) => writer.int32(value),
  ),
  int64: fixed(
    8,
    reader => reader.int64(),
    (writer, value: number) => writer.int64(value),
    2 * WORD,
  ),
  error: fixed(
    2,
    reader => errorNamed(reader.int16()),
    (writer, value: Parameters<typeof wireNumber>[0]) => writer.int16(wireNumber(value)),
  ),
  uuid: fixed(
    16,
    reader => reader.uuid(),
    (writer, value: string) => writer.uuid(value),
    OBJECT + 3 * WORD,
  ),
} as const satisfies {readonly [K in FixedKind]: unknown}

/** How long something is, or how many: -1 stands for null. */
interface Length {
  readonly read: (reader: WireReader) => number
  readonly write: (writer: WireWriter, length: number) => void
  readonly bytesMin: number
}

const COMPACT: Length = {
  read: reader => reader.varint() - 1,
  write: (writer, length) => writer.varint(length + 1),
  bytesMin: 1,
}
const INT16: Length = {
  read: reader => reader.int16(),
  write: (writer, length) => writer.int16(length),
  bytesMin: 2,
}
const INT32: Length = {
  read: reader => reader.int32(),
  write: (writer, length) => writer.int32(length),
  bytesMin: 4,
}

/** A length as it stands before what has that length; null where there is none, which is refused where it may not be. */
function lengthRead({read}: Length, nullable: boolean): (reader: WireReader) => number {
  return reader => {
    const length = read(reader)
    if (length < (nullable ? -1 : 0)) throw malformed(`a length of ${length}`)
    return length
  }
}

function stringCoding(nullable: boolean, {flexible}: Version): Coding<string | null> {
  const length = flexible ? COMPACT : INT16
  const readLength = lengthRead(length, nullable)
  return {
    read: reader => reader.string(readLength(reader)),
    write(writer, value) {
      if (value === null && nullable) length.write(writer, -1)
      else writer.string(value ?? '', length.write)
    },
    bytesMin: length.bytesMin,
    memory: OBJECT,
  }
}

function bytesCoding(nullable: boolean, {flexible}: Version): Coding<Uint8Array | readonly Uint8Array[] | null> {
  const length = flexible ? COMPACT : INT32
  const readLength = lengthRead(length, nullable)
  return {
    read: reader => reader.bytes(readLength(reader)),
    write(writer, value) {
      if (value === null && nullable) {
        length.write(writer, -1)
        return
      }
      const pieces = value === null ? [] : value instanceof Uint8Array ? [value] : value
      length.write(writer, sum(pieces.map(piece => piece.length)))
      for (const piece of pieces) writer.raw(piece)
    },
    bytesMin: length.bytesMin,
    // a view of the frame
    memory: 4 * OBJECT,
  }
}

function arrayCoding(element: Coding, nullable: boolean, {flexible}: Version): Coding<readonly unknown[] | null> {
  const length = flexible ? COMPACT : INT32
  const readLength = lengthRead(length, nullable)
  const each = {bytesMin: element.bytesMin, memory: WORD + element.memory}
  return {
    read(reader) {
      const count = readLength(reader)
      if (count < 0) return null
      reader.expect(count, each)
      const elements: unknown[] = []
      for (let i = 0; i < count; i++) elements.push(element.read(reader))
      return elements
    },
    write(writer, value) {
      if (value === null && nullable) {
        length.write(writer, -1)
        return
      }
      length.write(writer, value?.length ?? 0)
      for (const each of value ?? []) element.write(writer, each)
    },
    bytesMin: length.bytesMin,
    memory: 2 * OBJECT,
  }
}

/** A struct that may be null has a byte before it, which is below 0 where it is. */
function orNull(coding: Coding<Message>): Coding<Message | null> {
  return {
    read: reader => (reader.int8() < 0 ? null : coding.read(reader)),
    write(writer, value) {
      writer.int8(value === null ? -1 : 1)
      if (value !== null) coding.write(writer, value)
    },
    bytesMin: 1,
    memory: coding.memory,
  }
}

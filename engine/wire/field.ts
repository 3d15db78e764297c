import type {ErrorCode} from '../errors.ts'

/**
 * A message of Kafka's protocol as data: an object of fields in the order of the wire, each with the versions that have it. The codec and the types of
 * messages in memory both follow from it.
 */
export type Shape = Readonly<Record<string, Field>>

export type Kind =
  | 'bool'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'error'
  | 'uuid'
  | 'string'
  | 'bytes'
  | 'records'
  | 'array'
  | 'struct'

export interface Field<Read = unknown, Written = unknown, Optional extends boolean = boolean> {
  readonly kind: Kind
  /** The versions of the message that have it, both ends included. */
  readonly since: number
  readonly until: number
  /** From this version on it may be null. */
  readonly nullable: number
  /** What stands for it where a version does not have it, or whoever writes leaves it out. */
  readonly default: unknown
  /** Its number among the tagged fields; undefined for one that stands in its place. */
  readonly tag: number | undefined
  /** Of an array. */
  readonly element: Field | undefined
  /** Of a struct. */
  readonly shape: Shape | undefined
  /** For the types alone: what reading it gives, what writing it takes, and whether it may be left out. */
  readonly types?: {readonly read: Read; readonly written: Written; readonly optional: Optional}
}

export interface Options {
  readonly since?: number
  readonly until?: number
  readonly nullable?: number
  readonly default?: unknown
  readonly tag?: number
}

/** What some versions do not have, or what has a default, need not be given. */
type OptionalOf<O> = O extends {since: number} | {until: number} | {default: unknown} | {tag: number} ? true : false
type OrNull<O> = O extends {nullable: number} ? null : never
type FieldOf<Read, Written, O> = Field<Read | OrNull<O>, Written | OrNull<O>, OptionalOf<O>>

/** A message as it is read: everything is there, by default where its version has it not. */
export type Read<S> = {readonly [Name in keyof S]: ReadOf<S[Name]>}
type ReadOf<F> = F extends Field<infer R, infer _, infer __> ? R : never

/** A message as it is written. */
export type Written<S> = {readonly [Name in RequiredOf<S>]: WrittenOf<S[Name]>} & {
  readonly [Name in Exclude<keyof S, RequiredOf<S>>]?: WrittenOf<S[Name]> | undefined
}
type WrittenOf<F> = F extends Field<infer _, infer W, infer __> ? W : never
type RequiredOf<S> = {[Name in keyof S]: S[Name] extends Field<infer _, infer __, false> ? Name : never}[keyof S]

type AnyField = Omit<Field, 'types'>

function field(kind: Kind, zero: unknown, options: Options, inner: Partial<AnyField> = {}): AnyField {
  return {
    kind,
    since: options.since ?? 0,
    until: options.until ?? Number.POSITIVE_INFINITY,
    nullable: options.nullable ?? Number.POSITIVE_INFINITY,
    default: options.default === undefined ? zero : options.default,
    tag: options.tag,
    element: undefined,
    shape: undefined,
    ...inner,
  }
}

const scalar =
  <Value>(kind: Kind, zero: Value) =>
  <const O extends Options = object>(options?: O): FieldOf<Value, Value, O> =>
    field(kind, zero, options ?? {}) as FieldOf<Value, Value, O>

export const NO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA'
const NO_BYTES = new Uint8Array(0)

export const bool = scalar<boolean>('bool', false)
export const int8 = scalar<number>('int8', 0)
export const int16 = scalar<number>('int16', 0)
export const int32 = scalar<number>('int32', 0)
/** A number; beyond what one holds exactly there is nothing here, so what lies there is the outermost one it holds. */
export const int64 = scalar<number>('int64', 0)
/** An int16 on the wire; a name of `engine/errors.ts` in memory. */
export const error = scalar<ErrorCode | 'NONE'>('error', 'NONE')
/** In memory 22 characters of base64url, as topics have their ids everywhere. */
export const uuid = scalar<string>('uuid', NO_UUID)
export const string = scalar<string>('string', '')
/** A view into the frame that was read. */
export const bytes = scalar<Uint8Array>('bytes', NO_BYTES)

/** Record batches one behind the other: read as a view into the frame; written from one piece, or several. */
export const records = <const O extends Options = object>(
  options?: O,
): FieldOf<Uint8Array, Uint8Array | readonly Uint8Array[], O> =>
  field('records', NO_BYTES, options ?? {}) as FieldOf<Uint8Array, Uint8Array | readonly Uint8Array[], O>

export const struct = <const S extends Shape, const O extends Options = object>(
  shape: S,
  options?: O,
): FieldOf<Read<S>, Written<S>, O> =>
  field('struct', undefined, options ?? {}, {shape}) as FieldOf<Read<S>, Written<S>, O>

export const array = <const E extends Field<unknown, unknown, boolean> | Shape, const O extends Options = object>(
  element: E,
  options?: O,
): FieldOf<readonly ReadElement<E>[], readonly WrittenElement<E>[], O> =>
  field('array', [], options ?? {}, {element: isField(element) ? element : struct(element)}) as FieldOf<
    readonly ReadElement<E>[],
    readonly WrittenElement<E>[],
    O
  >

type ReadElement<E> = E extends Field<infer R, infer _, infer __> ? R : Read<E>
type WrittenElement<E> = E extends Field<infer _, infer W, infer __> ? W : Written<E>

function isField(element: Field | Shape): element is Field {
  return typeof element.kind === 'string'
}

import {SLOT_BYTES} from '../../engine/limits.ts'
import {BatchBuilder} from '../../engine/record/batch-builder.ts'

/** Values differ, so that nothing can pass for another, and are few enough to lie in the processor's caches. */
const RING = 1024

/**
 * What is appended: values of one size, made beforehand, the same for every subject. Record `i` of a log has value `i`; they
 * repeat, because what is measured is the log and not the making of values.
 */
export interface Payload {
  readonly name: string
  readonly valueBytes: number
  /** As our subject takes them: bytes or strings. */
  readonly values: readonly (Uint8Array | string)[]
  /** The same bytes as Buffers, which is what lmdb stores without a detour. */
  readonly buffers: readonly Buffer[]
  /** Bytes a record takes in a segment file, its share of the batch header included. */
  readonly recordBytes: number
}

/** Index of record `i`'s value. */
export function valueIndex(i: number): number {
  return i & (RING - 1)
}

export function bytesPayload(name: string, valueBytes: number): Payload {
  const values = Array.from({length: RING}, (_, i) => randomBytes(i, valueBytes))
  const buffers = values.map(value => Buffer.from(value.buffer, value.byteOffset, value.length))
  return {name, valueBytes, values, buffers, recordBytes: recordBytes(values[0]!)}
}

export function textPayload(name: string, valueBytes: number): Payload {
  const buffers = Array.from({length: RING}, (_, i) => printable(randomBytes(i, valueBytes)))
  const values = buffers.map(buffer => buffer.toString('latin1'))
  return {name, valueBytes, values, buffers, recordBytes: recordBytes(values[0]!)}
}

/** From a seed, by xorshift: every run appends the same. */
function randomBytes(seed: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let state = seed + 0x9e3779b9
  for (let i = 0; i < length; i++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    bytes[i] = state
  }
  return bytes
}

function printable(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.map(byte => 0x20 + (byte % 0x5f)))
}

function recordBytes(value: Uint8Array | string): number {
  const builder = new BatchBuilder(SLOT_BYTES)
  while (builder.add(null, value, undefined)) {}
  return builder.size / builder.count
}

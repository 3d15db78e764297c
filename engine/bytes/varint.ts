/**
 * Zig-zag varints of Kafka's records (`ByteUtils.writeVarint`, `writeVarlong`): base 128, least group first,
 * at most 5 bytes for an int32 and 10 for an int64. Values beyond 2^31 are numbers, exact up to 2^53.
 */

/** Bytes that `value` (an int32) takes. */
export function varintSize(value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0
  if (zigzag < 0x80) return 1
  if (zigzag < 0x4000) return 2
  if (zigzag < 0x200000) return 3
  return zigzag < 0x10000000 ? 4 : 5
}

/** Writes an int32 at `at` and returns the position after it. One and two bytes, nearly all there are, go without a loop. */
export function writeVarint(target: Uint8Array, at: number, value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0
  if (zigzag < 0x80) {
    target[at] = zigzag
    return at + 1
  }
  if (zigzag < 0x4000) {
    target[at] = zigzag | 0x80
    target[at + 1] = zigzag >>> 7
    return at + 2
  }
  return writeLongVarint(target, at, zigzag)
}

function writeLongVarint(target: Uint8Array, at: number, zigzag: number): number {
  while (zigzag > 0x7f) {
    target[at++] = (zigzag & 0x7f) | 0x80
    zigzag >>>= 7
  }
  target[at] = zigzag
  return at + 1
}

/** Bytes that `value` (a safe integer) takes as a varlong. */
export function varlongSize(value: number): number {
  return value === (value | 0) ? varintSize(value) : longVarlongSize(value)
}

function longVarlongSize(value: number): number {
  let magnitude = value < 0 ? -(value + 1) : value
  // the sign takes one bit of the first group
  magnitude = Math.floor(magnitude / 64)
  let size = 1
  while (magnitude > 0) {
    magnitude = Math.floor(magnitude / 128)
    size++
  }
  return size
}

/** Writes a safe integer as a varlong at `at` and returns the position after it. */
export function writeVarlong(target: Uint8Array, at: number, value: number): number {
  return value === (value | 0) ? writeVarint(target, at, value) : writeLongVarlong(target, at, value)
}

function writeLongVarlong(target: Uint8Array, at: number, value: number): number {
  const negative = value < 0
  const magnitude = negative ? -(value + 1) : value
  let group = (magnitude % 64) * 2 + (negative ? 1 : 0)
  let rest = Math.floor(magnitude / 64)
  while (rest > 0) {
    target[at++] = group | 0x80
    group = rest % 128
    rest = Math.floor(rest / 128)
  }
  target[at] = group
  return at + 1
}

/**
 * A cursor over varints. Reading moves `at`; a varint that runs past `end` or is too long sets `failed`, so that a
 * walk checks once a record and never throws on its way.
 */
export class VarintCursor {
  bytes: Uint8Array
  at = 0
  end = 0
  failed = false

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  /** Reads an int32. */
  varint(): number {
    const bytes = this.bytes
    let at = this.at
    if (at >= this.end) return this.#fail()
    let byte = bytes[at++]!
    let zigzag = byte & 0x7f
    let shift = 7
    while (byte >= 0x80) {
      if (shift > 28 || at >= this.end) return this.#fail()
      byte = bytes[at++]!
      zigzag |= (byte & 0x7f) << shift
      shift += 7
    }
    this.at = at
    return (zigzag >>> 1) ^ -(zigzag & 1)
  }

  /** Reads an int64 as a number; one beyond 2^53 sets `failed`, because it cannot be told exactly. */
  varlong(): number {
    const bytes = this.bytes
    let at = this.at
    if (at >= this.end) return this.#fail()
    let byte = bytes[at++]!
    const negative = (byte & 1) === 1
    let magnitude = (byte & 0x7e) >>> 1
    let scale = 64
    while (byte >= 0x80) {
      if (scale > MAX_SCALE || at >= this.end) return this.#fail()
      byte = bytes[at++]!
      magnitude += (byte & 0x7f) * scale
      scale *= 128
    }
    if (magnitude > Number.MAX_SAFE_INTEGER) return this.#fail()
    this.at = at
    return negative ? -magnitude - 1 : magnitude
  }

  #fail(): number {
    this.failed = true
    return 0
  }
}

/** The tenth byte of a varlong carries bit 62 and up. */
const MAX_SCALE = 2 ** 62

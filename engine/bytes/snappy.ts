/**
 * Undoes Snappy: a block as it is, or blocks in the frame of Java's snappy-java (xerial), in which Kafka's clients write them. Throws an Error for what is neither,
 * and for more than `bytesMax`.
 */
export function unsnappy(bytes: Uint8Array, bytesMax: number): Uint8Array {
  if (!isXerial(bytes)) return unsnappyBlock(bytes, bytesMax)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const blocks: Uint8Array[] = []
  let length = 0
  for (let at = XERIAL_BYTES; at < bytes.length; ) {
    if (at + 4 > bytes.length) throw new Error('a block without its length')
    const end = at + 4 + view.getInt32(at)
    if (end < at + 4 || end > bytes.length) throw new Error('a block is cut short')
    const block = unsnappyBlock(bytes.subarray(at + 4, end), bytesMax - length)
    blocks.push(block)
    length += block.length
    at = end
  }
  const all = new Uint8Array(length)
  let filled = 0
  for (const block of blocks) {
    all.set(block, filled)
    filled += block.length
  }
  return all
}

/** Whether it is xerial's frame: its mark, a version, and the least one that can read it, both from 1. */
export function isXerial(bytes: Uint8Array): boolean {
  return bytes.length >= XERIAL_BYTES && MARK.every((byte, i) => bytes[i] === byte)
}

/** What the block's first bytes say that it is long, or -1. */
export function snappyLength(block: Uint8Array): number {
  let length = 0
  for (let i = 0; i < 5; i++) {
    const byte = block[i]
    if (byte === undefined) return -1
    length += (byte & 0x7f) * 2 ** (7 * i)
    if (byte < 0x80) return length
  }
  return -1
}

function unsnappyBlock(block: Uint8Array, bytesMax: number): Uint8Array {
  const length = snappyLength(block)
  if (length < 0 || length > bytesMax) throw new Error(`a block of ${length} bytes`)
  const plain = new Uint8Array(length)
  let at = 1
  while (block[at - 1]! >= 0x80) at++
  let filled = 0
  while (at < block.length) {
    const tag = block[at++]!
    const kind = tag & 3
    if (kind === LITERAL) {
      let count = (tag >> 2) + 1
      if (count > LITERAL_MAX) {
        const size = count - LITERAL_MAX
        count = littleEndian(block, at, size) + 1
        at += size
      }
      if (at + count > block.length || filled + count > length) throw new Error('a literal that does not fit')
      plain.set(block.subarray(at, at + count), filled)
      at += count
      filled += count
      continue
    }
    const count = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1
    const size = OFFSET_BYTES[kind]!
    const offset = littleEndian(block, at, size) + (kind === 1 ? (tag >> 5) * 256 : 0)
    at += size
    if (offset === 0 || offset > filled || filled + count > length) throw new Error('a copy of what is not there')
    copyWithin(plain, filled, offset, count)
    filled += count
  }
  if (filled < length) throw new Error(`${filled} of ${length} bytes`)
  return plain
}

/** Repeats what lies `offset` bytes before: byte by byte where that is closer than it is long, for then it repeats itself. */
export function copyWithin(bytes: Uint8Array, at: number, offset: number, count: number): void {
  if (offset >= count) bytes.copyWithin(at, at - offset, at - offset + count)
  else for (let i = 0; i < count; i++) bytes[at + i] = bytes[at + i - offset]!
}

function littleEndian(bytes: Uint8Array, at: number, size: number): number {
  if (at + size > bytes.length) throw new Error('cut short')
  let value = 0
  for (let i = size - 1; i >= 0; i--) value = value * 256 + bytes[at + i]!
  return value
}

const MARK = [0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0]
/** The mark and two numbers. */
const XERIAL_BYTES = 16
const LITERAL = 0
/** Longer ones have their length in bytes of its own. */
const LITERAL_MAX = 60
/** Bytes of a copy's offset, by its kind. */
const OFFSET_BYTES = [0, 1, 2, 4]

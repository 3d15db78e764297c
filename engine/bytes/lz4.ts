import {copyWithin} from './snappy.ts'

/** What an LZ4 frame says of itself before its blocks. */
export interface Lz4Frame {
  /** Where the first block begins. */
  readonly start: number
  readonly blockBytesMax: number
  readonly hasBlockChecksums: boolean
  /** Whether no block repeats what is in another. */
  readonly isIndependent: boolean
}

/** Reads the head of an LZ4 frame; throws an Error where it is none, or its checksum is wrong. */
export function lz4Frame(bytes: Uint8Array): Lz4Frame {
  const [flags = 0, size = 0] = bytes.subarray(4, 6)
  const start = 7 + (flags & FLAG.contentSize ? 8 : 0) + (flags & FLAG.dictionary ? 4 : 0)
  if (bytes.length < start || MAGIC.some((byte, i) => bytes[i] !== byte)) throw new Error('no LZ4 frame')
  const blockBytesMax = BLOCK_BYTES[(size >> 4) & 7]
  if (flags >> 6 !== 1 || flags & FLAG.reserved || size & ~0x70 || blockBytesMax === undefined)
    throw new Error('an LZ4 frame of another version')
  if (flags & FLAG.dictionary) throw new Error('an LZ4 frame with a dictionary')
  if (bytes[start - 1] !== ((xxh32(bytes.subarray(4, start - 1)) >>> 8) & 0xff))
    throw new Error('the head of an LZ4 frame fails its check')
  const hasBlockChecksums = (flags & FLAG.blockChecksum) > 0
  return {start, blockBytesMax, hasBlockChecksums, isIndependent: (flags & FLAG.independent) > 0}
}

/** Undoes an LZ4 frame. Its checksums of contents are left alone: a batch has one of its own. Throws an Error where that cannot be done, and for more than `bytesMax`. */
export function unlz4(bytes: Uint8Array, bytesMax: number): Uint8Array {
  const {start, blockBytesMax, hasBlockChecksums} = lz4Frame(bytes)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let plain = new Uint8Array(Math.min(bytesMax, bytes.length * 4))
  let filled = 0
  for (let at = start; ; ) {
    if (at + 4 > bytes.length) throw new Error('an LZ4 frame without an end')
    const word = view.getUint32(at, true)
    if (word === 0) return plain.subarray(0, filled)
    const size = word & ~STORED
    const block = bytes.subarray(at + 4, at + 4 + size)
    if (block.length < size) throw new Error('an LZ4 block is cut short')
    // a block never has more than the frame says
    plain = withRoom(plain, filled, Math.min(bytesMax, filled + blockBytesMax))
    if (word >>> 31 === 1) {
      if (filled + size > plain.length) throw new Error('more than is allowed')
      plain.set(block, filled)
      filled += size
    } else filled = unlz4Block(block, plain, filled)
    at += 4 + size + (hasBlockChecksums ? 4 : 0)
  }
}

/** Undoes a block behind the first `filled` bytes, which it may repeat; returns how many there are then. */
function unlz4Block(block: Uint8Array, plain: Uint8Array, filled: number): number {
  let at = 0
  let to = filled
  while (at < block.length) {
    const token = block[at++]!
    let literal = token >> 4
    if (literal === LONG) {
      let more: number
      do {
        more = byteAt(block, at++)
        literal += more
      } while (more === 255)
    }
    if (at + literal > block.length || to + literal > plain.length) throw new Error('a literal that does not fit')
    plain.set(block.subarray(at, at + literal), to)
    at += literal
    to += literal
    // the last sequence is literals only
    if (at === block.length) return to
    const offset = byteAt(block, at++) + 256 * byteAt(block, at++)
    let count = (token & 15) + MATCH_MIN
    if ((token & 15) === LONG) {
      let more: number
      do {
        more = byteAt(block, at++)
        count += more
      } while (more === 255)
    }
    if (offset === 0 || offset > to || to + count > plain.length) throw new Error('a copy of what is not there')
    copyWithin(plain, to, offset, count)
    to += count
  }
  throw new Error('an LZ4 block without its last literals')
}

function byteAt(bytes: Uint8Array, at: number): number {
  const byte = bytes[at]
  if (byte === undefined) throw new Error('an LZ4 block is cut short')
  return byte
}

function withRoom(plain: Uint8Array<ArrayBuffer>, filled: number, length: number): Uint8Array<ArrayBuffer> {
  if (plain.length >= length) return plain
  const larger = new Uint8Array(Math.max(length, plain.length * 2))
  larger.set(plain.subarray(0, filled))
  return larger
}

/** XXH32 with seed 0 of fewer than 16 bytes: a frame's head has no more. */
function xxh32(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let hash = PRIME_5 + bytes.length
  let at = 0
  for (; at + 4 <= bytes.length; at += 4) {
    hash += Math.imul(view.getUint32(at, true), PRIME_3)
    hash = Math.imul(rotated(hash, 17), PRIME_4)
  }
  for (; at < bytes.length; at++) {
    hash += Math.imul(bytes[at]!, PRIME_5)
    hash = Math.imul(rotated(hash, 11), PRIME_1)
  }
  hash = Math.imul(hash ^ (hash >>> 15), PRIME_2)
  hash = Math.imul(hash ^ (hash >>> 13), PRIME_3)
  return (hash ^ (hash >>> 16)) >>> 0
}

function rotated(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}

const MAGIC = [0x04, 0x22, 0x4d, 0x18]
const FLAG = {independent: 0x20, blockChecksum: 0x10, contentSize: 0x08, reserved: 0x02, dictionary: 0x01} as const
/** By the number in the head. */
const BLOCK_BYTES: readonly (number | undefined)[] = [...Array(4), 1 << 16, 1 << 18, 1 << 20, 1 << 22]
/** A block that is not compressed. */
const STORED = 0x80000000
/** A length that goes on in the next bytes. */
const LONG = 15
const MATCH_MIN = 4
const [PRIME_1, PRIME_2, PRIME_3, PRIME_4, PRIME_5] = [
  2654435761, 2246822519, 3266489917, 668265263, 374761393,
] as const

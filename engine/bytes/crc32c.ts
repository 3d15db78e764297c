/**
 * CRC-32C (Castagnoli, reflected polynomial 0x82f63b78), the checksum of Kafka's record batches. This is the portable
 * one, slicing by eight; the threads that check much are handed a native one with the same signature.
 */

/** `crc` continues an earlier checksum; the result is an unsigned 32-bit number. */
export type Crc32c = (bytes: Uint8Array, crc?: number) => number

export function crc32c(bytes: Uint8Array, crc = 0): number {
  let value = ~crc >>> 0
  let at = 0
  const sliced = bytes.length - (bytes.length % 8)
  while (at < sliced) {
    value ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    value =
      TABLES[0x700 + (value & 0xff)]! ^
      TABLES[0x600 + ((value >>> 8) & 0xff)]! ^
      TABLES[0x500 + ((value >>> 16) & 0xff)]! ^
      TABLES[0x400 + (value >>> 24)]! ^
      TABLES[0x300 + bytes[at + 4]!]! ^
      TABLES[0x200 + bytes[at + 5]!]! ^
      TABLES[0x100 + bytes[at + 6]!]! ^
      TABLES[bytes[at + 7]!]!
    at += 8
  }
  for (; at < bytes.length; at++) value = TABLES[(value ^ bytes[at]!) & 0xff]! ^ (value >>> 8)
  return ~value >>> 0
}

/** Eight tables of 256: table k advances a byte by k further bytes of zeros. */
const TABLES = makeTables()

function makeTables(): Uint32Array {
  const tables = new Uint32Array(0x800)
  for (let byte = 1; byte <= 0xff; byte++) {
    let value = byte
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1
    tables[byte] = value
  }
  for (let at = 0x100; at < tables.length; at++) {
    const before = tables[at - 0x100]!
    tables[at] = tables[before & 0xff]! ^ (before >>> 8)
  }
  return tables
}

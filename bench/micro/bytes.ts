import {type Crc32c, crc32c} from '../../engine/bytes/crc32c.ts'
import {VarintCursor, writeVarint} from '../../engine/bytes/varint.ts'
import {loadCrc32c} from '../../workers/checksum.ts'
import {expectSame} from '../harness/check.ts'
import {OURS} from '../harness/measure.ts'
import type {Piece} from './micro-bench.ts'

export const TYPESCRIPT_CRC = 'CRC-32C in TypeScript'
const VARINTS = 1000

/** [what, a value of that many bytes] */
const VARINT_SIZES = [
  ['1 byte', 20],
  ['2 bytes', 5000],
  ['4 bytes', 100_000_000],
] as const

export function varintPieces(): Piece[] {
  const bytes = new Uint8Array(VARINTS * 5)
  return VARINT_SIZES.flatMap(([size, value]) => {
    const write = (): number => {
      let at = 0
      for (let i = 0; i < VARINTS; i++) at = writeVarint(bytes, at, value)
      return at
    }
    const written = bytes.slice(0, write())
    const cursor = new VarintCursor(written)
    const read = (): void => {
      cursor.at = 0
      cursor.end = written.length
      let sum = 0
      for (let i = 0; i < VARINTS; i++) sum += cursor.varint()
      expectSame('sum of the varints', sum, VARINTS * value)
    }
    return [
      {
        subject: OURS,
        what: `write a varint of ${size}`,
        steps: VARINTS,
        run: () => expectSame('bytes', write(), written.length),
      },
      {subject: OURS, what: `read a varint of ${size}`, steps: VARINTS, run: read},
    ]
  })
}

/** The native checksum against our own, by length: a call out of JavaScript has a price, too. */
export async function crcPieces(): Promise<Piece[]> {
  const native = await loadCrc32c()
  return [16, 256, 4096, 65_536].flatMap(length => {
    const bytes = Buffer.from(new SharedArrayBuffer(length)).fill('odradek')
    const expected = crc32c(bytes)
    const piece = (subject: string, crc: Crc32c): Piece => ({
      subject,
      what: `CRC-32C of ${length} B`,
      steps: 1,
      run: () => expectSame(`${subject}, ${length} B`, crc(bytes), expected),
    })
    return [piece(OURS, native), piece(TYPESCRIPT_CRC, crc32c)]
  })
}

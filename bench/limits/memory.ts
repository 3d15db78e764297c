import {crc32c as ours} from '../../engine/bytes/crc32c.ts'
import {copyBytes} from '../../engine/memory/copy-bytes.ts'
import {loadCrc32c} from '../../workers/checksum.ts'
import {expectSame} from '../harness/check.ts'
import type {Measure, Subject} from '../harness/measure.ts'
import {gbPerSecond, limit, nsEach} from './limit.ts'

const KIB_64 = 64 * 1024
const WORD = 0x0123_4567_89ab_cdefn & 0x1f_ffff_ffff_ffffn

const crc32c = await loadCrc32c()

/** What bytes and words in shared memory cost. `count` is how many words are read; blocks are fewer. */
export function memoryLimits(count: number): Subject[] {
  const blocks = Math.ceil(count / 100)
  return [
    limit(() => [copyBlocks(blocks)]),
    limit(() => [checkBlocks(blocks)]),
    limit(() => [checkCalls(blocks)]),
    limit(() => loadWords(count)),
  ]
}

export function copyBlocks(blocks: number): Measure {
  const from = Buffer.alloc(KIB_64, 'odradek')
  const to = Buffer.from(new SharedArrayBuffer(16 * KIB_64))
  const measure = gbPerSecond('copy 64 KiB into shared memory', blocks * KIB_64, () => {
    for (let i = 0; i < blocks; i++) copyBytes(from, to, (i & 15) * KIB_64)
  })
  expectSame('bytes copied differ', from.compare(to.subarray(0, KIB_64)), 0)
  return measure
}

export function checkBlocks(blocks: number): Measure {
  const bytes = Buffer.from(new SharedArrayBuffer(KIB_64)).fill('odradek')
  let last = 0
  const measure = gbPerSecond('CRC-32C of 64 KiB', blocks * KIB_64, () => {
    for (let i = 0; i < blocks; i++) last = crc32c(bytes)
  })
  expectSame('CRC-32C of 64 KiB', last, ours(bytes))
  return measure
}

function checkCalls(count: number): Measure {
  const bytes = Buffer.from(new SharedArrayBuffer(16)).fill('odradek')
  let last = 0
  const measure = nsEach('call CRC-32C for 16 bytes', count, () => {
    for (let i = 0; i < count; i++) last = crc32c(bytes)
  })
  expectSame('CRC-32C of 16 bytes', last, ours(bytes))
  return measure
}

/** Three ways to a 64-bit number: the atomic one is the price of a word that two threads share. */
function loadWords(count: number): Measure[] {
  const words = new BigInt64Array(new SharedArrayBuffer(64)).fill(WORD)
  const view = new DataView(new ArrayBuffer(64))
  view.setBigInt64(0, WORD)
  let sum = 0
  const measures = [
    nsEach('load 64 bits by Atomics.load', count, () => {
      for (let i = 0; i < count; i++) sum += Number(Atomics.load(words, i & 7)) & 1
    }),
    nsEach('decode int64 by getBigInt64', count, () => {
      for (let i = 0; i < count; i++) sum += Number(view.getBigInt64(0)) & 1
    }),
    nsEach('decode int64 as two halves', count, () => {
      for (let i = 0; i < count; i++) sum += (view.getInt32(0) * 0x1_0000_0000 + view.getUint32(4)) & 1
    }),
  ]
  expectSame('last bits of the words loaded', sum, 3 * count * Number(WORD & 1n))
  return measures
}

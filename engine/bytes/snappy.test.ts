import {createRequire} from 'node:module'
import fc from 'fast-check'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {isXerial, snappyLength, unsnappy} from './snappy.ts'

const MAX = 1 << 20
const bytes = (...parts: (string | number | number[])[]) =>
  Buffer.concat(parts.map(part => (typeof part === 'string' ? Buffer.from(part) : Buffer.from([part].flat()))))
const xerial = (...blocks: Uint8Array[]) =>
  Buffer.concat([
    bytes(0x82, 'SNAPPY', 0, [0, 0, 0, 1], [0, 0, 0, 1]),
    ...blocks.flatMap(block => [bytes([0, 0, block.length >> 8, block.length & 255]), block]),
  ])
const textOf = (block: Uint8Array) => Buffer.from(unsnappy(block, MAX)).toString()

test('literals of each length, and copies of each kind', () => {
  assert.is(textOf(bytes(0)), '')
  assert.is(textOf(bytes(3, 2 << 2, 'abc')), 'abc')
  const long = 'x'.repeat(70)
  assert.is(textOf(bytes(70, 60 << 2, 69, long)), long)
  assert.is(textOf(bytes(70, 61 << 2, [69, 0], long)), long)
  assert.is(textOf(bytes(8, 3 << 2, 'abcd', 1, 4)), 'abcdabcd', 'a copy with an offset of 11 bits')
  assert.is(textOf(bytes(10, 0, 'a', (8 << 2) | 2, [1, 0])), 'a'.repeat(10), 'one that repeats itself, of 16')
  assert.is(textOf(bytes(5, 1 << 2, 'ab', (2 << 2) | 3, [2, 0, 0, 0])), 'ababa', 'of 32')
})

test('blocks in the frame of Java', () => {
  const block = bytes(8, 3 << 2, 'abcd', 1, 4)
  assert.is(textOf(xerial(block, bytes(1, 0, 'e'))), 'abcdabcde')
  assert.is(textOf(xerial()), '')
  assert.equal([isXerial(xerial()), isXerial(block)], [true, false])
  assert.throws(() => unsnappy(xerial(block, block), 15), /a block of 8 bytes/)
  assert.throws(() => unsnappy(xerial(block).subarray(0, -1), MAX), /cut short/)
  assert.throws(() => unsnappy(bytes([...xerial()], 1), MAX), /without its length/)
})

test('what is no Snappy is refused', () => {
  for (const [block, problem] of [
    [bytes(), /-1 bytes/],
    [bytes([0xff, 0xff, 0xff, 0xff, 0xff, 1]), /-1 bytes/],
    [bytes([0x80, 0x80, 0x80, 1]), /2097152 bytes/],
    [bytes(4, 3 << 2, 'abc'), /literal/],
    [bytes(2, 2 << 2, 'abc'), /literal/],
    [bytes(4, 60 << 2), /cut short/],
    [bytes(8, 3 << 2, 'abcd', 1, 5), /copy/],
    [bytes(8, 3 << 2, 'abcd', 1, 0), /copy/],
    [bytes(7, 3 << 2, 'abcd', 1, 4), /copy/],
    [bytes(5, 3 << 2, 'abcd'), /4 of 5 bytes/],
  ] as const)
    assert.throws(() => unsnappy(block, MAX), problem)
  assert.is(snappyLength(bytes([0x80])), -1)
})

test('as another implementation compresses', () => {
  const {compressSync} = createRequire(import.meta.url)('snappy') as {compressSync: (bytes: Uint8Array) => Uint8Array}
  fc.assert(
    fc.property(fc.array(fc.uint8Array({maxLength: 40}), {maxLength: 8}), fc.array(fc.nat(7)), (pieces, order) => {
      const plain = Buffer.concat(order.map(i => pieces[i] ?? new Uint8Array(300)))
      assert.equal(Buffer.from(unsnappy(compressSync(plain), MAX)), plain)
    }),
  )
})

test.run()

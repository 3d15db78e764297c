import {createRequire} from 'node:module'
import fc from 'fast-check'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {lz4Frame, unlz4} from './lz4.ts'

const MAX = 1 << 24
/** A frame's head with flags and checksum as lz4 writes it, and blocks: those given as text are stored as they are. */
const frame = (head: number[], ...blocks: (number[] | string)[]) => {
  const parts = blocks.map(block => {
    const bytes = Buffer.from(block as string)
    const size = Buffer.alloc(4)
    size.writeUInt32LE(bytes.length + (typeof block === 'string' ? 2 ** 31 : 0))
    return Buffer.concat([size, bytes])
  })
  return Buffer.concat([Buffer.from([0x04, 0x22, 0x4d, 0x18, ...head]), ...parts, Buffer.alloc(4)])
}
const PLAIN = [0x60, 0x40, 0x82]
const textOf = (bytes: Uint8Array) => Buffer.from(unlz4(bytes, MAX)).toString()
const ascii = (text: string) => [...Buffer.from(text)]

test('literals and copies, short and long, and blocks that are stored', () => {
  assert.is(textOf(frame(PLAIN)), '')
  assert.is(textOf(frame(PLAIN, 'stored', [0x30, ...ascii('abc')])), 'storedabc')
  assert.is(textOf(frame(PLAIN, [0x40, ...ascii('abcd'), 4, 0, 0x10, ...ascii('e')])), 'abcdabcde')
  assert.is(textOf(frame(PLAIN, [0x1f, ...ascii('a'), 1, 0, 255, 1, 0x10, ...ascii('b')])), `${'a'.repeat(276)}b`)
  const long = 'x'.repeat(280)
  assert.is(textOf(frame(PLAIN, [0xf0, 255, 10, ...ascii(long)])), long)
  // a block that repeats what is in the one before it
  assert.is(textOf(frame([0x40, 0x40, 0xc0], 'abcd', [0x00, 4, 0, 0x10, ...ascii('e')])), 'abcdabcde')
})

test('what the head says is heard', () => {
  assert.equal(lz4Frame(frame(PLAIN)), {start: 7, blockBytesMax: 65_536, hasBlockChecksums: false, isIndependent: true})
  const {isIndependent} = lz4Frame(frame([0x40, 0x40, 0xc0]))
  assert.is(isIndependent, false)
})

test('what is no frame is refused', () => {
  for (const [bytes, problem] of [
    [Buffer.from('abc'), /no LZ4 frame/],
    [Buffer.from('nothing of the kind'), /no LZ4 frame/],
    [frame([0x20, 0x40, 0x82]), /another version/],
    [frame([0x60, 0x30, 0x82]), /another version/],
    [frame([0x61, 0x40, 0x82, 0, 0, 0, 0]), /dictionary/],
    [frame([0x60, 0x40, 0x83]), /fails its check/],
    [frame(PLAIN).subarray(0, -1), /without an end/],
    [frame(PLAIN, 'abc').subarray(0, 12), /cut short/],
    [frame(PLAIN, [0x40, ...ascii('abc')]), /literal/],
    [frame(PLAIN, [0xf0]), /cut short/],
    [frame(PLAIN, [0x40, ...ascii('abcd'), 5, 0, 0x10, ...ascii('e')]), /copy/],
    [frame(PLAIN, [0x40, ...ascii('abcd'), 0, 0, 0x10, ...ascii('e')]), /copy/],
    [frame(PLAIN, [0x40, ...ascii('abcd'), 4, 0]), /last literals/],
  ] as const)
    assert.throws(() => unlz4(bytes, MAX), problem)
  assert.throws(() => unlz4(frame(PLAIN, 'abcdef'), 5), /more than is allowed/)
  assert.throws(() => unlz4(frame(PLAIN, [0x1f, ...ascii('a'), 1, 0, 255, 1, 0x10, ...ascii('b')]), 100), /copy/)
})

test('as another implementation compresses', () => {
  const {compressFrameSync} = createRequire(import.meta.url)('lz4-napi') as {
    compressFrameSync: (bytes: Uint8Array) => Uint8Array
  }
  fc.assert(
    fc.property(fc.array(fc.uint8Array({maxLength: 40}), {maxLength: 8}), fc.array(fc.nat(7)), (pieces, order) => {
      const plain = Buffer.concat(order.map(i => pieces[i] ?? Buffer.alloc(30_000, i)))
      assert.equal(Buffer.from(unlz4(compressFrameSync(plain), MAX)), plain)
    }),
  )
})

test.run()

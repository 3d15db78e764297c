import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {ByteReader} from './byte-reader.ts'
import {ByteWriter} from './byte-writer.ts'

test('what was written is read, also where the bytes had to grow', () => {
  const writer = new ByteWriter()
  const long = Buffer.alloc(1000, 7)
  writer.int8(-1)
  writer.int16(-2)
  writer.int32(-3)
  writer.int64(-4)
  for (const value of [0, 127, 128, 16_384, 2 ** 32 - 1]) writer.unsignedVarint(value)
  writer.raw(long)
  const reader = new ByteReader(writer.take())
  assert.equal([reader.int8(), reader.int16(), reader.int32(), reader.int64()], [-1, -2, -3, -4])
  for (const value of [0, 127, 128, 16_384, 2 ** 32 - 1]) assert.is(reader.unsignedVarint(), value)
  assert.ok(reader.raw(1000).equals(long))
  assert.is(reader.left, 0)
  assert.not.ok(reader.failed)
})

test('bytes are Kafka’s: big-endian, and varints with the least group first', () => {
  const writer = new ByteWriter()
  writer.int16(1)
  writer.int64(2 ** 40)
  writer.unsignedVarint(300)
  assert.is(Buffer.from(writer.take()).toString('hex'), '00010000010000000000ac02')
})

test('reading past the end fails, and gives zeros', () => {
  for (const read of ['int8', 'int16', 'int32', 'int64', 'unsignedVarint'] as const) {
    const reader = new ByteReader(new Uint8Array(0))
    assert.is(reader[read](), 0)
    assert.ok(reader.failed, read)
  }
  for (const length of [-1, 2]) {
    const reader = new ByteReader(new Uint8Array(1))
    assert.is(reader.raw(length).length, 0)
    assert.ok(reader.failed)
  }
})

test('numbers that cannot be told exactly fail', () => {
  const beyond = new ByteReader(new Uint8Array(8).fill(0x7f))
  assert.is(beyond.int64(), 0)
  assert.ok(beyond.failed)
  const endless = new ByteReader(new Uint8Array(8).fill(0xff))
  assert.is(endless.unsignedVarint(), 0)
  assert.ok(endless.failed)
})

test('a varint has five bytes at most', () => {
  const longest = new ByteReader(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f))
  assert.equal([longest.unsignedVarint(), longest.failed, longest.left], [2 ** 32 - 1, false, 0])
  const longer = new ByteReader(Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x80, 0x01))
  assert.equal([longer.unsignedVarint(), longer.failed, longer.left], [0, true, 1])
})

test('what is left grows less with each read, to the last byte', () => {
  const reader = new ByteReader(new Uint8Array(15))
  const left = [reader.int8(), reader.left, reader.int16(), reader.left, reader.int32(), reader.left, reader.int64()]
  assert.equal([...left, reader.left, reader.failed], [0, 14, 0, 12, 0, 8, 0, 0, false])
  for (const [read, short] of [
    ['int8', 0],
    ['int16', 1],
    ['int32', 3],
    ['int64', 7],
  ] as const) {
    const cut = new ByteReader(new Uint8Array(short).fill(1))
    assert.equal([cut[read](), cut.failed, cut.left], [0, true, short])
  }
})

test.run()

import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {ByteReader} from './byte-reader.ts'
import {ByteWriter} from './byte-writer.ts'

const COUNT = 700

test('whatever is written makes room for itself, wherever the bytes end', () => {
  for (const kind of ['int8', 'int16', 'int32', 'int64', 'unsignedVarint'] as const) {
    for (const before of [0, 1, 2, 3, 4, 5, 6, 7]) {
      const writer = new ByteWriter()
      writer.raw(new Uint8Array(before))
      for (let i = 0; i < COUNT; i++) writer[kind](kind === 'unsignedVarint' ? 2 ** 32 - 1 - i : i % 128)
      const reader = new ByteReader(writer.take())
      reader.raw(before)
      for (let i = 0; i < COUNT; i++)
        if (reader[kind]() !== (kind === 'unsignedVarint' ? 2 ** 32 - 1 - i : i % 128))
          assert.unreachable(`${kind} ${i}`)
      assert.equal([reader.left, reader.failed], [0, false])
    }
  }
})

test('bytes of any length make room for themselves', () => {
  for (const length of [255, 256, 257, 511, 512, 513, 5000]) {
    const writer = new ByteWriter()
    writer.int8(1)
    const bytes = new Uint8Array(length).map((_, i) => i)
    writer.raw(bytes)
    writer.int8(2)
    assert.equal(writer.take(), new Uint8Array([1, ...bytes, 2]))
  }
})

test('what was taken is a copy', () => {
  const writer = new ByteWriter()
  writer.int8(1)
  const taken = writer.take()
  taken[0] = 9
  assert.equal(writer.take(), Uint8Array.of(1))
})

test.run()

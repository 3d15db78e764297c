import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {OffsetMap} from './offset-map.ts'

const bytesOf = (key: string) => Buffer.from(`..${key}..`)

test('a key has the offset that it was given last, and others have none', () => {
  const map = new OffsetMap(1 << 20)
  const expected = new Map<string, number>()
  for (let i = 0; i < 5000; i++) {
    const key = `key ${i % 3000}`
    map.put(bytesOf(key), 2, key.length, 2 ** 40 + i)
    expected.set(key, 2 ** 40 + i)
  }
  assert.is(map.size, 3000)
  for (const [key, offset] of expected) assert.is(map.get(bytesOf(key), 2, key.length), offset)
  assert.is(map.get(bytesOf('key 3000'), 2, 8), -1)
  assert.is(map.get(bytesOf(''), 2, 0), -1)
})

test('keys are told apart by every byte and by their length; one of no bytes is a key, and a long one', () => {
  const map = new OffsetMap(1)
  const long = 'long'.repeat(10_000)
  const keys = ['', 'a', 'aa', 'b', long]
  for (const [i, key] of keys.entries()) map.put(bytesOf(key), 2, key.length, i)
  assert.equal(
    keys.map(key => map.get(bytesOf(key), 2, key.length)),
    [0, 1, 2, 3, 4],
  )
})

test('it is full when keys and what is kept of each take what they may', () => {
  const map = new OffsetMap(100)
  map.put(bytesOf('a'), 2, 1, 0)
  assert.is(map.isFull, false)
  map.put(bytesOf('b'.repeat(30)), 2, 30, 0)
  assert.is(map.isFull, true)
})

test('a key takes its bytes and forty more, and what takes all there is fills it', () => {
  for (const [bytesMax, isFull] of [
    [41, true],
    [42, false],
  ] as const) {
    const map = new OffsetMap(bytesMax)
    assert.is(map.isFull, false)
    map.put(bytesOf('a'), 2, 1, 0)
    assert.is(map.isFull, isFull)
    map.put(bytesOf('a'), 2, 1, 1)
    assert.is(map.isFull, isFull, 'it is the same key')
  }
})

test('keys of many bytes are kept whole, wherever what there is for them ends', () => {
  for (const length of [16 * 1024 - 1, 16 * 1024, 16 * 1024 + 1]) {
    const map = new OffsetMap(1 << 20)
    const [one, other] = [Buffer.alloc(length, 1), Buffer.alloc(length, 1)]
    other[length - 1] = 2
    map.put(one, 0, length, 5)
    map.put(other, 0, length, 6)
    map.put(one, 0, 1, 7)
    assert.equal([map.get(one, 0, length), map.get(other, 0, length), map.get(one, 0, 1)], [5, 6, 7])
  }
})

test('keys with the same hash are told apart', () => {
  // words of which each two have the same FNV-1a, of the same length and of another
  for (const [one, other] of [
    ['declinate', 'macallums'],
    ['costarring', 'liquid'],
    ['altarage', 'zinke'],
  ] as const) {
    const map = new OffsetMap(1 << 20)
    map.put(bytesOf(one), 2, one.length, 1)
    assert.is(map.get(bytesOf(other), 2, other.length), -1, other)
    map.put(bytesOf(other), 2, other.length, 2)
    assert.equal([map.get(bytesOf(one), 2, one.length), map.get(bytesOf(other), 2, other.length)], [1, 2])
    assert.is(map.size, 2)
  }
  // these come to 0, and stay there with every 0 behind them
  const zeros = Buffer.from('cc2431c40000', 'hex')
  const map = new OffsetMap(1 << 20)
  for (const length of [6, 5, 4]) {
    assert.is(map.get(zeros, 0, length), -1)
    map.put(zeros, 0, length, length)
  }
  assert.equal(
    [4, 5, 6].map(length => map.get(zeros, 0, length)),
    [4, 5, 6],
  )
})

test.run()

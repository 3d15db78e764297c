import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {murmur2} from './murmur2.ts'
import {partitionOfKey, StickyPartition} from './partitioner.ts'

test('a key has one partition, whether it is text or bytes, short or long', () => {
  for (const key of ['21', 'foobar', 'ä€😀', 'long'.repeat(100), '']) {
    const expected = (murmur2(Buffer.from(key)) & 0x7fffffff) % 7
    assert.is(partitionOfKey(key, 7), expected)
    assert.is(partitionOfKey(Buffer.from(key), 7), expected)
  }
})

test('a partition is kept for a batch, and then it is another', () => {
  const draws = [0.5, 0.5, 0.99]
  const sticky = new StickyPartition(() => draws.shift()!)
  const given = Array.from({length: 49}, () => sticky.next(1024, 4))
  assert.equal([given[0], given[15], given[16], given[31], given[32], given[47]], [2, 2, 3, 3, 0, 0])
})

test('only partitions that are led are drawn, and the only one again', () => {
  const sticky = new StickyPartition(() => 0)
  assert.is(sticky.next(16_384, 9, [5]), 5)
  assert.is(sticky.next(1, 9, [5]), 5)
  assert.is(new StickyPartition(() => 0.999).next(1, 9, [2, 7]), 7)
})

test('a topic that was made anew with fewer partitions', () => {
  const sticky = new StickyPartition(() => 0.999)
  assert.is(sticky.next(1, 9), 8)
  assert.is(sticky.next(1, 2), 1)
})

test.run()

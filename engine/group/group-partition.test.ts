import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {partitionOfGroup} from './group-partition.ts'

test('the hash is that of java.lang.String', () => {
  assert.is(partitionOfGroup('', 50), 0)
  // "hello".hashCode() is 99162322
  assert.is(partitionOfGroup('hello', 1_000_000_000), 99162322)
  // "console-consumer-1".hashCode() is negative before its absolute value is taken
  assert.is(partitionOfGroup('polygenelubricants', 50), 0)
})

test('UTF-16 units count, as in Java', () => {
  // "ü" is 252, "😀" the pair d83d de00: 31 * 0xd83d + 0xde00
  assert.is(partitionOfGroup('ü', 1000), 252)
  assert.is(partitionOfGroup('😀', 1_000_000_000), 31 * 0xd83d + 0xde00)
})

test.run()

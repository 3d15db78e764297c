import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {MemoryDisk} from '../../property-tests/simulation/memory-disk.ts'
import {INT32_MAX} from '../limits.ts'
import {OFFSET_ENTRY_BYTES, OffsetIndex} from './offset-index.ts'

const PATH = '/d/00000000000000000000.index'

function emptyIndex(): {disk: MemoryDisk; index: OffsetIndex} {
  const disk = new MemoryDisk()
  disk.makeDirectory('/d')
  return {disk, index: new OffsetIndex(disk, PATH, {empty: false})}
}

test('an entry is Kafka’s: relative offset and position, both int32', () => {
  const {disk, index} = emptyIndex()
  index.append(0x01020304, 0x05060708)
  index.append(INT32_MAX, INT32_MAX)
  index.store()
  assert.is(disk.bytes(PATH).toString('hex'), '01020304050607087fffffff7fffffff')
  assert.is(index.bytes, 2 * OFFSET_ENTRY_BYTES)
})

test('a cut takes the entries from a count on, stored or not', () => {
  const {disk, index} = emptyIndex()
  index.append(1, 10)
  index.append(2, 20)
  index.store()
  index.append(3, 30)
  index.cut(1)
  index.append(4, 40)
  index.store()
  assert.is(disk.bytes(PATH).toString('hex'), '000000010000000a0000000400000028')
})

test.run()

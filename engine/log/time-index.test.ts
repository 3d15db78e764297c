import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {MemoryDisk} from '../../property-tests/simulation/memory-disk.ts'
import {TIME_ENTRY_BYTES, TimeIndex} from './time-index.ts'

const PATH = '/d/00000000000000000000.timeindex'
const NOW = 1_700_000_000_000

function diskWith(hex: string): MemoryDisk {
  const disk = new MemoryDisk()
  disk.makeDirectory('/d')
  disk.put(PATH, Buffer.from(hex, 'hex'))
  return disk
}

function open(disk: MemoryDisk, empty = false): TimeIndex {
  return new TimeIndex(disk, PATH, {empty})
}

test('an entry is Kafka’s: timestamp int64 and relative offset int32', () => {
  const disk = diskWith('')
  const index = open(disk)
  index.appendGreater(0x0001020304050607, 0x08090a0b)
  index.appendGreater(Number.MAX_SAFE_INTEGER, 0x7fffffff)
  index.store()
  assert.is(disk.bytes(PATH).toString('hex'), '000102030405060708090a0b001fffffffffffff7fffffff')
  assert.is(index.bytes, 2 * TIME_ENTRY_BYTES)
})

test('only a greater timestamp gets an entry', () => {
  const index = open(diskWith(''))
  const counts = [-1, 0, 0, NOW, NOW, NOW - 1, NOW + 1].map((timestamp, i) => {
    index.appendGreater(timestamp, i)
    return [index.count, index.lastTimestamp]
  })
  assert.equal(counts, [
    [0, -1],
    [1, 0],
    [1, 0],
    [2, NOW],
    [2, NOW],
    [2, NOW],
    [3, NOW + 1],
  ])
})

test('the greatest timestamp is found in the last entry', () => {
  const entries = '00000000000000050000000100000000000000070000000200'
  const index = open(diskWith(entries))
  assert.is(index.lastTimestamp, 7)
  index.appendGreater(7, 3)
  assert.is(index.count, 2)
  assert.is(open(diskWith(entries), true).lastTimestamp, -1)
})

test('a last entry that is damaged keeps nothing out', () => {
  for (const timestamp of ['7fffffffffffffff', '0020000000000000', '8000000000000000']) {
    const index = open(diskWith(`${timestamp}00000001`))
    assert.is(index.lastTimestamp, -1)
    index.appendGreater(NOW, 2)
    assert.is(index.lastTimestamp, NOW)
    assert.is(index.count, 2)
  }
})

test('a cut goes back to the timestamp of the entry that stays last', () => {
  const disk = diskWith('')
  const index = open(disk)
  index.appendGreater(5, 1)
  index.appendGreater(9, 2)
  index.store()
  index.cut(1, 5)
  assert.is(index.lastTimestamp, 5)
  index.appendGreater(6, 3)
  index.store()
  assert.is(disk.bytes(PATH).toString('hex'), '000000000000000500000001000000000000000600000003')
})

test.run()

/** What both indexes have in common, held against the offset index. */
import fc from 'fast-check'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {runs} from '../../property-tests/runs.ts'
import {DiskFaults} from '../../property-tests/simulation/disk-faults.ts'
import {MemoryDisk} from '../../property-tests/simulation/memory-disk.ts'
import {OffsetIndex} from './offset-index.ts'

const PATH = '/d/00000000000000000000.index'
/** Entries that gather before the buffer has to grow. */
const FIRST_BUFFER = 64

function diskWith(entries: readonly number[], extraBytes = 0): MemoryDisk {
  const disk = new MemoryDisk()
  disk.makeDirectory('/d')
  disk.put(PATH, Buffer.concat([bytesOf(entries), Buffer.alloc(extraBytes, 0xff)]))
  return disk
}

/** The file of an index whose entry for offset `n` names position `10 n`. */
function bytesOf(entries: readonly number[]): Buffer {
  const bytes = Buffer.alloc(entries.length * 8)
  for (const [i, entry] of entries.entries()) {
    bytes.writeInt32BE(entry, i * 8)
    bytes.writeInt32BE(entry * 10, i * 8 + 4)
  }
  return bytes
}

function open(disk: MemoryDisk, empty = false): OffsetIndex {
  return new OffsetIndex(disk, PATH, {empty})
}

function append(index: OffsetIndex, entries: readonly number[]): void {
  for (const entry of entries) index.append(entry, entry * 10)
}

function upTo(count: number): number[] {
  return Array.from({length: count}, (_, i) => i)
}

test('an index is made where there is none', () => {
  const disk = new MemoryDisk()
  disk.makeDirectory('/d')
  const index = open(disk)
  assert.is(index.count, 0)
  assert.is(disk.stat(PATH)?.size, 0)
})

test('an index is found as it was left', () => {
  const disk = diskWith([1, 2, 3])
  const index = open(disk)
  assert.is(index.count, 3)
  assert.is(index.bytes, 24)
  append(index, [4])
  index.store()
  assert.equal(disk.bytes(PATH), bytesOf([1, 2, 3, 4]))
})

test('bytes that do not make a whole entry are cut off', () => {
  for (let extra = 1; extra < 8; extra++) {
    const disk = diskWith([1, 2], extra)
    assert.is(open(disk).count, 2)
    assert.equal(disk.bytes(PATH), bytesOf([1, 2]))
  }
})

test('an index that is to be empty forgets what it finds', () => {
  for (const disk of [diskWith([1, 2]), diskWith([], 3), diskWith([])]) {
    assert.is(open(disk, true).count, 0)
    assert.is(disk.bytes(PATH).length, 0)
  }
})

test('an index that cannot be opened leaves no file open', () => {
  for (const kind of ['size', 'truncate', 'read'] as const) {
    const disk = diskWith([1], 1)
    disk.intercept = new DiskFaults({kind, nth: 1, fails: 'EIO'}).intercept
    assert.throws(() => open(disk), /EIO/)
    assert.is(disk.openFiles, 0)
  }
})

test('entries gather in memory and go to the file in one write', () => {
  const disk = diskWith([0])
  const index = open(disk)
  const entries = upTo(FIRST_BUFFER * 4 + 1)
  append(index, entries.slice(1))
  assert.is(index.count, entries.length)
  assert.equal(disk.bytes(PATH), bytesOf([0]))
  let writes = 0
  disk.intercept = kind => {
    if (kind === 'write') writes++
    return undefined
  }
  index.store()
  index.store()
  assert.is(writes, 1)
  assert.equal(disk.bytes(PATH), bytesOf(entries))
})

test('what was stored is not written again', () => {
  const disk = diskWith([])
  const index = open(disk)
  for (const entry of [1, 2, 3]) {
    append(index, [entry])
    index.store()
  }
  assert.equal(disk.bytes(PATH), bytesOf([1, 2, 3]))
  assert.is(index.count, 3)
})

test('entries that a full disk refused are stored by the next try', () => {
  const disk = diskWith([1])
  const index = open(disk)
  append(index, [2, 3])
  disk.intercept = kind => (kind === 'write' ? Math.max(0, 13 - disk.bytes(PATH).length) : undefined)
  assert.throws(() => index.store(), /^DISK_FULL/)
  assert.is(index.count, 3)
  disk.intercept = undefined
  index.store()
  assert.equal(disk.bytes(PATH), bytesOf([1, 2, 3]))
})

test('entries that were not stored are forgotten without a call to the disk', () => {
  const disk = diskWith([1])
  const index = open(disk)
  append(index, [2, 3])
  const faults = new DiskFaults({kind: 'any', nth: 1, fails: 'EIO', times: 100})
  disk.intercept = faults.intercept
  index.cut(2)
  index.cut(1)
  assert.is(faults.happened, 0)
  assert.is(index.count, 1)
})

test('a close lets go of the file, and of what was not stored', () => {
  const disk = diskWith([1])
  const index = open(disk)
  append(index, [2])
  index.close()
  assert.is(disk.openFiles, 0)
  assert.equal(disk.bytes(PATH), bytesOf([1]))
})

test('property: appended, stored, cut and opened again in any order, an index is the list of its entries', () => {
  const step = fc.oneof(
    fc.record({kind: fc.constant('append' as const), count: fc.nat(FIRST_BUFFER + 2)}),
    fc.record({kind: fc.constant('cut' as const), count: fc.nat(FIRST_BUFFER * 2)}),
    fc.record({kind: fc.constantFrom('store' as const, 'open' as const), count: fc.constant(0)}),
  )
  fc.assert(
    fc.property(fc.array(step, {maxLength: 20}), steps => {
      const disk = diskWith([])
      let index = open(disk)
      let entries: number[] = []
      let next = 0
      for (const {kind, count} of steps) {
        if (kind === 'append') {
          const more = Array.from({length: count}, () => next++)
          append(index, more)
          entries.push(...more)
        } else if (kind === 'cut') {
          entries = entries.slice(0, count)
          index.cut(entries.length)
        } else {
          index.store()
          assert.equal(disk.bytes(PATH), bytesOf(entries))
        }
        if (kind === 'open') index = open(disk)
        assert.is(index.count, entries.length)
        assert.is(index.bytes, entries.length * 8)
      }
    }),
    runs(100),
  )
})

test.run()

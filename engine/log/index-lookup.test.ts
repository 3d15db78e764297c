import fc from 'fast-check'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {runs} from '../../property-tests/runs.ts'
import {DiskFaults} from '../../property-tests/simulation/disk-faults.ts'
import {MemoryDisk} from '../../property-tests/simulation/memory-disk.ts'
import {lookUpBatch, lookUpLargestTime, lookUpTime} from './index-lookup.ts'
import {OffsetIndex} from './offset-index.ts'
import {SUFFIX, segmentFile} from './segment-files.ts'
import {TimeIndex} from './time-index.ts'

const DIR = '/topic-0'
const BASE = 1000

type Pairs = readonly (readonly [number, number])[]

/** A disk with the indexes of one segment: pairs (relative offset, position) and (timestamp, relative offset). */
function diskWith({offsets = [], times = []}: {offsets?: Pairs; times?: Pairs}): MemoryDisk {
  const disk = new MemoryDisk()
  disk.makeDirectory(DIR)
  const offsetIndex = new OffsetIndex(disk, segmentFile(DIR, BASE, SUFFIX.index), {empty: true})
  for (const [relativeOffset, position] of offsets) offsetIndex.append(relativeOffset, position)
  const timeIndex = new TimeIndex(disk, segmentFile(DIR, BASE, SUFFIX.timeIndex), {empty: true})
  for (const [timestamp, relativeOffset] of times) timeIndex.appendGreater(timestamp, relativeOffset)
  for (const index of [offsetIndex, timeIndex]) {
    index.store()
    index.close()
  }
  return disk
}

/** Bytes that do not make a whole entry, as a write under way leaves them. */
function addTornEntry(disk: MemoryDisk, suffix: typeof SUFFIX.index | typeof SUFFIX.timeIndex): void {
  const path = segmentFile(DIR, BASE, suffix)
  const file = disk.open(path, 'write')
  file.write(new Uint8Array(7), 0, 7, file.size())
  file.close()
}

test('the last indexed batch that ends at or before an offset', () => {
  const disk = diskWith({
    offsets: [
      [4, 100],
      [9, 250],
      [30, 2 ** 31 - 1],
    ],
  })
  const found = (offset: number) => lookUpBatch(disk, DIR, BASE, offset)
  assert.is(found(BASE), undefined)
  assert.is(found(BASE + 3), undefined)
  assert.equal(found(BASE + 4), {position: 100, lastOffset: BASE + 4})
  assert.equal(found(BASE + 8), {position: 100, lastOffset: BASE + 4})
  assert.equal(found(BASE + 9), {position: 250, lastOffset: BASE + 9})
  assert.equal(found(2 ** 53 - 1), {position: 2 ** 31 - 1, lastOffset: BASE + 30})
})

test('where to start for the first record not older than a timestamp', () => {
  const disk = diskWith({
    times: [
      [50, 4],
      [70, 9],
    ],
  })
  const [first, second] = [
    {timestamp: 50, offset: BASE + 4},
    {timestamp: 70, offset: BASE + 9},
  ]
  assert.equal(
    [0, 49, 50, 69, 70, 2 ** 53 - 1].map(timestamp => lookUpTime(disk, DIR, BASE, timestamp)),
    [undefined, undefined, first, first, second, second],
  )
})

test('the greatest timestamp is the last entry’s', () => {
  const times = [
    [50, 4],
    [2 ** 53 - 1, 9],
  ] as const
  assert.is(lookUpLargestTime(diskWith({times}), DIR, BASE)?.timestamp, 2 ** 53 - 1)
  assert.is(lookUpLargestTime(diskWith({times: times.slice(0, 1)}), DIR, BASE)?.timestamp, 50)
})

test('an index that is empty or not there tells nothing', () => {
  for (const disk of [diskWith({}), new MemoryDisk()]) {
    assert.is(lookUpBatch(disk, DIR, BASE, BASE + 9), undefined)
    assert.is(lookUpTime(disk, DIR, BASE, 9), undefined)
    assert.is(lookUpLargestTime(disk, DIR, BASE), undefined)
  }
})

test('an entry that is not whole yet does not count', () => {
  const disk = diskWith({offsets: [[4, 100]], times: [[50, 4]]})
  addTornEntry(disk, SUFFIX.index)
  addTornEntry(disk, SUFFIX.timeIndex)
  assert.is(lookUpBatch(disk, DIR, BASE, BASE + 9)?.position, 100)
  assert.is(lookUpTime(disk, DIR, BASE, 99)?.offset, BASE + 4)
  assert.is(lookUpLargestTime(disk, DIR, BASE)?.timestamp, 50)
})

test('an index is closed after each look, one that cannot be read as well', () => {
  const looks = [lookUpBatch, lookUpTime, lookUpLargestTime]
  for (const look of looks) {
    const disk = diskWith({offsets: [[4, 100]], times: [[50, 4]]})
    look(disk, DIR, BASE, BASE + 9)
    assert.is(disk.openFiles, 0)
    disk.intercept = new DiskFaults({kind: 'read', nth: 1, fails: 'EIO'}).intercept
    assert.throws(() => look(disk, DIR, BASE, BASE + 9), /EIO/)
    assert.is(disk.openFiles, 0)
  }
})

test('property: a look finds what a walk over all entries finds', () => {
  const ascending = fc.uniqueArray(fc.nat(200), {maxLength: 40}).map(values => values.sort((a, b) => a - b))
  fc.assert(
    fc.property(ascending, fc.integer({min: -1, max: 201}), (values, target) => {
      const disk = diskWith({
        offsets: values.map(value => [value, value * 10]),
        times: values.map(value => [value, value * 2]),
      })
      const last = values.filter(value => value <= target).at(-1)
      const batch = last === undefined ? undefined : {position: last * 10, lastOffset: BASE + last}
      assert.equal(lookUpBatch(disk, DIR, BASE, BASE + target), batch)
      const time = last === undefined ? undefined : {timestamp: last, offset: BASE + last * 2}
      assert.equal(lookUpTime(disk, DIR, BASE, target), time)
    }),
    runs(200),
  )
})

test.run()

import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {MemoryDisk} from '../../property-tests/simulation/memory-disk.ts'
import {DIR} from '../../property-tests/simulation/partition.ts'
import {AssertionFailed} from '../assert.ts'
import {crc32c} from '../bytes/crc32c.ts'
import {encodeProducerSnapshot} from './producer-snapshot.ts'
import {ActiveSegment} from './segment.ts'
import {SUFFIX, segmentFile} from './segment-files.ts'
import {SegmentList} from './segment-list.ts'

const NO_PRODUCERS = encodeProducerSnapshot([])
const CUT = {indexIntervalBytes: 4096, crc32c}

/** Segments of 10 offsets and 100 bytes that are not there, the last of them at 30. */
function list() {
  const disk = new MemoryDisk()
  disk.makeDirectory(DIR)
  const segments = new SegmentList(disk, DIR, [], new ActiveSegment(disk, DIR, 0, {fresh: true}))
  for (const base of [10, 20, 30]) {
    const ended = segments.active
    ended.account({lastOffset: base - 1, maxTimestamp: base, bytes: 100}, 4096)
    assert.is(segments.roll(base, NO_PRODUCERS), ended)
    ended.close()
  }
  return {disk, segments}
}

const names = (disk: MemoryDisk): string[] => [...disk.contents().keys()].filter(path => path.endsWith('.log'))

test('segments follow each other, and the last one is written', () => {
  const {segments} = list()
  assert.equal(
    segments.all.map(({baseOffset, size, largestTimestamp}) => [baseOffset, size, largestTimestamp]),
    [
      [0, 100, 10],
      [10, 100, 20],
      [20, 100, 30],
      [30, 0, 0],
    ],
  )
  assert.equal([segments.count, segments.firstBaseOffset, segments.bytes, segments.active.baseOffset], [4, 0, 300, 30])
})

test('the oldest are dropped first, and the active one never', () => {
  const {disk, segments} = list()
  segments.drop(2)
  assert.equal([segments.count, segments.firstBaseOffset, segments.bytes], [2, 20, 100])
  assert.equal(
    names(disk).map(path => Number(path.slice(-24, -4))),
    [20, 30],
  )
  assert.throws(
    () => segments.drop(2),
    (error: unknown) => error instanceof AssertionFailed,
  )
})

test('a cut removes what is above it and goes on in the segment that holds it, open still or opened again', () => {
  const {disk, segments} = list()
  const open = new ActiveSegment(disk, DIR, 20, {fresh: false})
  const rolled = [open]
  assert.is(
    segments.cutTo(15, () => rolled.pop(), CUT),
    10,
  )
  assert.equal([segments.active.baseOffset, segments.count, segments.bytes], [10, 2, 100])
  assert.equal(names(disk).length, 2)
  assert.equal(rolled, [])
})

test('a roll leaves the snapshot of the producers it was given', () => {
  const {disk, segments} = list()
  const producers = Buffer.from('a snapshot')
  segments.roll(40, producers).close()
  assert.equal(disk.bytes(segmentFile(DIR, 40, SUFFIX.snapshot)), producers)
})

test('a new start closes the active segment and those that were rolled, and removes all', () => {
  const {disk, segments} = list()
  const rolled = [10, 20].map(base => new ActiveSegment(disk, DIR, base, {fresh: false}))
  segments.restart(500, () => rolled.pop())
  assert.equal([segments.count, segments.bytes, segments.active.baseOffset], [1, 0, 500])
  assert.is(names(disk).length, 1)
  segments.active.close()
  assert.is(disk.openFiles, 0)
})

test('a roll that fails leaves the active segment as it is', () => {
  const {disk, segments} = list()
  const {active} = segments
  disk.intercept = (kind, path) => {
    if (kind === 'open' && path.endsWith('.log')) throw Object.assign(new Error('full'), {code: 'ENOSPC'})
    return undefined
  }
  assert.throws(() => segments.roll(40, NO_PRODUCERS), /DISK_FULL: rolling to a segment at 40/)
  assert.equal([segments.active === active, segments.count], [true, 4])
})

test.run()

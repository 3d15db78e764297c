import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {MemoryDisk, systemError} from '../../property-tests/simulation/memory-disk.ts'
import {DIR, oneRecord, stored} from '../../property-tests/simulation/partition.ts'
import {crc32c} from '../bytes/crc32c.ts'
import type {Verdict} from './recovery.ts'
import {repair} from './repair.ts'
import {type SegmentScan, scanSegment} from './scan-segment.ts'
import {SUFFIX, type Suffix, segmentFile} from './segment-files.ts'

const ONE = stored(oneRecord(1), 0).length

/** Segments of these bases, each with three batches of one record, and every file a segment may have. */
function diskWith(...bases: number[]): MemoryDisk {
  const disk = new MemoryDisk()
  disk.makeDirectory(DIR)
  for (const base of bases) {
    const batches = [0, 1, 2].map(i => stored(oneRecord(1000 + i), base + i))
    disk.put(segmentFile(DIR, base, SUFFIX.log), Buffer.concat(batches))
    for (const suffix of [SUFFIX.index, SUFFIX.timeIndex, SUFFIX.txnIndex, SUFFIX.snapshot])
      disk.put(segmentFile(DIR, base, suffix), new Uint8Array(24))
  }
  return disk
}

function scanOf(disk: MemoryDisk, baseOffset: number): SegmentScan {
  const file = disk.open(segmentFile(DIR, baseOffset, SUFFIX.log), 'read')
  const scan = scanSegment(file, {baseOffset, indexIntervalBytes: 0, crc32c})
  file.close()
  return scan
}

function verdictOf(bases: readonly number[], logEndOffset: number, cut?: Verdict['cut']): Verdict {
  return {bases, cut, damage: [], logStartOffset: 0, logEndOffset, startsAnew: false}
}

const namesIn = (disk: MemoryDisk) => [...disk.contents().keys()].map(path => path.slice(DIR.length + 1))
const pairs = (disk: MemoryDisk, base: number, suffix: Suffix, bytes: number) =>
  disk.bytes(segmentFile(DIR, base, suffix)).length / bytes

test('segments that do not stay go with all their files, the newest first, for good', () => {
  const disk = diskWith(0, 3, 6)
  const removed: string[] = []
  disk.intercept = (kind, path) => {
    if (kind === 'remove') removed.push(path.slice(-24))
    return undefined
  }
  repair(disk, DIR, verdictOf([0], 3), [])
  assert.is(namesIn(disk).filter(name => !name.startsWith('00000000000000000000')).length, 1)
  assert.equal(
    removed.filter(path => path.endsWith('.log')),
    ['00000000000000000006.log', '00000000000000000003.log'],
  )
  disk.losePower({changes: () => 0, bytes: () => 0})
  assert.is(namesIn(disk).filter(name => name.endsWith('.log')).length, 1)
})

test('a single file that goes is gone for good', () => {
  for (const [stray, kept] of [
    ['00000000000000000009.index', undefined],
    ['00000000000000000001.snapshot', '00000000000000000002.snapshot'],
  ] as const) {
    const disk = diskWith(0)
    const before = namesIn(disk)
    for (const name of [stray, kept]) if (name !== undefined) disk.put(`${DIR}/${name}`, new Uint8Array(24))
    repair(disk, DIR, verdictOf([0], 3), [])
    disk.losePower({changes: () => 0, bytes: () => 0})
    assert.equal(namesIn(disk).sort(), [...before, ...(kept === undefined ? [] : [kept])].sort())
  }
})

test('indexes without a segment go; files of other kinds stay', () => {
  const disk = diskWith(0)
  for (const name of ['00000000000000000009.index', '00000000000000000009.timeindex', '00000000000000000009.txnindex'])
    disk.put(`${DIR}/${name}`, new Uint8Array(8))
  for (const name of ['partition.metadata', 'synced-end', '9.log']) disk.put(`${DIR}/${name}`, new Uint8Array(8))
  repair(disk, DIR, verdictOf([0], 3), [])
  assert.equal(
    namesIn(disk).filter(name => !name.startsWith('00000000000000000000')),
    ['9.log', 'partition.metadata', 'synced-end'],
  )
})

test('of snapshots without a segment only the newest within the log stays', () => {
  const disk = diskWith(0)
  for (const offset of [1, 2, 3, 4]) disk.put(segmentFile(DIR, offset, SUFFIX.snapshot), new Uint8Array(10))
  repair(disk, DIR, verdictOf([0], 3), [])
  assert.equal(
    namesIn(disk).filter(name => name.endsWith(SUFFIX.snapshot)),
    ['00000000000000000000.snapshot', '00000000000000000003.snapshot'],
  )
})

test('what was read gets its indexes anew, and is on stable storage afterwards', () => {
  const disk = diskWith(0, 3)
  const before = disk.bytes(segmentFile(DIR, 3, SUFFIX.log))
  const file = disk.open(segmentFile(DIR, 3, SUFFIX.log), 'write')
  file.truncate(0)
  file.write(before, 0, before.length, 0)
  repair(disk, DIR, verdictOf([0, 3], 6), [scanOf(disk, 3)])
  disk.losePower({changes: () => 0, bytes: () => 0})
  assert.equal(disk.bytes(segmentFile(DIR, 3, SUFFIX.log)), before)
  assert.is(pairs(disk, 3, SUFFIX.index, 8), 2)
  assert.is(pairs(disk, 3, SUFFIX.timeIndex, 12), 2)
  assert.is(disk.bytes(segmentFile(DIR, 0, SUFFIX.index)).length, 24)
})

test('a torn tail is cut, from the indexes, too', () => {
  const disk = diskWith(0)
  const scan = scanOf(disk, 0)
  repair(disk, DIR, verdictOf([0], 2, {baseOffset: 0, position: 2 * ONE, offset: 2}), [scan])
  assert.is(disk.bytes(segmentFile(DIR, 0, SUFFIX.log)).length, 2 * ONE)
  assert.is(pairs(disk, 0, SUFFIX.index, 8), 1)
  assert.is(pairs(disk, 0, SUFFIX.timeIndex, 12), 1)
})

test('a scan of a segment that goes is of no use', () => {
  const disk = diskWith(0, 3)
  repair(disk, DIR, verdictOf([0], 3), [scanOf(disk, 0), scanOf(disk, 3)])
  assert.is(disk.stat(segmentFile(DIR, 3, SUFFIX.index)), undefined)
})

test('where there is no directory there is nothing to do', () => {
  repair(new MemoryDisk(), DIR, verdictOf([], 0), [])
})

test('no file stays open where the disk refuses', () => {
  for (const kind of ['write', 'sync', 'truncate'] as const) {
    for (const suffix of [SUFFIX.log, SUFFIX.index, SUFFIX.timeIndex]) {
      const disk = diskWith(0)
      const scan = scanOf(disk, 0)
      disk.intercept = (call, path) => {
        if (call === kind && path.endsWith(suffix)) throw systemError('EIO', path)
        return undefined
      }
      const verdict = verdictOf([0], 2, {baseOffset: 0, position: 2 * ONE, offset: 2})
      if (kind === 'write' && suffix === SUFFIX.log) repair(disk, DIR, verdict, [scan])
      else assert.throws(() => repair(disk, DIR, verdict, [scan]), /EIO/)
      assert.is(disk.openFiles, 0)
    }
  }
})

test.run()

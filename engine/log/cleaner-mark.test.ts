import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {keyedBatch} from '../../property-tests/simulation/compaction-bed.ts'
import {MemoryDisk} from '../../property-tests/simulation/memory-disk.ts'
import {DIR, loadPartition, type Partition, readAll} from '../../property-tests/simulation/partition.ts'
import {crc32c} from '../bytes/crc32c.ts'
import type {OdradekError} from '../errors.ts'
import {cleanSegments} from './clean-segments.ts'
import {isSameMark, readCleanerMark, writeCleanerMark} from './cleaner-mark.ts'
import {SUFFIX, segmentFile} from './segment-files.ts'
import {verifySegment} from './verify-segment.ts'

const MARK = {cleanedEnd: 5, ownEnd: 12, gapsBelow: 3}
const PATH = `${DIR}/cleaned-end`
const COMPACT = {config: {cleanupPolicy: 'compact', minCleanableDirtyRatio: 0, segmentBytes: 300}} as const

/** A log of segments of two records each, all of them synced: keys change from one segment to the next. */
function filled(disk = new MemoryDisk()): Partition {
  const partition = loadPartition(disk, COMPACT)
  const {log} = partition
  for (let i = 0; i < 12; i++) log.append(keyedBatch([{key: `${i}`, value: '.'.repeat(40), timestamp: 1000}]), 1000)
  log.roll()
  log.sync()
  return partition
}

function compact({log}: Partition, disk: MemoryDisk): void {
  const job = log.beginCleaning(log.logEndOffset, 2000)!
  const codecs = {decompress: () => undefined, compress: () => undefined}
  const result = cleanSegments({storage: disk, crc32c, codecs, offsetMapBytes: 1 << 20, pause() {}}, job)
  assert.is(log.endCleaning(job, result), true)
}

/** The process ends, and of the last closed segment nothing is left. */
function lose({log}: Partition, disk: MemoryDisk): number {
  const {baseOffset} = log.segments.at(-2)!
  log.abandon()
  disk.endProcess()
  for (const suffix of [SUFFIX.log, SUFFIX.index, SUFFIX.timeIndex]) disk.remove(segmentFile(DIR, baseOffset, suffix))
  return baseOffset
}

const isDamage = (error: OdradekError): boolean => error.code === 'LOG_DAMAGED'

test('what was written is read; what anybody has changed is not trusted', () => {
  const disk = new MemoryDisk()
  disk.makeDirectory(DIR)
  assert.is(readCleanerMark(disk, DIR), undefined)
  writeCleanerMark(disk, DIR, MARK)
  assert.equal(readCleanerMark(disk, DIR), MARK)
  disk.losePower({changes: () => 0, bytes: () => 0})
  assert.equal(readCleanerMark(disk, DIR), MARK)
  const bytes = disk.bytes(PATH)
  for (const i of bytes.keys()) {
    const wrong = Buffer.from(bytes)
    wrong[i]! ^= 1
    disk.put(PATH, wrong)
    assert.is(readCleanerMark(disk, DIR), undefined, `byte ${i}`)
  }
})

test('marks are the same where all that they say is', () => {
  assert.is(isSameMark(MARK, {...MARK}), true)
  for (const name of Object.keys(MARK)) assert.is(isSameMark(MARK, {...MARK, [name]: 99}), false, name)
})

test('a segment that is missing shows, whether its log was compacted or is only to be', () => {
  for (const isDone of [false, true]) {
    const disk = new MemoryDisk()
    const partition = filled(disk)
    if (isDone) compact(partition, disk)
    const {cleanedEnd} = partition.log
    assert.is(cleanedEnd, isDone ? 12 : 0)
    const lost = lose(partition, disk)
    for (const checkpoint of [0, cleanedEnd])
      assert.throws(() => loadPartition(disk, {...COMPACT, request: {cleanedEnd: checkpoint}}), isDamage, `${isDone}`)
    const [before] = partition.log.segments.slice(-3)
    const request = {dir: DIR, baseOffset: before!.baseOffset, endOffset: 12, indexIntervalBytes: 4096}
    const {problems} = verifySegment(
      disk,
      {...request, epochs: [{epoch: 0, startOffset: 0}], isCompacted: true},
      crc32c,
    )
    assert.match(problems.join(), `ends at offset ${lost}, not 12`)
  }
})

test('gaps that Kafka’s cleaner left stay what they are; what is missing above shows', () => {
  const disk = new MemoryDisk()
  const left = filled(disk)
  lose(left, disk)
  // as Kafka leaves a dir: no record of ours, and its cleaner has been beyond
  disk.remove(`${DIR}/synced-end`)
  const kafkas = {...COMPACT, request: {cleanedEnd: 12, recoveryPoint: 12}} as const
  const partition = loadPartition(disk, kafkas)
  assert.is(readAll(partition.filesOnly, 0, 12).length, 10)
  assert.equal(readCleanerMark(disk, DIR), {cleanedEnd: 12, ownEnd: 12, gapsBelow: 12})
  const {log} = partition
  for (let i = 0; i < 6; i++) log.append(keyedBatch([{key: `${i}`, value: '.'.repeat(40), timestamp: 1000}]), 1000)
  log.roll()
  log.sync()
  log.abandon()
  disk.endProcess()
  loadPartition(disk, kafkas).log.abandon()
  const again = loadPartition(disk, kafkas)
  lose(again, disk)
  assert.throws(() => loadPartition(disk, kafkas), isDamage)
})

test('what Kafka’s cleaner has done since ours is known by how far it came', () => {
  const disk = new MemoryDisk()
  const partition = filled(disk)
  const job = partition.log.beginCleaning(6, 2000)!
  const codecs = {decompress: () => undefined, compress: () => undefined}
  const world = {storage: disk, crc32c, codecs, offsetMapBytes: 1 << 20, pause() {}}
  partition.log.endCleaning(job, cleanSegments(world, job))
  const {cleanedEnd} = partition.log
  assert.ok(cleanedEnd > 0 && cleanedEnd < 12)
  lose(partition, disk)
  const {log} = loadPartition(disk, {...COMPACT, request: {cleanedEnd: 12}})
  assert.is(log.cleanedEnd, cleanedEnd, 'what ours has not on record is looked at again')
  assert.equal(readCleanerMark(disk, DIR), {cleanedEnd, ownEnd: 12, gapsBelow: 12})
})

test('a cut is on record before anything is cut, so that what is written in its place is compacted', () => {
  for (let calls = 0; ; calls++) {
    const disk = new MemoryDisk()
    const partition = filled(disk)
    compact(partition, disk)
    let left = calls
    disk.intercept = () => {
      if (--left < 0) throw new Error('the process ends')
      return undefined
    }
    let isCut = true
    try {
      partition.log.truncateTo(5)
    } catch {
      isCut = false
    }
    disk.intercept = undefined
    partition.log.abandon()
    disk.endProcess()
    // the checkpoint still says what it said
    const {log} = loadPartition(disk, {...COMPACT, request: {cleanedEnd: 12}})
    assert.ok(log.cleanedEnd <= log.logEndOffset, `${calls} calls: ${log.cleanedEnd} of ${log.logEndOffset}`)
    if (log.logEndOffset < 12) assert.is(log.cleanedEnd, 5, `${calls} calls`)
    if (isCut) {
      assert.is(log.logEndOffset, 5)
      return
    }
    log.abandon()
  }
})

test('a log that was dropped and began anew has no gaps, and nothing that is compacted', () => {
  const disk = new MemoryDisk()
  const partition = filled(disk)
  compact(partition, disk)
  partition.log.restartAt(100)
  assert.equal(readCleanerMark(disk, DIR), {cleanedEnd: 0, ownEnd: 12, gapsBelow: 0})
  assert.is(partition.log.cleanedEnd, 0)
})

test('where the record cannot be written the log is as it was, and takes more', () => {
  const disk = new MemoryDisk()
  const {log} = filled(disk)
  const before = disk.contents()
  const job = log.beginCleaning(log.logEndOffset, 2000)!
  const codecs = {decompress: () => undefined, compress: () => undefined}
  const result = cleanSegments({storage: disk, crc32c, codecs, offsetMapBytes: 1 << 20, pause() {}}, job)
  disk.intercept = (kind, path) => {
    if (kind === 'write' && path.startsWith(PATH)) throw Object.assign(new Error('full'), {code: 'ENOSPC'})
    return undefined
  }
  assert.throws(() => log.endCleaning(job, result), /full/)
  disk.intercept = undefined
  assert.equal([log.failure, log.cleanedEnd], [undefined, 0])
  const changed = [...disk.contents().keys()].filter(path => !before.has(path))
  assert.ok(
    changed.every(path => path.endsWith('.cleaned') || path.startsWith(PATH)),
    changed.join(),
  )
  // the next one clears away what is left
  const again = log.beginCleaning(log.logEndOffset, 2000)!
  assert.is(
    log.endCleaning(again, cleanSegments({storage: disk, crc32c, codecs, offsetMapBytes: 1 << 20, pause() {}}, again)),
    true,
  )
})

test.run()

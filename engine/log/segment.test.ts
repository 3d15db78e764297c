import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {MemoryDisk, systemError} from '../../property-tests/simulation/memory-disk.ts'
import {DIR, oneRecord, stored} from '../../property-tests/simulation/partition.ts'
import {crc32c} from '../bytes/crc32c.ts'
import {INT32_MAX} from '../limits.ts'
import {LOG_CONFIG_DEFAULTS, type LogConfig} from './log-config.ts'
import {ActiveSegment, type BatchSummary} from './segment.ts'
import {SUFFIX, type Suffix, segmentFile} from './segment-files.ts'

const BASE = 100

function emptyDisk(): MemoryDisk {
  const disk = new MemoryDisk()
  disk.makeDirectory(DIR)
  return disk
}

function fresh(disk = emptyDisk()): ActiveSegment {
  return new ActiveSegment(disk, DIR, BASE, {fresh: true})
}

function batch(lastOffset: number, maxTimestamp = 1000, bytes = 100): BatchSummary {
  return {lastOffset, maxTimestamp, bytes}
}

/** The numbers in an index file, as pairs. */
function entries(disk: MemoryDisk, suffix: Suffix): number[][] {
  const bytes = disk.bytes(segmentFile(DIR, BASE, suffix))
  const pairs: number[][] = []
  if (suffix === SUFFIX.index)
    for (let at = 0; at < bytes.length; at += 8) pairs.push([bytes.readInt32BE(at), bytes.readInt32BE(at + 4)])
  else
    for (let at = 0; at < bytes.length; at += 12)
      pairs.push([Number(bytes.readBigInt64BE(at)), bytes.readInt32BE(at + 8)])
  return pairs
}

test('an entry goes in before a batch once more than the interval has gone by since the last', () => {
  const disk = emptyDisk()
  const segment = fresh(disk)
  const indexed = [100, 101, 102, 103, 104].map(offset => segment.account(batch(offset), 150))
  assert.equal(indexed, [false, false, true, false, true])
  segment.storeIndexes()
  assert.equal(entries(disk, SUFFIX.index), [
    [2, 200],
    [4, 400],
  ])
  assert.is(segment.size, 500)
})

test('a time entry names the batch that holds the greatest timestamp so far, and only once', () => {
  const disk = emptyDisk()
  const segment = fresh(disk)
  for (const [offset, timestamp] of [
    [100, 50],
    [101, 70],
    [102, 60],
    [103, 70],
    [104, 80],
  ] as const)
    segment.account(batch(offset, timestamp), 0)
  segment.storeIndexes()
  assert.equal(entries(disk, SUFFIX.timeIndex), [
    [70, 1],
    [80, 4],
  ])
  segment.account(batch(105, 90), 1000)
  segment.finishIndexes()
  segment.finishIndexes()
  assert.equal(entries(disk, SUFFIX.timeIndex), [
    [70, 1],
    [80, 4],
    [90, 5],
  ])
})

test('records without a time leave the time index empty', () => {
  const disk = emptyDisk()
  const segment = fresh(disk)
  for (const offset of [100, 101, 102]) segment.account(batch(offset, -1), 0)
  segment.finishIndexes()
  assert.equal(entries(disk, SUFFIX.timeIndex), [])
  assert.is(segment.largestTimestamp, -1)
})

test('restore takes back what was accounted since the mark, without touching the disk', () => {
  const disk = emptyDisk()
  const segment = fresh(disk)
  segment.account(batch(100, 50), 0)
  segment.account(batch(101, 60), 0)
  segment.storeIndexes()
  const mark = segment.mark()
  segment.account(batch(102, 70), 0)
  segment.account(batch(103, 80), 0)
  disk.intercept = kind => {
    throw new Error(`${kind} is called`)
  }
  segment.restore(mark)
  assert.equal(segment.mark(), mark)
  disk.intercept = undefined
  segment.account(batch(102, 65), 0)
  segment.finishIndexes()
  assert.equal(entries(disk, SUFFIX.timeIndex), [
    [60, 1],
    [65, 2],
  ])
})

const rolls = (segment: ActiveSegment, next: BatchSummary, config: Partial<LogConfig>) =>
  segment.mustRoll(next, {...LOG_CONFIG_DEFAULTS, ...config})

test('an empty segment takes any batch', () => {
  assert.is(rolls(fresh(), batch(100, 1, 5000), {segmentBytes: 1000}), false)
})

test('a segment is full by bytes, by time, by its indexes, by offsets', () => {
  const segment = fresh()
  segment.account(batch(100, 1000, 600), 0)
  assert.is(rolls(segment, batch(101, 1000, 400), {segmentBytes: 1000}), false)
  assert.is(rolls(segment, batch(101, 1000, 401), {segmentBytes: 1000}), true)
  assert.is(rolls(segment, batch(101, 1500), {segmentMs: 500}), false)
  assert.is(rolls(segment, batch(101, 1501), {segmentMs: 500}), true)
  assert.is(rolls(segment, batch(BASE + INT32_MAX), {}), false)
  assert.is(rolls(segment, batch(BASE + INT32_MAX + 1), {}), true)
  segment.account(batch(101, 1001), 0)
  assert.is(rolls(segment, batch(102), {segmentIndexBytes: 36}), false)
  // the time index would have no room for the last entry
  assert.is(rolls(segment, batch(102), {segmentIndexBytes: 35}), true)
  segment.account(batch(102, 1001), 0)
  segment.account(batch(103, 1001), 0)
  assert.is(rolls(segment, batch(104), {segmentIndexBytes: 36}), false)
  segment.account(batch(104, 1001), 0)
  assert.is(rolls(segment, batch(105), {segmentIndexBytes: 36}), true)
  assert.is(rolls(segment, batch(105), {segmentIndexBytes: 40}), false)
})

test('a segment that was opened again goes on from what a scan tells', () => {
  const disk = emptyDisk()
  const segment = fresh(disk)
  segment.account(batch(100, 50), 0)
  segment.account(batch(101, 60), 0)
  segment.finishIndexes()
  segment.file.write(new Uint8Array(200), 0, 200, 0)
  segment.close()
  const again = new ActiveSegment(disk, DIR, BASE, {fresh: false})
  assert.equal([again.size, again.largestTimestamp], [200, 60])
  const state = {firstTimestamp: 50, bytesSinceEntry: 100, offsetOfLargest: 101}
  again.resume({...state, largestTimestamp: 60})
  assert.is(again.largestTimestamp, 60)
  again.resume({...state, largestTimestamp: 75})
  assert.is(again.account(batch(102, 10), 50), true)
  again.finishIndexes()
  assert.equal(entries(disk, SUFFIX.timeIndex).at(-1), [75, 1])
})

test('a fresh segment starts with empty indexes, whatever a lost segment of its name left', () => {
  const disk = emptyDisk()
  disk.put(segmentFile(DIR, BASE, SUFFIX.index), new Uint8Array(16))
  disk.put(segmentFile(DIR, BASE, SUFFIX.timeIndex), new Uint8Array(24))
  const segment = fresh(disk)
  assert.equal([segment.offsetIndex.count, segment.timeIndex.count], [0, 0])
})

test('where one of its files cannot be made there is no segment, and no file stays open', () => {
  for (const suffix of [SUFFIX.index, SUFFIX.timeIndex, SUFFIX.log]) {
    const disk = emptyDisk()
    disk.intercept = (kind, path) => {
      if (kind === 'open' && path.endsWith(suffix)) throw systemError('EMFILE', path)
      return undefined
    }
    assert.throws(() => fresh(disk), /EMFILE/)
    assert.is(disk.openFiles, 0)
    assert.is(disk.stat(segmentFile(DIR, BASE, SUFFIX.log)), undefined)
    disk.intercept = undefined
    fresh(disk).close()
  }
  assert.throws(() => new ActiveSegment(emptyDisk(), DIR, BASE, {fresh: false}), /ENOENT/)
})

test('a cut ends the segment before the batch that holds the offset, and accounts the rest anew', () => {
  const disk = emptyDisk()
  const segment = fresh(disk)
  const all = [1000, 3000, 2000, 4000].map((timestamp, i) => stored(oneRecord(timestamp), BASE + i))
  const bytes = all[0]!.length
  for (const [i, one] of all.entries()) {
    segment.file.write(one, 0, bytes, segment.size)
    segment.account(batch(BASE + i, [1000, 3000, 2000, 4000][i]!, bytes), 0)
  }
  segment.storeIndexes()
  assert.is(segment.cutTo(BASE + 3, {indexIntervalBytes: 0, crc32c}), BASE + 3)
  assert.equal([segment.size, segment.file.size(), segment.largestTimestamp], [3 * bytes, 3 * bytes, 3000])
  segment.finishIndexes()
  assert.equal(entries(disk, SUFFIX.index), [
    [1, bytes],
    [2, 2 * bytes],
  ])
  assert.equal(entries(disk, SUFFIX.timeIndex), [[3000, 1]])
  assert.is(segment.cutTo(BASE, {indexIntervalBytes: 0, crc32c}), BASE)
  assert.equal([segment.size, segment.largestTimestamp], [0, -1])
  assert.ok(Number.isNaN(segment.firstTimestamp))
})

test.run()

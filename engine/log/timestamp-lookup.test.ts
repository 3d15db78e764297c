import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {MemoryDisk} from '../../property-tests/simulation/memory-disk.ts'
import {
  buildBatch,
  DIR,
  loadPartition,
  oneRecord,
  type PartitionOptions,
  stored,
  viewOf,
} from '../../property-tests/simulation/partition.ts'
import {crc32c} from '../bytes/crc32c.ts'
import type {OdradekError} from '../errors.ts'
import {ATTRIBUTES, BATCH} from '../record/record-batch.ts'
import {LogReader} from './log-reader.ts'
import {SUFFIX, segmentFile} from './segment-files.ts'
import {isBorneOut, offsetForTimestamp, recordForTimestamp} from './timestamp-lookup.ts'

const ONE = stored(oneRecord(1), 0).length

/** A log of batches, each given by the times of its records. */
function logOf(batches: readonly (readonly number[])[], options: PartitionOptions = {}) {
  const disk = new MemoryDisk()
  const partition = loadPartition(disk, {config: {indexIntervalBytes: 0}, ...options})
  for (const timestamps of batches) partition.log.append(buildBatch({timestamps, valueBytes: 20}), 0)
  partition.log.commit()
  return {disk, ...partition}
}

test('an entry is borne out by the batch that has its time, and by nothing else', () => {
  const {disk, log, source} = logOf([[100], [200], [300]])
  log.moveLogStart(1)
  const isTrue = (offset: number, timestamp: number, limit = 3) =>
    isBorneOut(new LogReader(source), {offset, timestamp}, {start: 1, limit})
  assert.equal([isTrue(1, 200), isTrue(2, 300)], [true, true])
  assert.equal([isTrue(0, 100), isTrue(1, 201), isTrue(2, 300, 2), isTrue(3, 300)], [false, false, false, false])
  log.close()
  const path = segmentFile(DIR, 0, SUFFIX.log)
  const wrong = disk.bytes(path)
  wrong[2 * ONE + 70]! ^= 1
  disk.put(path, wrong)
  const files = {...source, arena: undefined}
  assert.is(isBorneOut(new LogReader(files), {offset: 2, timestamp: 300}, {start: 1, limit: 3}), false)
})

test('the first record that is not older', () => {
  const {source} = logOf([[100, 200], [150], [300, 250]])
  const find = (timestamp: number) => offsetForTimestamp(source, timestamp, 5)
  assert.equal([0, 100, 101, 201, 300, 301].map(find), [0, 0, 1, 3, 3, undefined])
})

test('records at or above the limit are not there yet', () => {
  const {source} = logOf([[100], [200]])
  assert.is(offsetForTimestamp(source, 150, 1), undefined)
  assert.is(offsetForTimestamp(source, 150, 2), 1)
})

test('of a segment that ends behind the limit only what is below it is there', () => {
  const {source} = logOf([[100], [200], [300], [400]], {config: {segmentBytes: 3 * ONE}})
  assert.is(offsetForTimestamp(source, 150, 1), undefined)
  assert.is(offsetForTimestamp(source, 250, 2), undefined)
  assert.is(offsetForTimestamp(source, 250, 3), 2)
})

test('within the batch that the time index names, the record may be any', () => {
  const {log, source} = logOf([[50], [60], [70, 100, 90], [80], [110]])
  log.close()
  assert.is(offsetForTimestamp(source, 100, 7), 3)
})

test('records below the log start are passed over, in their batch, too', () => {
  const {log, source} = logOf([[100, 200, 200], [300]])
  log.moveLogStart(2)
  assert.is(offsetForTimestamp(source, 150, 4), 2)
  log.moveLogStart(3)
  assert.is(offsetForTimestamp(source, 150, 4), 3)
})

test('segments that are too old, or deleted, are not read', () => {
  const {disk, log, filesOnly} = logOf([[100], [200], [300], [400], [500]], {config: {segmentBytes: 2 * ONE}})
  log.moveLogStart(2)
  const read = new Set<string>()
  disk.intercept = (kind, path) => {
    if (kind === 'read' && path.endsWith(SUFFIX.log)) read.add(path)
    return undefined
  }
  assert.is(offsetForTimestamp(filesOnly, 450, 5), 4)
  // of the old one the batch that its time index names
  assert.equal([...read], [segmentFile(DIR, 2, SUFFIX.log), segmentFile(DIR, 4, SUFFIX.log)])
})

test('a wrong bit anywhere in a time index misleads nobody', () => {
  const times = [100, 130, 130, 180, 210, 200, 260, 300]
  const {disk, log} = logOf(
    times.map(time => [time]),
    {config: {segmentBytes: 5 * ONE, indexIntervalBytes: 0}},
  )
  log.close()
  for (const base of [0, 5]) {
    const path = segmentFile(DIR, base, SUFFIX.timeIndex)
    const bytes = disk.bytes(path)
    for (let bit = 0; bit < bytes.length * 8; bit += 3) {
      const wrong = disk.copy()
      const changed = Buffer.from(bytes)
      changed[bit >> 3]! ^= 1 << (bit & 7)
      wrong.put(path, changed)
      const source = {storage: wrong, dir: DIR, arena: undefined, crc32c, logStartOffset: () => 0}
      for (const time of [100, 120, 130, 190, 205, 255, 301]) {
        const expected = times.findIndex(other => other >= time)
        assert.is(offsetForTimestamp(source, time, 8), expected < 0 ? undefined : expected, `${path}, ${bit}, ${time}`)
      }
    }
  }
})

test('where the batch that a time index names is damaged, all before it is looked at', () => {
  const {disk, log, filesOnly} = logOf([[100], [200], [300], [400]])
  log.close()
  const path = segmentFile(DIR, 0, SUFFIX.log)
  const bytes = disk.bytes(path)
  bytes[2 * ONE + 70]! ^= 1
  disk.put(path, bytes)
  assert.is(offsetForTimestamp(filesOnly, 150, 4), 1)
  assert.throws(() => offsetForTimestamp(filesOnly, 300, 4), /CORRUPT_MESSAGE/)
})

test('a segment without a time index is read', () => {
  const {disk, filesOnly} = logOf([[100], [200], [300]], {config: {segmentBytes: 2 * ONE}})
  disk.remove(segmentFile(DIR, 0, SUFFIX.timeIndex))
  assert.is(offsetForTimestamp(filesOnly, 150, 3), 1)
})

test('records of a compressed batch cannot be told apart: its first offset', () => {
  const disk = new MemoryDisk()
  const {log, source} = loadPartition(disk)
  const batch = buildBatch({timestamps: [100, 200, 300], valueBytes: 20})
  viewOf(batch).setInt16(BATCH.attributes, 2 & ATTRIBUTES.codec)
  log.append(batch, 0)
  log.append(oneRecord(400), 0)
  log.commit()
  assert.is(offsetForTimestamp(source, 250, 4), 0)
  log.moveLogStart(1)
  assert.is(offsetForTimestamp(source, 250, 4), 1)
})

test('a batch whose greatest time is that of no record of it is passed over', () => {
  const disk = new MemoryDisk()
  const {log, source} = loadPartition(disk)
  const control = oneRecord(500)
  viewOf(control).setInt16(BATCH.attributes, ATTRIBUTES.control)
  log.append(control, 0)
  log.append(oneRecord(600), 0)
  log.commit()
  assert.is(offsetForTimestamp(source, 450, 2), 1)
})

test('what is deleted meanwhile is asked for again in what is left', () => {
  const {disk, log, filesOnly} = logOf([[100], [200], [300], [400], [500]], {config: {segmentBytes: 2 * ONE}})
  log.sync()
  disk.intercept = (kind, path) => {
    if (kind === 'open' && path === segmentFile(DIR, 0, SUFFIX.log)) {
      disk.intercept = undefined
      log.moveLogStart(4)
      log.dropSegments(2)
    }
    return undefined
  }
  assert.is(offsetForTimestamp(filesOnly, 50, 5), 4)
})

test('damage on the way is an error', () => {
  const {disk, filesOnly} = logOf([[100], [200]])
  const bytes = disk.bytes(segmentFile(DIR, 0, SUFFIX.log))
  bytes[70]! ^= 1
  disk.put(segmentFile(DIR, 0, SUFFIX.log), bytes)
  assert.throws(
    () => offsetForTimestamp(filesOnly, 150, 2),
    (error: OdradekError) => error.code === 'CORRUPT_MESSAGE',
  )
  assert.is(offsetForTimestamp({...filesOnly, dir: '/none'}, 150, 2), undefined)
})

test('a record is told with its time and the epoch of its batch', () => {
  const {log, source} = logOf([[100]])
  log.startEpoch(3)
  log.append(buildBatch({timestamps: [200, 300], valueBytes: 20}), 0)
  log.commit()
  assert.equal(recordForTimestamp(source, 250, 3), {offset: 2, timestamp: 300, leaderEpoch: 3})
})

test.run()

import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {MemoryDisk, systemError} from '../../property-tests/simulation/memory-disk.ts'
import {
  buildBatch,
  DIR,
  loadPartition,
  oneRecord,
  type PartitionOptions,
  stored,
} from '../../property-tests/simulation/partition.ts'
import {ATTRIBUTES, BATCH} from '../record/record-batch.ts'
import type {LogSource} from './log-reader.ts'
import {newestRecord} from './newest-record.ts'
import {SUFFIX, segmentFile} from './segment-files.ts'

const ONE = stored(oneRecord(1), 0).length

/** A log of batches, each given by the times of its records. */
function logOf(batches: readonly (readonly number[])[], options: PartitionOptions = {}) {
  const disk = new MemoryDisk()
  const partition = loadPartition(disk, {config: {indexIntervalBytes: 0}, ...options})
  for (const timestamps of batches) partition.log.append(buildBatch({timestamps, valueBytes: 20}), 0)
  partition.log.commit()
  return {disk, ...partition}
}

const found = (source: LogSource, limit: number) => {
  const {offset, timestamp} = newestRecord(source, limit) ?? {}
  return [offset, timestamp]
}

test('the first of the newest records, below the limit', () => {
  const {source} = logOf([[100, 300, 300], [200], [300], [400]])
  assert.equal(found(source, 6), [5, 400])
  assert.equal(found(source, 5), [1, 300])
  assert.equal(found(source, 0), [undefined, undefined])
})

test('in whichever segment it is, told by the time index or not', () => {
  const batches = [[100], [900], [300], [200], [500], [400], [800]]
  const {disk, source} = logOf(batches, {config: {segmentBytes: 2 * ONE, indexIntervalBytes: 0}})
  assert.equal(
    [7, 6, 1].map(limit => found(source, limit)),
    [
      [1, 900],
      [1, 900],
      [0, 100],
    ],
  )
  disk.remove(segmentFile(DIR, 0, SUFFIX.timeIndex))
  assert.equal(found(source, 7), [1, 900])
})

test('of the last segment, what is behind its newest entry counts too', () => {
  const {log, source} = logOf([[100], [300]])
  log.roll()
  log.append(oneRecord(200), 0)
  log.append(oneRecord(250), 0)
  log.commit()
  assert.equal(found(source, 4), [1, 300])
  log.append(oneRecord(350), 0)
  log.commit()
  assert.equal(found(source, 5), [4, 350])
})

test('what was deleted is not there any more', () => {
  const {log, source} = logOf([[900], [100], [300, 200], [150]], {config: {segmentBytes: 2 * ONE - 10}})
  log.moveLogStart(1)
  assert.equal(found(source, 5), [2, 300])
  log.moveLogStart(3)
  assert.equal(found(source, 5), [3, 300], 'the record that gave its batch the time is gone: another one of the batch')
})

test('of a compressed batch it is the last', () => {
  const {log, source} = logOf([])
  const batch = buildBatch({timestamps: [100, 300, 200], valueBytes: 20})
  const view = new DataView(batch.buffer, batch.byteOffset)
  view.setInt16(BATCH.attributes, view.getInt16(BATCH.attributes) | (ATTRIBUTES.codec & 1))
  log.append(batch, 0)
  log.commit()
  assert.equal(found(source, 3), [2, 300])
})

test('a segment that goes while it is looked at is asked for again; what cannot be read is told', () => {
  const {disk, log, source} = logOf([[900], [100]], {config: {segmentBytes: ONE + 10}, read: false})
  let starts = 0
  const going: LogSource = {
    ...source,
    logStartOffset: () => {
      // deleted between the first look and the reading
      if (++starts === 2) {
        log.moveLogStart(1)
        disk.remove(segmentFile(DIR, 0, SUFFIX.log))
      }
      return log.logStartOffset
    },
  }
  assert.equal(found(going, 2), [1, 100])
  disk.remove(segmentFile(DIR, 1, SUFFIX.timeIndex))
  disk.intercept = (kind, path) => {
    if (kind === 'read') throw systemError('EIO', path)
    return undefined
  }
  assert.throws(() => newestRecord(source, 2))
})

test('where no directory is yet, no record is', () => {
  const {source} = logOf([])
  assert.equal(found({...source, dir: '/data/none-0'}, 0), [undefined, undefined])
})

test.run()

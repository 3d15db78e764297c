import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {keyedBatch} from '../../property-tests/simulation/compaction-bed.ts'
import {MemoryDisk} from '../../property-tests/simulation/memory-disk.ts'
import {
  buildBatch,
  DIR,
  loadClosed,
  loadPartition,
  oneRecord,
  type PartitionOptions,
  readAll,
  stored,
  viewOf,
} from '../../property-tests/simulation/partition.ts'
import {OdradekError} from '../errors.ts'
import {ArenaReader, ArenaWriter} from '../memory/arena.ts'
import {BATCH} from '../record/record-batch.ts'
import type {Log} from './log.ts'
import {SUFFIX, segmentFile} from './segment-files.ts'
import {SyncedEnd} from './synced-end.ts'

const ONE = stored(oneRecord(1), 0).length
const NOTHING = {changes: () => 0, bytes: () => 0}

function open(options: PartitionOptions = {}) {
  const disk = new MemoryDisk()
  return {disk, ...loadPartition(disk, options)}
}

/** Appends batches of one record each and writes them. */
function fill(log: Log, count: number, timestamp = 1000): void {
  for (let i = 0; i < count; i++) log.append(oneRecord(timestamp), timestamp)
  log.commit()
}

const code = (expected: string) => (error: unknown) => error instanceof OdradekError && error.code === expected
const bases = (log: Log) => log.segments.map(({baseOffset}) => baseOffset)

test('a batch gets the next offset, and is readable once it is written', () => {
  const {log, source, filesOnly} = open()
  assert.is(log.append(buildBatch({timestamps: [1, 2, 3], valueBytes: 5}), 0), 0)
  assert.is(log.append(oneRecord(4), 0), 3)
  assert.equal([log.logEndOffset, log.stagedEnd, log.syncedEnd], [0, 4, 0])
  log.commit()
  log.commit()
  assert.equal([log.logEndOffset, log.stagedEnd], [4, 4])
  for (const from of [source, filesOnly]) assert.is(readAll(from, 0, 4).length, 2)
})

test('what is stored is what was sent, stamped with offset, epoch and checksum', () => {
  const {log, filesOnly} = open()
  const batch = buildBatch({timestamps: [5, 4], valueBytes: 9})
  log.append(oneRecord(1), 0)
  log.append(batch, 0)
  log.commit()
  assert.equal(readAll(filesOnly, 1, 3)[0]!.bytes, stored(batch, 1))
})

test('with LogAppendTime the time of the log counts', () => {
  const {log, filesOnly} = open({config: {messageTimestampType: 'LogAppendTime', segmentMs: 100}})
  log.append(oneRecord(1), 5000)
  log.append(oneRecord(9_999_999), 5100)
  log.commit()
  assert.equal(
    readAll(filesOnly, 0, 2).map(batch => batch.maxTimestamp),
    [5000, 5100],
  )
  log.append(oneRecord(1), 5101)
  assert.is(log.segmentCount, 2)
})

test('what is no batch, or too large, or of a time no number holds, is refused and nothing changes', () => {
  const {log} = open({config: {maxMessageBytes: 200, segmentBytes: 1000}})
  log.append(oneRecord(1), 0)
  assert.throws(() => log.append(oneRecord(1).subarray(0, 60), 0), code('INVALID_RECORD'))
  assert.throws(() => log.append(Buffer.concat([oneRecord(1), Buffer.alloc(1)]), 0), code('INVALID_RECORD'))
  assert.throws(() => log.append(oneRecord(1, 300), 0), code('MESSAGE_TOO_LARGE'))
  const late = oneRecord(1)
  viewOf(late).setInt32(BATCH.maxTimestamp, 0x7fffffff)
  assert.throws(() => log.append(late, 0), code('INVALID_TIMESTAMP'))
  assert.is(log.stagedEnd, 1)
})

test('a batch that no window takes is stored as any other, and read from the file', () => {
  const {log, source} = open({arena: {windows: 2, windowBytes: 300, indexEntries: 8}})
  for (const [i, valueBytes] of [20, 400, 20, 400, 20].entries()) log.append(oneRecord(i, valueBytes), 0)
  log.commit()
  assert.is(readAll(source, 0, 5).length, 5)
})

test('a segment is rolled when a batch does not fit it, and the sizes add up', () => {
  const {log, disk} = open({config: {segmentBytes: 3 * ONE}})
  fill(log, 7)
  assert.equal(bases(log), [0, 3, 6])
  assert.equal([log.segmentCount, log.firstBaseOffset, log.bytes], [3, 0, 7 * ONE])
  assert.is(disk.bytes(segmentFile(DIR, 3, SUFFIX.log)).length, 3 * ONE)
  assert.is(disk.bytes(segmentFile(DIR, 3, SUFFIX.snapshot)).length, 10)
})

test('an empty segment is not rolled: it is as good as a new one', () => {
  const {log} = open()
  log.roll()
  assert.equal(bases(log), [0])
  fill(log, 1)
  log.roll()
  log.roll()
  assert.equal(bases(log), [0, 1])
})

test('what is synced outlives a power loss, and is on record', () => {
  const {log, disk} = open({config: {segmentBytes: 3 * ONE}})
  fill(log, 7)
  assert.is(log.needsSync, true)
  log.sync()
  assert.equal([log.needsSync, log.hasRolled, log.syncedEnd], [false, false, 7])
  fill(log, 2)
  log.sync()
  log.sync()
  disk.losePower(NOTHING)
  assert.is(loadPartition(disk).log.logEndOffset, 9)
})

test('segments that are rolled can be synced while the active one is not', () => {
  const {log, disk} = open({config: {segmentBytes: 3 * ONE}})
  fill(log, 4)
  const job = log.beginSync({rolledOnly: true})
  for (const file of job.files) file.sync()
  log.endSync(job)
  assert.equal([log.syncedEnd, log.needsSync, log.hasRolled], [3, true, false])
  disk.losePower(NOTHING)
  assert.is(loadPartition(disk).log.logEndOffset, 3)
})

test('appends go on while a sync is under way', () => {
  const {log} = open({config: {segmentBytes: 3 * ONE}})
  fill(log, 2)
  const job = log.beginSync()
  fill(log, 3)
  log.endSync(job)
  assert.equal([log.syncedEnd, log.hasRolled], [2, true])
})

test('a log is cut at the batch that holds the offset', () => {
  const {log, filesOnly, source} = open({config: {indexIntervalBytes: 0}})
  for (let i = 0; i < 4; i++) log.append(buildBatch({timestamps: [1, 2, 3], valueBytes: 5}), 0)
  log.commit()
  log.truncateTo(20)
  assert.is(log.logEndOffset, 12)
  log.truncateTo(7)
  assert.equal([log.logEndOffset, log.stagedEnd], [6, 6])
  fill(log, 1)
  for (const from of [filesOnly, source]) {
    assert.equal(
      readAll(from, 0, 7).map(batch => batch.baseOffset),
      [0, 3, 6],
    )
  }
})

test('a cut across segments takes their files, whether they are synced or not', () => {
  for (const synced of [true, false]) {
    const {log, disk, filesOnly} = open({config: {segmentBytes: 2 * ONE}})
    fill(log, 7)
    if (synced) log.sync()
    log.truncateTo(3)
    assert.equal(bases(log), [0, 2])
    assert.equal([log.logEndOffset, log.bytes, log.syncedEnd], [3, 3 * ONE, synced ? 3 : 0])
    fill(log, 2)
    assert.equal(bases(log), [0, 2, 4])
    assert.is(readAll(filesOnly, 0, 5).length, 5)
    assert.is([...disk.contents().keys()].filter(path => path.endsWith(SUFFIX.log)).length, 3)
    log.close()
    assert.is(loadClosed(disk, 5).log.logEndOffset, 5)
  }
})

test('a cut is on stable storage, and no record of it says too much at any moment', () => {
  const {log, disk} = open()
  for (let i = 0; i < 4; i++) log.append(buildBatch({timestamps: [1, 2, 3], valueBytes: 5}), 0)
  log.commit()
  log.sync()
  disk.intercept = (kind, path) => {
    if (kind === 'truncate' && path.endsWith(SUFFIX.log)) {
      disk.intercept = undefined
      // offset 7 lies within a batch, so the log will end at 6
      assert.ok(SyncedEnd.read(disk, DIR)! <= 6)
    }
    return undefined
  }
  log.truncateTo(7)
  assert.is(SyncedEnd.read(disk, DIR), 6)
  disk.losePower(NOTHING)
  assert.is(loadPartition(disk).log.logEndOffset, 6)
})

test('a cut down to the start leaves an empty log, and one within the first batch moves the start', () => {
  const {log} = open()
  for (let i = 0; i < 2; i++) log.append(buildBatch({timestamps: [1, 2, 3], valueBytes: 5}), 0)
  log.commit()
  log.moveLogStart(4)
  log.truncateTo(4)
  assert.equal([log.logStartOffset, log.logEndOffset], [3, 3])
  assert.throws(
    () => log.truncateTo(2),
    (error: OdradekError) => error.code === 'OFFSET_OUT_OF_RANGE' && /2, the log is \[3, 3\)/.test(error.message),
  )
  assert.is(log.failure, undefined)
})

test('a log is not cut while batches are staged or files are being synced', () => {
  const {log} = open()
  fill(log, 2)
  log.append(oneRecord(1), 0)
  assert.throws(() => log.truncateTo(1), /is written before/)
  log.commit()
  log.beginSync()
  assert.throws(() => log.truncateTo(1), /stay as they are/)
})

test('the log start moves forward within the log', () => {
  const {log, filesOnly} = open()
  fill(log, 3)
  log.moveLogStart(2)
  assert.is(readAll(filesOnly, 2, 3).length, 1)
  assert.throws(() => log.moveLogStart(1), /moves forward/)
  assert.throws(() => log.moveLogStart(4), /within the log/)
})

test('retention: the new start first, then the files, oldest first', () => {
  const {log, disk} = open({config: {segmentBytes: 2 * ONE, retentionBytes: 3 * ONE}})
  fill(log, 7)
  log.sync()
  assert.equal(log.expired(7, 1000), {logStartOffset: 4, count: 2})
  assert.is(log.logStartOffset, 0)
  log.moveLogStart(4)
  log.dropSegments(2)
  assert.equal(bases(log), [4, 6])
  assert.equal([log.bytes, log.firstBaseOffset], [3 * ONE, 4])
  assert.is(disk.stat(segmentFile(DIR, 0, SUFFIX.log)), undefined)
  assert.equal(log.expired(7, 1000), {logStartOffset: 4, count: 0})
  assert.throws(() => log.dropSegments(2), /the active segment stays/)
})

test('what is not synced yet stays until it is', () => {
  const {log} = open({config: {segmentBytes: 2 * ONE, retentionMs: 100}})
  fill(log, 5)
  assert.equal(log.expired(5, 5000), {logStartOffset: 0, count: 0})
  assert.equal(bases(log), [0, 2, 4, 5], 'the active segment was rolled, so that it may go')
  log.sync()
  assert.equal(log.expired(5, 5000), {logStartOffset: 5, count: 3})
})

test('the active segment stays while batches for it are staged', () => {
  const {log} = open({config: {retentionMs: 100}})
  fill(log, 2)
  log.append(oneRecord(1), 0)
  assert.equal(log.expired(2, 5000), {logStartOffset: 0, count: 0})
  assert.is(log.segmentCount, 1)
  log.commit()
  assert.is(log.logEndOffset, 3)
})

test('records without a time are kept as long as their file is young', () => {
  const {log, disk} = open({config: {retentionMs: 100}})
  disk.nowMs = 4950
  fill(log, 2, -1)
  assert.is(log.expired(2, 5000).count, 0)
  log.sync()
  assert.is(log.expired(2, 5051).count, 0)
  log.sync()
  assert.is(log.expired(2, 5051).count, 1)
  disk.remove(segmentFile(DIR, 2, SUFFIX.log))
  assert.is(log.segments.at(-1)!.largestTimestamp, -1)
})

test('a log that was closed loads as it was, after a power loss, too', () => {
  const {log, disk, filesOnly} = open({config: {segmentBytes: 3 * ONE, indexIntervalBytes: ONE}})
  fill(log, 7)
  log.append(oneRecord(1), 0)
  const segments = log.segments.map(({baseOffset}) => baseOffset)
  log.close()
  assert.is(disk.openFiles, 0)
  const expected = readAll(filesOnly, 0, 8).map(batch => batch.bytes)
  disk.losePower(NOTHING)
  const again = loadClosed(disk, 8)
  assert.equal(bases(again.log), segments)
  assert.equal(
    readAll(again.filesOnly, 0, 8).map(batch => batch.bytes),
    expected,
  )
})

test('a log that is given up writes nothing and leaves no file open', () => {
  const {log, disk} = open()
  fill(log, 1)
  log.append(oneRecord(1), 0)
  const before = disk.contents()
  log.abandon()
  assert.equal(disk.contents(), before)
  assert.is(disk.openFiles, 0)
})

test('a reader that comes in the middle of an append or a roll fails neither', () => {
  const {log, source} = open({read: false})
  const arena = new ArenaReader(source.arena!)
  const take = ArenaWriter.prototype.takeWanted
  // the reader asks just behind the look at its word
  ArenaWriter.prototype.takeWanted = function (this: ArenaWriter) {
    const wanted = take.call(this)
    arena.want()
    return wanted
  }
  try {
    for (let i = 0; i < 3; i++) {
      log.append(oneRecord(1000), 0)
      log.roll()
    }
  } finally {
    ArenaWriter.prototype.takeWanted = take
  }
  assert.equal([log.logEndOffset, log.segmentCount], [3, 4])
})

test('a log that comes to be compacted takes no record without a key from then on; what is there stays', () => {
  const {log, config, filesOnly} = open()
  fill(log, 2)
  log.configure({...config, cleanupPolicy: 'compact'})
  assert.throws(() => log.append(oneRecord(1000), 0), code('INVALID_RECORD'))
  assert.is(log.append(keyedBatch([{key: 'a', value: '', timestamp: 1000}]), 0), 2)
  log.commit()
  assert.is(readAll(filesOnly, 0, 3).length, 3)
})

test.run()

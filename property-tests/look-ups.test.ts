/**
 * Look-ups by offset and by time find the batch that a linear scan finds (T02): on random logs at all their boundaries, with base
 * offsets across 2^31 and 2^32, and positions up to the last that an index can name.
 */
import fc from 'fast-check'
import {suite} from 'uvu'
import * as assert from 'uvu/assert'
import {crc32c} from '../engine/bytes/crc32c.ts'
import {INT32_MAX} from '../engine/limits.ts'
import {lookUpBatch, lookUpTime} from '../engine/log/index-lookup.ts'
import {LogReader} from '../engine/log/log-reader.ts'
import {newestRecord} from '../engine/log/newest-record.ts'
import {offsetForTimestamp} from '../engine/log/timestamp-lookup.ts'
import {sealBatch} from '../engine/record/batch-check.ts'
import {ATTRIBUTES, BATCH} from '../engine/record/record-batch.ts'
import {RecordWalker} from '../engine/record/record-walker.ts'
import {runs} from './runs.ts'
import {MemoryDisk} from './simulation/memory-disk.ts'
import {
  buildBatch,
  DIR,
  loadClosed,
  loadPartition,
  oneRecord,
  type Partition,
  readAll,
  type StoredBatch,
  shown,
  stored,
  viewOf,
} from './simulation/partition.ts'

const test = suite('look-ups')
/** What the tests of this file ask, taken together. */
const LOOK_UPS_MIN = 10_000
const LOGS = 60

let lookUps = 0

interface TimedRecord {
  readonly offset: number
  readonly timestamp: number
}

/** The records of a batch; one that is compressed shows as one record at its first offset. */
function recordsOf(batch: StoredBatch): TimedRecord[] {
  if (viewOf(batch.bytes).getInt16(BATCH.attributes) & ATTRIBUTES.codec)
    return [{offset: batch.baseOffset, timestamp: batch.maxTimestamp}]
  const walker = new RecordWalker(batch.bytes)
  walker.enter(0)
  const records: TimedRecord[] = []
  while (walker.next()) records.push({offset: walker.offset, timestamp: walker.timestamp})
  return records
}

/** The batch with its records as if they were compressed. */
function compressed(batch: Uint8Array): Uint8Array {
  const view = viewOf(batch)
  view.setInt16(BATCH.attributes, 1)
  sealBatch(batch, view, 0, crc32c)
  return batch
}

/** The first offset below `limit` that is not older, by looking at every record. */
function linearByTime(batches: readonly StoredBatch[], timestamp: number, start: number, limit: number) {
  for (const batch of batches) {
    if (batch.nextOffset <= start || batch.baseOffset >= limit) continue
    const isCompressed = (viewOf(batch.bytes).getInt16(BATCH.attributes) & ATTRIBUTES.codec) !== 0
    const found = recordsOf(batch).find(
      record => record.timestamp >= timestamp && (isCompressed || record.offset >= start),
    )
    if (found !== undefined) return Math.max(start, found.offset)
  }
  return undefined
}

/** Asks for every boundary of every batch and the offsets around it. */
function checkOffsets(partition: Partition, batches: readonly StoredBatch[], start: number, limit: number): void {
  const offsets = new Set(
    batches.flatMap(({baseOffset: base, nextOffset: next}) => [base - 1, base, next - 2, next - 1, next]),
  )
  for (const source of [partition.source, partition.filesOnly]) {
    const reader = new LogReader(source, 256)
    for (const offset of offsets) {
      lookUps++
      if (offset < start) {
        assert.throws(() => reader.read(offset, limit), /OFFSET_OUT_OF_RANGE/)
        continue
      }
      const expected = batches.find(batch => batch.nextOffset > offset)
      assert.is(reader.read(offset, limit), offset < limit)
      if (offset < limit) assert.ok(shown(reader)[0]!.bytes.equals(expected!.bytes), `offset ${offset}`)
    }
    reader.close()
  }
}

/** Asks for every time there is and the ones beside it. */
function checkTimes(partition: Partition, batches: readonly StoredBatch[], start: number, limit: number): void {
  const times = new Set(batches.flatMap(recordsOf).flatMap(({timestamp}) => [timestamp - 1, timestamp, timestamp + 1]))
  for (const timestamp of times) {
    lookUps++
    const expected = linearByTime(batches, timestamp, start, limit)
    assert.is(offsetForTimestamp(partition.source, timestamp, limit), expected, `time ${timestamp}`)
  }
}

/** The record with the greatest timestamp, by looking at every batch; of a compressed one it is the last. */
function linearNewest(batches: readonly StoredBatch[], start: number, limit: number): TimedRecord | undefined {
  const readable = batches.filter(batch => batch.nextOffset > start && batch.baseOffset < limit)
  if (readable.length === 0) return undefined
  const timestamp = Math.max(...readable.map(({maxTimestamp}) => maxTimestamp))
  const batch = readable.find(({maxTimestamp}) => maxTimestamp === timestamp)!
  const last = {offset: batch.nextOffset - 1, timestamp}
  if ((viewOf(batch.bytes).getInt16(BATCH.attributes) & ATTRIBUTES.codec) !== 0) return last
  return recordsOf(batch).find(record => record.timestamp >= timestamp && record.offset >= start) ?? last
}

function checkNewest(partition: Partition, batches: readonly StoredBatch[], start: number, limit: number): void {
  for (const end of [limit, ...batches.slice(-5).map(({baseOffset}) => baseOffset)]) {
    lookUps++
    const found = newestRecord(partition.source, Math.min(limit, end))
    const expected = linearNewest(batches, start, Math.min(limit, end))
    assert.equal([found?.offset, found?.timestamp], [expected?.offset, expected?.timestamp], `newest below ${end}`)
  }
}

/** What the index files name is there, and at or before what is asked for. */
function checkIndexes(disk: MemoryDisk, partition: Partition, batches: readonly StoredBatch[]): number {
  let named = 0
  for (const {baseOffset} of partition.log.segments) {
    const inSegment = batches.filter(batch => batch.baseOffset >= baseOffset)
    for (const batch of inSegment.slice(0, 40)) {
      lookUps++
      const found = lookUpBatch(disk, DIR, baseOffset, batch.nextOffset)
      if (found !== undefined) {
        named++
        assert.ok(found.lastOffset <= batch.nextOffset)
        assert.ok(batches.some(({nextOffset}) => nextOffset === found.lastOffset + 1))
      }
      const from = lookUpTime(disk, DIR, baseOffset, batch.maxTimestamp)?.offset ?? baseOffset
      const first = inSegment.find(({maxTimestamp}) => maxTimestamp >= batch.maxTimestamp)!
      assert.ok(from < first.nextOffset, 'nothing that is not older lies before it')
    }
  }
  return named
}

const anyLog = fc.record({
  start: fc.constantFrom(0, 2 ** 31 - 30, 2 ** 31, 2 ** 32 - 30, 2 ** 32, 2 ** 40),
  indexIntervalBytes: fc.constantFrom(0, 100, 500),
  segmentBytes: fc.constantFrom(700, 2500, 50_000),
  messageTimestampType: fc.constantFrom('CreateTime' as const, 'CreateTime' as const, 'LogAppendTime' as const),
  batches: fc.array(
    fc.record({
      // repeated, falling and rising
      timestamps: fc.array(fc.integer({min: 100, max: 140}), {minLength: 1, maxLength: 5}),
      valueBytes: fc.nat(80),
      isCompressed: fc.boolean(),
    }),
    {minLength: 1, maxLength: 60, size: 'max'},
  ),
  deleted: fc.integer({min: 0, max: 30}),
})

test('every offset and every time is found where a linear scan finds it', () => {
  let named = 0
  fc.assert(
    fc.property(anyLog, shape => {
      const disk = new MemoryDisk()
      const {start: logStartOffset, batches: shapes, deleted, ...config} = shape
      const partition = loadPartition(disk, {config, request: {logStartOffset}})
      const {log} = partition
      for (const [i, {isCompressed, ...batch}] of shapes.entries()) {
        const built = buildBatch({...batch, seed: i})
        log.append(isCompressed ? compressed(built) : built, 100 + i)
        if (i % 3 === 0) log.commit()
      }
      log.commit()
      const start = Math.min(log.logEndOffset, logStartOffset + deleted)
      const all = readAll(partition.filesOnly, logStartOffset, log.logEndOffset)
      log.moveLogStart(start)
      const limits = [all.at(-2)?.nextOffset ?? log.logEndOffset, log.logEndOffset]
      for (const end of limits.filter(limit => limit >= start)) {
        checkOffsets(partition, all, start, end)
        checkTimes(partition, all, start, end)
        checkNewest(partition, all, start, end)
      }
      named += checkIndexes(disk, partition, all)
      log.abandon()
    }),
    {...runs(LOGS), includeErrorInReport: true},
  )
  assert.ok(named > LOGS, `${named} look-ups found an index entry`)
})

/**
 * A segment that is nearly 2 GiB long, all but its end a hole. What stands before the one indexed batch had been deleted, so that
 * nobody reads the hole.
 */
function hugeSegment(disk: MemoryDisk, base: number): {start: number; position: number} {
  const position = INT32_MAX - 30_000
  const start = base + 1000
  disk.makeDirectory(DIR)
  const name = `${DIR}/${String(base).padStart(20, '0')}`
  const log = disk.open(`${name}.log`, 'create')
  const batch = stored(oneRecord(500), start)
  log.truncate(position)
  log.write(batch, 0, batch.length, position)
  const index = new DataView(new ArrayBuffer(8))
  index.setInt32(0, 1000)
  index.setInt32(4, position)
  disk.put(`${name}.index`, new Uint8Array(index.buffer))
  disk.put(`${name}.timeindex`, new Uint8Array(0))
  disk.put(`${DIR}/leader-epoch-checkpoint`, Buffer.from('0\n1\n0 0\n'))
  return {start, position}
}

for (const base of [0, 2 ** 31 - 1010, 2 ** 32 - 1010]) {
  test(`positions up to 2^31 - 1 in a segment at ${base}`, () => {
    const disk = new MemoryDisk()
    const {start} = hugeSegment(disk, base)
    const config = {segmentBytes: INT32_MAX, indexIntervalBytes: 200}
    const options = {config, request: {logStartOffset: start}}
    const first = loadClosed(disk, start + 1, options)
    while (first.log.segmentCount === 1) {
      const before = first.log.logEndOffset
      first.log.append(buildBatch({timestamps: [1000 + (before % 7), 900], valueBytes: 40 + (before % 50)}), 0)
      first.log.commit()
    }
    const {size} = first.log.segments[0]!
    assert.ok(size > INT32_MAX - 400 && size <= INT32_MAX, `the segment is ${size} bytes long`)
    const end = first.log.logEndOffset
    const all = readAll(first.filesOnly, start, end)
    checkOffsets(first, all, start, end)
    checkTimes(first, all, start, end)
    checkNewest(first, all, start, end)
    first.log.close()
    const again = loadClosed(disk, end, options)
    checkOffsets(again, all, start, end)
    checkTimes(again, all, start, end)
    checkNewest(again, all, start, end)
    assert.ok(checkIndexes(disk, again, all) > 20)
    again.log.abandon()
  })
}

test('an offset that int32 cannot hold relative to the base starts a segment', () => {
  const disk = new MemoryDisk()
  const {log, filesOnly} = loadPartition(disk)
  for (let i = 0; i < 3; i++) {
    const batch = oneRecord(1)
    // as compaction leaves it: few records, many offsets
    viewOf(batch).setInt32(BATCH.lastOffsetDelta, 2 ** 30 - 1)
    log.append(batch, 0)
  }
  log.commit()
  assert.equal(
    log.segments.map(({baseOffset}) => baseOffset),
    [0, 2 ** 31],
  )
  assert.is(log.logEndOffset, 3 * 2 ** 30)
  assert.is(readAll(filesOnly, 2 ** 31 - 1, log.logEndOffset).length, 2)
  log.abandon()
})

test('there were enough of them', () => {
  console.log(`${lookUps} look-ups`)
  assert.ok(lookUps >= LOOK_UPS_MIN)
})

test.run()

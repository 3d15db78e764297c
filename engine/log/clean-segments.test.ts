import {gunzipSync, gzipSync} from 'node:zlib'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {keyedBatch, readRecords} from '../../property-tests/simulation/compaction-bed.ts'
import {MemoryDisk} from '../../property-tests/simulation/memory-disk.ts'
import {DIR, loadPartition, viewOf} from '../../property-tests/simulation/partition.ts'
import {crc32c} from '../bytes/crc32c.ts'
import type {OdradekError} from '../errors.ts'
import {ATTRIBUTES, BATCH, batchSize, LOG_OVERHEAD, stampProducer} from '../record/record-batch.ts'
import {type Codecs, cleanSegments, PAUSE_BYTES} from './clean-segments.ts'
import {SUFFIX, segmentFile} from './segment-files.ts'

const GZIP = 1
const gzip: Codecs = {
  decompress: (codec, bytes) => (codec === GZIP ? gunzipSync(bytes) : undefined),
  compress: (codec, bytes) => (codec === GZIP ? gzipSync(bytes) : undefined),
}
const none: Codecs = {decompress: () => undefined, compress: () => undefined}

const record = (key: string, value: string | null) => ({key, value, timestamp: 1000})

/** A batch as a producer that compresses sends it. */
function compressed(batch: Uint8Array): Uint8Array {
  const packed = Buffer.concat([batch.subarray(0, BATCH.records), gzipSync(batch.subarray(BATCH.records))])
  viewOf(packed).setInt32(BATCH.batchLength, packed.length - LOG_OVERHEAD)
  viewOf(packed).setInt16(BATCH.attributes, GZIP)
  return new Uint8Array(packed)
}

function logWith(...batches: Uint8Array[]) {
  const disk = new MemoryDisk()
  const {log, filesOnly} = loadPartition(disk, {config: {cleanupPolicy: 'compact', segmentBytes: 4096}})
  for (const batch of batches) log.append(batch, 1000)
  log.roll()
  log.append(keyedBatch([record('z', '')]), 1000)
  log.commit()
  log.sync()
  const job = log.beginCleaning(log.logEndOffset, 2000)!
  const run = (codecs: Codecs, pause: (bytes: number) => void = () => {}) =>
    cleanSegments({storage: disk, crc32c, codecs, offsetMapBytes: 1 << 20, pause}, job)
  return {disk, log, filesOnly, job, run}
}

test('compressed batches are compacted as others are, and stay compressed', () => {
  const first = compressed(keyedBatch([record('a', '1'), record('b', '1')]))
  const gone = compressed(keyedBatch([record('c', '1')]))
  const last = keyedBatch([record('a', '2'), record('c', '2')])
  const {disk, log, filesOnly, job, run} = logWith(first, gone, last)
  assert.is(log.endCleaning(job, run(gzip)), true)
  assert.is(log.cleanedEnd, job.endOffset)
  const stored = disk.bytes(`${DIR}/00000000000000000000.log`)
  assert.is(viewOf(stored).getInt16(BATCH.attributes) & ATTRIBUTES.codec, GZIP)
  assert.is(viewOf(stored).getInt32(BATCH.recordCount), 1)
  const plain = gunzipSync(stored.subarray(BATCH.records, LOG_OVERHEAD + viewOf(stored).getInt32(BATCH.batchLength)))
  assert.is(plain.includes('b'), true)
  assert.equal(
    readRecords(filesOnly, 3, log.logEndOffset).map(({key, value}) => [key, value]),
    [
      ['a', '2'],
      ['c', '2'],
      ['z', ''],
    ],
  )
})

test('a job tells how many bytes there were, and how many are left', () => {
  const value = 'v'.repeat(1000)
  const {log, job, run} = logWith(...Array.from({length: 12}, (_, i) => keyedBatch([record(`${i % 2}`, value)])))
  const bytes = () => log.segments.slice(0, -1).reduce((sum, {size}) => sum + size, 0)
  assert.ok(job.bases.length > 2)
  const before = bytes()
  const result = run(none)
  assert.is(result.bytesBefore, before)
  assert.is(log.endCleaning(job, result), true)
  assert.is(result.bytesAfter, bytes())
  assert.ok(result.bytesAfter * 4 < before)
})

test('a compressed batch that only tells where its producer has come to is left without records and without a codec', () => {
  const last = compressed(keyedBatch([record('a', '1'), record('b', '1')]))
  stampProducer(viewOf(last), 0, {producerId: 5, producerEpoch: 0, baseSequence: 7})
  const {disk, log, job, run} = logWith(last, keyedBatch([record('a', '2'), record('b', '2')]))
  assert.is(log.endCleaning(job, run(gzip)), true)
  const stored = viewOf(disk.bytes(`${DIR}/00000000000000000000.log`))
  assert.equal(
    [batchSize(stored, 0), stored.getInt32(BATCH.recordCount), stored.getInt16(BATCH.attributes)],
    [BATCH.records, 0, 0],
  )
  assert.equal([stored.getInt32(BATCH.baseSequence), stored.getInt32(BATCH.lastOffsetDelta)], [7, 1])
  log.abandon()
  assert.is(loadPartition(disk, {config: {cleanupPolicy: 'compact'}}).log.duplicateOf(last)?.lastOffset, 1)
})

test('the thread may rest after every so many bytes, of however many segments', () => {
  const value = 'v'.repeat(2000)
  const {disk, job, run} = logWith(...Array.from({length: 60}, (_, i) => keyedBatch([record(`${i}`, value)])))
  const bytes = job.bases.reduce((sum, base) => sum + disk.bytes(segmentFile(DIR, base, SUFFIX.log)).length, 0)
  assert.ok(job.bases.length > 20 && bytes > PAUSE_BYTES)
  const pauses: number[] = []
  run(none, read => pauses.push(read))
  // it is read twice: for its keys, and to be written anew
  const rest = 2 * bytes - pauses.reduce((sum, read) => sum + read, 0)
  assert.ok(rest >= 0 && rest < PAUSE_BYTES, `${rest} bytes without a rest`)
  for (const read of pauses) assert.ok(read >= PAUSE_BYTES && read < PAUSE_BYTES + 4096, `${read} bytes at a time`)
})

test('who is to end is heard in a pause: what was made goes, and nothing else', () => {
  const value = 'v'.repeat(2000)
  const {disk, log, job, run} = logWith(...Array.from({length: 60}, () => keyedBatch([record('a', value)])))
  const before = disk.contents()
  const {openFiles} = disk
  const reads = Math.ceil((60 * 2100) / PAUSE_BYTES)
  let pauses = 0
  assert.throws(
    () =>
      run(none, () => {
        // once the keys are read, it is in the middle of writing
        if (++pauses > reads) throw new Error('enough')
      }),
    /enough/,
  )
  assert.is(disk.openFiles, openFiles)
  assert.ok(disk.contents().size > before.size)
  log.abandonCleaning(job)
  assert.equal(disk.contents(), before)
})

test('a segment without its indexes is compacted, and has them then', () => {
  const {disk, log, filesOnly, job, run} = logWith(keyedBatch([record('a', '1')]), keyedBatch([record('a', '2')]))
  for (const suffix of [SUFFIX.index, SUFFIX.timeIndex]) disk.remove(segmentFile(DIR, 0, suffix))
  assert.is(log.endCleaning(job, run(none)), true)
  for (const suffix of [SUFFIX.index, SUFFIX.timeIndex]) assert.ok(disk.stat(segmentFile(DIR, 0, suffix)))
  assert.equal(
    readRecords(filesOnly, 0, log.logEndOffset).map(({key, value}) => [key, value]),
    [
      ['a', '2'],
      ['z', ''],
    ],
  )
})

for (const [what, batch, codecs, code] of [
  ['a codec that is not at hand', compressed(keyedBatch([record('a', '1')])), none, 'UNSUPPORTED_COMPRESSION_TYPE'],
  ['records that do not decompress', withAttributes(GZIP), gzip, 'CORRUPT_MESSAGE'],
  ['records that nobody can walk', compressed(withoutRecords()), gzip, 'CORRUPT_MESSAGE'],
  ['a transaction', withAttributes(ATTRIBUTES.transactional), none, 'INVALID_REQUEST'],
] as const)
  test(`a log with ${what} is left as it is`, () => {
    const {disk, log, job, run} = logWith(batch)
    const before = disk.bytes(`${DIR}/00000000000000000000.log`)
    assert.throws(
      () => run(codecs),
      (error: OdradekError) => error.code === code,
    )
    log.abandonCleaning(job)
    assert.equal(disk.bytes(`${DIR}/00000000000000000000.log`), before)
    assert.is(
      [...disk.contents().keys()].some(name => name.endsWith('.cleaned')),
      false,
    )
    assert.is(log.cleanedEnd, 0)
  })

test('a segment with damage in it is left as it is', () => {
  const {disk, run} = logWith(keyedBatch([record('a', '1')]), keyedBatch([record('a', '2')]))
  const path = `${DIR}/00000000000000000000.log`
  const bytes = disk.bytes(path)
  bytes[BATCH.records + 3]! ^= 1
  disk.put(path, bytes)
  assert.throws(
    () => run(none),
    (error: OdradekError) => error.code === 'CORRUPT_MESSAGE',
  )
})

/** A batch of which the record says that it is longer than all of it. */
function withoutRecords(): Uint8Array {
  const batch = keyedBatch([record('a', '1')])
  batch[BATCH.records] = 0x7e
  return batch
}

function withAttributes(attributes: number): Uint8Array {
  const batch = keyedBatch([record('a', '1')])
  viewOf(batch).setInt16(BATCH.attributes, attributes)
  return batch
}

test.run()

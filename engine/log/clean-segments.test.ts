import {gunzipSync, gzipSync} from 'node:zlib'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {keyedBatch, readRecords} from '../../property-tests/simulation/compaction-bed.ts'
import {MemoryDisk} from '../../property-tests/simulation/memory-disk.ts'
import {DIR, loadPartition, viewOf} from '../../property-tests/simulation/partition.ts'
import {crc32c} from '../bytes/crc32c.ts'
import type {OdradekError} from '../errors.ts'
import {ATTRIBUTES, BATCH, LOG_OVERHEAD} from '../record/record-batch.ts'
import {type Codecs, cleanSegments} from './clean-segments.ts'

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
  const run = (codecs: Codecs) =>
    cleanSegments({storage: disk, crc32c, codecs, offsetMapBytes: 1 << 20, pause() {}}, job)
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

for (const [what, batch, code] of [
  ['a codec that is not at hand', compressed(keyedBatch([record('a', '1')])), 'UNSUPPORTED_COMPRESSION_TYPE'],
  ['a transaction', withAttributes(ATTRIBUTES.transactional), 'INVALID_REQUEST'],
] as const)
  test(`a log with ${what} is left as it is`, () => {
    const {disk, log, job, run} = logWith(batch)
    const before = disk.bytes(`${DIR}/00000000000000000000.log`)
    assert.throws(
      () => run(none),
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

function withAttributes(attributes: number): Uint8Array {
  const batch = keyedBatch([record('a', '1')])
  viewOf(batch).setInt16(BATCH.attributes, attributes)
  return batch
}

test.run()

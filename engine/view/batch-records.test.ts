import {gunzipSync, gzipSync} from 'node:zlib'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {buildBatch, stored, viewOf} from '../../property-tests/simulation/partition.ts'
import {ATTRIBUTES, BATCH} from '../record/record-batch.ts'
import {BatchRecords} from './batch-records.ts'

const plain = stored(buildBatch({timestamps: [10, 20, 30], valueBytes: 5}), 7)
const gunzip = (codec: string, bytes: Uint8Array) => (codec === 'gzip' ? gunzipSync(bytes) : undefined)

function withAttributes(batch: Buffer, attributes: number): Buffer {
  const copy = Buffer.from(batch)
  copy.writeInt16BE(attributes, BATCH.attributes)
  return copy
}

function compressed(codec: number, records: Uint8Array): Buffer {
  const batch = Buffer.concat([withAttributes(plain, codec).subarray(0, BATCH.records), records])
  batch.writeInt32BE(batch.length - 12, BATCH.batchLength)
  return batch
}

/** The records of a batch behind other bytes, or why they cannot be had. */
function walk(batch: Buffer): string | number[][] {
  const bytes = Buffer.concat([Buffer.alloc(9), batch])
  const records = new BatchRecords(gunzip)
  const problem = records.enter(bytes, viewOf(bytes), 9)
  if (problem !== undefined) return problem
  const found: number[][] = []
  while (records.walker.next())
    found.push([records.walker.offset, records.walker.timestamp, records.walker.valueLength])
  assert.is(records.walker.problem, undefined)
  return found
}

const RECORDS = [
  [7, 10, 5],
  [8, 20, 5],
  [9, 30, 5],
]

test('records of a plain batch, of a control batch and of a compressed one', () => {
  assert.equal(walk(plain), RECORDS)
  assert.equal(walk(withAttributes(plain, ATTRIBUTES.control)), RECORDS)
  assert.equal(walk(compressed(1, gzipSync(plain.subarray(BATCH.records)))), RECORDS)
})

test('the broker keeps its time in what is compressed', () => {
  const batch = compressed(1, gzipSync(plain.subarray(BATCH.records)))
  assert.equal(
    (walk(withAttributes(batch, 1 | ATTRIBUTES.logAppendTime)) as number[][]).map(([, time]) => time),
    [30, 30, 30],
  )
})

test('a codec that is not at hand, or bytes that do not decompress, are told', () => {
  assert.match(walk(compressed(2, Buffer.from('?'))) as string, 'compressed with snappy, which cannot be read')
  assert.match(walk(compressed(7, Buffer.from('?'))) as string, 'codec 7')
  assert.match(walk(compressed(1, Buffer.from('?'))) as string, 'do not decompress with gzip')
})

test('one walker serves batch after batch', () => {
  const records = new BatchRecords(gunzip)
  const bytes = Buffer.concat([plain, plain])
  assert.is(records.enter(bytes, viewOf(bytes), 0), undefined)
  const {walker} = records
  records.enter(bytes, viewOf(bytes), plain.length)
  assert.is(records.walker, walker)
  records.enter(plain, viewOf(plain), 0)
  assert.is.not(records.walker, walker)
})

test.run()

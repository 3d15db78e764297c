import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {crc32c} from '../bytes/crc32c.ts'
import type {OdradekError} from '../errors.ts'
import {BatchBuilder} from '../record/batch-builder.ts'
import {batchProblem, sealBatch} from '../record/batch-check.ts'
import {ATTRIBUTES, BATCH, lastOffset, maxTimestamp, stampAppendTime, stampBatch} from '../record/record-batch.ts'
import {RecordWalker, readHeaders} from '../record/record-walker.ts'
import {type CleanRules, cleanBatch} from './clean-batch.ts'

type Row = [key: string | null, value: string | null, timestamp: number, headers?: [string, string][]]

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)

/** A stored batch at offset 100. */
function batchOf(...rows: Row[]): Uint8Array {
  const builder = new BatchBuilder(10_000)
  for (const [key, value, timestamp, headers] of rows) builder.add(key, value, timestamp, headers)
  const batch = new Uint8Array(builder.finish())
  stampBatch(viewOf(batch), 0, {baseOffset: 100, leaderEpoch: 7})
  sealBatch(batch, viewOf(batch), 0, crc32c)
  return batch
}

/** Keeps what has one of these offsets as its key's newest. */
function cleaned(batch: Uint8Array, newest: number[], rules: Partial<CleanRules> = {}, keepsPlace = false) {
  const isNewest = ({offset}: RecordWalker) => newest.includes(offset)
  return cleanBatch(batch, {isNewest, nowMs: 5000, deleteRetentionMs: 100, crc32c, ...rules}, keepsPlace)
}

function rowsOf(batch: Uint8Array | undefined): (string | number | null)[][] {
  assert.is(batchProblem(batch!, viewOf(batch!), 0, batch!.length, crc32c), undefined)
  assert.equal([viewOf(batch!).getInt32(BATCH.leaderEpoch), lastOffset(viewOf(batch!), 0)], [7, 102])
  const walker = new RecordWalker(batch!)
  walker.enter(0)
  const rows: (string | number | null)[][] = []
  while (walker.next()) {
    const text = (at: number, length: number) =>
      length < 0 ? null : Buffer.from(batch!.subarray(at, at + length)).toString()
    rows.push([
      walker.offset,
      text(walker.keyStart, walker.keyLength),
      text(walker.valueStart, walker.valueLength),
      walker.timestamp,
    ])
  }
  assert.is(walker.problem, undefined)
  return rows
}

const ABC = batchOf(['a', '1', 1000], ['b', '2', 3000], ['c', '3', 2000])

test('a batch of which all stays is the same batch', () => {
  assert.is(cleaned(ABC, [100, 101, 102]), ABC)
})

test('records keep offsets and times, the batch its ends; its greatest time is that of those that stay', () => {
  const left = cleaned(ABC, [100, 102])
  assert.equal(rowsOf(left), [
    [100, 'a', '1', 1000],
    [102, 'c', '3', 2000],
  ])
  assert.is(maxTimestamp(viewOf(left!), 0), 2000)
  assert.is(left!.length, BATCH.records + 9 + 10)
})

test('the broker’s time is the time of all', () => {
  const batch = new Uint8Array(ABC)
  stampAppendTime(viewOf(batch), 0, 4444)
  sealBatch(batch, viewOf(batch), 0, crc32c)
  const left = cleaned(batch, [101])
  assert.equal(rowsOf(left), [[101, 'b', '2', 4444]])
  assert.is(maxTimestamp(viewOf(left!), 0), 4444)
})

test('where nothing stays nothing is left, or a header that keeps its place', () => {
  assert.is(cleaned(ABC, []), undefined)
  const empty = cleaned(ABC, [], {}, true)
  assert.equal(rowsOf(empty), [])
  assert.equal([empty!.length, maxTimestamp(viewOf(empty!), 0)], [BATCH.records, 3000])
  assert.is(cleaned(empty!, [], {}, true), empty)
  assert.is(cleaned(empty!, []), undefined)
})

test('a record without a key stays: nothing ever follows it', () => {
  const rows = rowsOf(cleaned(batchOf([null, '1', 1], ['b', '2', 2], [null, null, 3]), []))
  assert.equal(
    rows.map(([offset]) => offset),
    [100, 102],
  )
})

test('a batch of as many records as it can hold is compacted', () => {
  const builder = new BatchBuilder(4_000_000)
  const count = 200_000
  for (let i = 0; i < count; i++) builder.add('k', '', 1000 + i)
  const batch = new Uint8Array(builder.finish())
  sealBatch(batch, viewOf(batch), 0, crc32c)
  const isNewest = ({offset}: RecordWalker) => offset > 0
  const left = cleanBatch(batch, {isNewest, nowMs: 5000, deleteRetentionMs: 100, crc32c}, false)!
  assert.equal([viewOf(left).getInt32(BATCH.recordCount), maxTimestamp(viewOf(left), 0)], [count - 1, 1000 + count - 1])
})

test('a deletion is stamped with the time to which it lives, stays until then, and goes', () => {
  const headers: [string, string][] = [['name', 'x'.repeat(70)]]
  const batch = batchOf(['a', null, 1000, headers], ['b', '2', 3000], ['c', '3', 2000])
  const stamped = cleaned(batch, [100, 102])!
  assert.equal(rowsOf(stamped), [
    [100, 'a', null, 1000],
    [102, 'c', '3', 2000],
  ])
  const view = viewOf(stamped)
  assert.ok(view.getInt16(BATCH.attributes) & ATTRIBUTES.deleteHorizon)
  assert.is(Number(view.getBigInt64(BATCH.baseTimestamp)), 5100)
  const walker = new RecordWalker(stamped)
  walker.enter(0)
  walker.next()
  const [header] = readHeaders(stamped, walker.headersStart, walker.headerCount, walker.recordEnd)!
  assert.equal([header![0], Buffer.from(header![1]!).toString()], headers[0])
  assert.is(cleaned(stamped, [100, 102], {nowMs: 5099}), stamped)
  const left = cleaned(stamped, [100, 102], {nowMs: 5100})
  assert.equal(rowsOf(left), [[102, 'c', '3', 2000]])
  assert.ok(viewOf(left!).getInt16(BATCH.attributes) & ATTRIBUTES.deleteHorizon)
  const empty = cleaned(stamped, [], {nowMs: 5100}, true)
  assert.is(viewOf(empty!).getInt16(BATCH.attributes), 0)
})

test('a deletion that must live for ever has an exact time', () => {
  const stamped = cleaned(batchOf(['a', null, 1000], ['b', '', 1], ['c', '', 2]), [100, 101, 102], {
    deleteRetentionMs: Number.MAX_SAFE_INTEGER,
  })
  assert.equal(
    rowsOf(stamped).map(row => row[3]),
    [1000, 1, 2],
  )
})

test('a batch whose records do not add up is told', () => {
  const batch = new Uint8Array(ABC)
  viewOf(batch).setInt32(BATCH.recordCount, 2)
  assert.throws(
    () => cleaned(batch, [100]),
    (error: OdradekError) => error.code === 'CORRUPT_MESSAGE',
  )
})

test.run()

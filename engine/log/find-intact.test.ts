import fc from 'fast-check'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {runs} from '../../property-tests/runs.ts'
import {MemoryDisk} from '../../property-tests/simulation/memory-disk.ts'
import {buildBatch, oneRecord, stored, viewOf} from '../../property-tests/simulation/partition.ts'
import {crc32c} from '../bytes/crc32c.ts'
import {BATCH, LOG_OVERHEAD} from '../record/record-batch.ts'
import {CHUNK_BYTES, findIntact, type IntactSearch} from './find-intact.ts'
import type {StorageFile} from './storage.ts'

/** An intact batch with offset 7; no zeros behind a cut could stand for its value. */
const GOOD = stored(oneRecord(10, 20, 0xee), 7)

function fileWith(...parts: readonly Uint8Array[]): StorageFile {
  const disk = new MemoryDisk()
  disk.put('/segment', Buffer.concat(parts))
  return disk.open('/segment', 'read')
}

function find(file: StorageFile, search: Partial<IntactSearch> = {}) {
  const anyOffset = {minOffset: 0, endOffset: Number.POSITIVE_INFINITY}
  return findIntact(file, {from: 0, size: file.size(), ...anyOffset, crc32c, ...search})
}

/** A copy of the intact batch in which something is wrong. */
function damaged(change: (view: DataView) => void): Buffer {
  const copy = Buffer.from(GOOD)
  change(viewOf(copy))
  return copy
}

test('a batch is found where it starts', () => {
  assert.equal(find(fileWith(GOOD)), {position: 0, offset: 7})
  for (const length of [1, 2, BATCH.records - 1, BATCH.records, 1000])
    for (const byte of [0, 2, 255])
      assert.equal(find(fileWith(new Uint8Array(length).fill(byte), GOOD)), {position: length, offset: 7})
})

test('the search begins at the byte it is told to', () => {
  const file = fileWith(GOOD, stored(oneRecord(10), 8))
  assert.equal(find(file, {from: 1}), {position: GOOD.length, offset: 8})
  assert.equal(find(file, {from: GOOD.length}), {position: GOOD.length, offset: 8})
  assert.equal(find(file, {from: GOOD.length + 1}), {position: 2 * GOOD.length, offset: undefined})
})

test('where no batch is the search ends at the file’s end', () => {
  for (const length of [0, 1, BATCH.records - 1, BATCH.records, 500])
    assert.equal(find(fileWith(new Uint8Array(length).fill(2))), {position: length, offset: undefined})
})

test('a batch without records is one', () => {
  const empty = Buffer.alloc(BATCH.records)
  const view = viewOf(empty)
  view.setInt8(BATCH.magic, 2)
  view.setInt32(BATCH.batchLength, BATCH.records - LOG_OVERHEAD)
  view.setUint32(BATCH.crc, crc32c(empty.subarray(BATCH.attributes)))
  assert.equal(find(fileWith(empty)), {position: 0, offset: 0})
})

test('what only looks like a batch is passed over', () => {
  for (const bad of [
    damaged(view => view.setInt8(BATCH.magic, 1)),
    damaged(view => view.setInt32(BATCH.batchLength, BATCH.records - LOG_OVERHEAD - 1)),
    damaged(view => view.setInt32(BATCH.batchLength, -1)),
    damaged(view => view.setInt32(BATCH.batchLength, 2 ** 31 - 1)),
    damaged(view => view.setInt32(BATCH.recordCount, 2)),
    damaged(view => view.setUint32(BATCH.crc, 0)),
    damaged(view => view.setBigInt64(BATCH.baseOffset, -1n)),
    damaged(view => view.setBigInt64(BATCH.baseOffset, 2n ** 53n)),
  ]) {
    assert.equal(find(fileWith(bad)), {position: bad.length, offset: undefined})
    assert.equal(find(fileWith(bad, GOOD)), {position: bad.length, offset: 7})
  }
})

test('a batch that is cut is none', () => {
  for (let length = 0; length < GOOD.length; length++)
    assert.is(find(fileWith(GOOD.subarray(0, length))).offset, undefined)
})

test('only a batch whose offsets may be there is one', () => {
  const three = stored(buildBatch({timestamps: [1, 2, 3], valueBytes: 5}), 7)
  const file = fileWith(three, stored(oneRecord(10), 10))
  assert.is(find(file, {minOffset: 7, endOffset: 10}).offset, 7)
  assert.is(find(file, {minOffset: 8}).offset, 10)
  assert.is(find(file, {minOffset: 10}).offset, 10)
  assert.is(find(file, {minOffset: 11}).offset, undefined)
  assert.is(find(file, {endOffset: 9}).offset, undefined)
})

test('a batch is found on both sides of the border of what is read at a time, and across it', () => {
  for (const position of [
    CHUNK_BYTES - GOOD.length - 1,
    CHUNK_BYTES - GOOD.length,
    CHUNK_BYTES - GOOD.length + 1,
    CHUNK_BYTES - BATCH.records,
    CHUNK_BYTES - BATCH.records + 1,
    CHUNK_BYTES - 1,
    CHUNK_BYTES,
    CHUNK_BYTES + 1,
  ]) {
    const file = fileWith(Buffer.alloc(position), GOOD, Buffer.alloc(100))
    assert.equal(find(file), {position, offset: 7}, `at ${position}`)
  }
})

test('a batch longer than what is read at a time is found', () => {
  const long = stored(oneRecord(10, CHUNK_BYTES + 100), 7)
  assert.equal(find(fileWith(Buffer.alloc(9), long)), {position: 9, offset: 7})
  long[long.length - 1]! ^= 1
  assert.equal(find(fileWith(long)), {position: long.length, offset: undefined})
})

test('a file that gets shorter meanwhile has nothing where it was', () => {
  const size = CHUNK_BYTES + 500
  for (const left of [0, 10, BATCH.records - 1, 300, CHUNK_BYTES - 10])
    assert.equal(find(fileWith(Buffer.alloc(left)), {size}), {position: size, offset: undefined})
  assert.is(find(fileWith(Buffer.alloc(CHUNK_BYTES - 70), GOOD.subarray(0, 80)), {size}).offset, undefined)
})

test('property: among any bytes the first intact batch is found', () => {
  const noise = fc.uint8Array({maxLength: 200})
  // what a search must look at twice: many bytes that could be the magic
  const twos = fc.nat(200).map(length => new Uint8Array(length).fill(2))
  const part = fc.oneof(
    noise,
    twos,
    fc.nat(GOOD.length - 9).map(length => GOOD.subarray(0, length)),
  )
  fc.assert(
    fc.property(fc.array(part, {maxLength: 4}), fc.array(part, {maxLength: 2}), (before, after) => {
      const position = before.reduce((sum, {length}) => sum + length, 0)
      assert.equal(find(fileWith(...before, GOOD, ...after)), {position, offset: 7})
    }),
    runs(200),
  )
})

test.run()

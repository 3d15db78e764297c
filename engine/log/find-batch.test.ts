import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {MemoryDisk} from '../../property-tests/simulation/memory-disk.ts'
import {buildBatch, oneRecord, stored} from '../../property-tests/simulation/partition.ts'
import {crc32c} from '../bytes/crc32c.ts'
import {BATCH} from '../record/record-batch.ts'
import {findBatch} from './find-batch.ts'

const SEGMENT = {baseOffset: 100, endOffset: 120, crc32c}

/** Offsets 100; 101 to 103; 104; and, where others were compacted away, 108 to 109. */
const BATCHES = [
  stored(oneRecord(1), 100),
  stored(buildBatch({timestamps: [2, 3, 4], valueBytes: 9}), 101),
  stored(oneRecord(5), 104),
  stored(buildBatch({timestamps: [6, 7], valueBytes: 9}), 108),
] as const
const POSITIONS = BATCHES.map((_, i) => BATCHES.slice(0, i).reduce((sum, {length}) => sum + length, 0))

/** Looks for an offset where some batches, by index, are damaged. */
function find(offset: number, ...damaged: readonly number[]) {
  const disk = new MemoryDisk()
  const parts = BATCHES.map((batch, i) => (damaged.includes(i) ? Buffer.from(batch).fill(0xff, BATCH.records) : batch))
  disk.put('/segment', Buffer.concat(parts))
  return findBatch(disk.open('/segment', 'read'), offset, SEGMENT)
}

function batch(index: number, baseOffset: number) {
  return {position: POSITIONS[index], baseOffset}
}

test('the batch that holds an offset', () => {
  assert.equal(find(100), batch(0, 100))
  for (const offset of [101, 102, 103]) assert.equal(find(offset), batch(1, 101))
  assert.equal(find(104), batch(2, 104))
  assert.equal(find(109), batch(3, 108))
})

test('an offset that was compacted away gives the batch behind it', () => {
  for (const offset of [105, 106, 107]) assert.equal(find(offset), batch(3, 108))
})

test('an offset below the segment gives its first batch, one behind it none', () => {
  assert.equal(find(0), batch(0, 100))
  for (const offset of [110, 119]) assert.is(find(offset), undefined)
})

test('an offset that damage hides gives a sentence that says where', () => {
  for (const offset of [101, 102, 103])
    assert.is(find(offset, 1), `segment 100 is damaged at byte ${POSITIONS[1]}: CRC does not match`)
  for (const offset of [104, 107])
    assert.is(find(offset, 2), `segment 100 is damaged at byte ${POSITIONS[2]}: CRC does not match`)
})

test('damage hides nothing before it and nothing behind it', () => {
  assert.equal(find(100, 1), batch(0, 100))
  assert.equal(find(104, 1), batch(2, 104))
  assert.equal(find(103, 0, 2), batch(1, 101))
  assert.equal(find(108, 0, 2), batch(3, 108))
})

test('damage up to the end of a segment hides all that may have been there', () => {
  for (const offset of [105, 109, 119]) assert.match(String(find(offset, 3)), /^segment 100 is damaged at byte/)
  assert.match(String(find(100, 0, 1, 2, 3)), /^segment 100 is damaged at byte 0: /)
  assert.equal(find(104, 3), batch(2, 104))
})

test.run()

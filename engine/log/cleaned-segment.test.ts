import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {MemoryDisk} from '../../property-tests/simulation/memory-disk.ts'
import {DIR, oneRecord, stored} from '../../property-tests/simulation/partition.ts'
import type {OdradekError} from '../errors.ts'
import {INT32_MAX} from '../limits.ts'
import {CleanedSegment} from './cleaned-segment.ts'
import {CHUNK_BYTES} from './find-intact.ts'
import {ActiveSegment} from './segment.ts'
import {ENDING, SUFFIX, segmentFile} from './segment-files.ts'

function fresh() {
  const disk = new MemoryDisk()
  disk.makeDirectory(DIR)
  const segment = new ActiveSegment(disk, DIR, 0, {fresh: true, ending: ENDING.cleaned})
  return {disk, segment, cleaned: new CleanedSegment(segment, 0, 2 * CHUNK_BYTES)}
}

test('batches of any size lie one behind the other, on stable storage, and the index tells where', () => {
  const {disk, cleaned} = fresh()
  const third = Math.floor(CHUNK_BYTES / 3)
  // two together, one that has no room beside them, one larger than all the room there is, and small ones behind it
  const batches = [third, third, 2 * third, 2 * CHUNK_BYTES, 10, 20].map((bytes, i) =>
    stored(oneRecord(1000 + i, bytes, i), 10 * i),
  )
  for (const batch of batches) cleaned.append(batch)
  const {size, largestTimestamp} = cleaned.finish()
  cleaned.close()
  disk.syncNames(DIR)
  disk.losePower({changes: () => 0, bytes: () => 0})
  const expected = Buffer.concat(batches)
  assert.is(disk.bytes(segmentFile(DIR, 0, SUFFIX.log) + ENDING.cleaned).equals(expected), true)
  assert.equal([size, largestTimestamp], [expected.length, 1005])
  const index = disk.bytes(segmentFile(DIR, 0, SUFFIX.index) + ENDING.cleaned)
  const positions = Array.from({length: index.length / 8}, (_, i) => [
    index.readInt32BE(8 * i),
    index.readInt32BE(8 * i + 4),
  ])
  assert.equal(
    positions,
    [1, 2, 3, 4, 5].map(i => [10 * i, Buffer.concat(batches.slice(0, i)).length]),
  )
})

test('a segment grows up to what a position in it can tell, and no further', () => {
  const {segment, cleaned} = fresh()
  const batch = stored(oneRecord(1000), 1)
  // as if so much were there
  segment.account({lastOffset: 0, maxTimestamp: 1000, bytes: INT32_MAX - batch.length}, 0)
  cleaned.append(batch)
  assert.is(segment.size, INT32_MAX)
  assert.throws(
    () => cleaned.append(stored(oneRecord(1000), 2)),
    (error: OdradekError) => error.code === 'MESSAGE_TOO_LARGE',
  )
  assert.is(segment.size, INT32_MAX)
})

test.run()

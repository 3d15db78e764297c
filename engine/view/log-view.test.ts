import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {MemoryDisk} from '../../property-tests/simulation/memory-disk.ts'
import {DIR, loadPartition, oneRecord, stored} from '../../property-tests/simulation/partition.ts'
import {crc32c} from '../bytes/crc32c.ts'
import {CHECKPOINT, writeCheckpoint} from '../log/offset-checkpoint.ts'
import {SUFFIX, segmentFile} from '../log/segment-files.ts'
import {LogView} from './log-view.ts'

const DATA_DIR = '/data'
const KEY = 'topic 0'
const ONE = stored(oneRecord(1), 0).length

/** Nine records, three a segment. */
function sample(): MemoryDisk {
  const disk = new MemoryDisk()
  const {log} = loadPartition(disk, {config: {segmentBytes: 3 * ONE, indexIntervalBytes: 0}})
  for (let i = 0; i < 9; i++) log.append(oneRecord(1000 + i), 0)
  log.commit()
  return disk
}

function viewOf(disk: MemoryDisk, dataDir: string | undefined = DATA_DIR): LogView {
  return new LogView({storage: disk, crc32c, dir: DIR, dataDir, key: KEY})
}

test('segments, sizes and ends, as they are now', () => {
  const disk = sample()
  const view = viewOf(disk)
  assert.equal(view.bases(), [0, 3, 6])
  assert.is(view.segmentBytes(3), 3 * ONE)
  assert.is(view.segmentBytes(5), 0)
  assert.equal(view.end(), {offset: 9, torn: undefined})
  assert.is(view.logStartOffset(), 0)
  disk.put(segmentFile(DIR, 9, SUFFIX.log), Buffer.concat([stored(oneRecord(1), 9), Buffer.alloc(3)]))
  assert.is(view.end().offset, 10)
  assert.is(view.end().torn?.length, 3)
  assert.is(disk.openFiles, loadedFiles())
})

/** A loaded log keeps its active segment and the record of the synced end open. */
function loadedFiles(): number {
  return sample().openFiles
}

test('a log without a segment ends where it starts', () => {
  const disk = new MemoryDisk()
  disk.makeDirectory(DIR)
  const view = viewOf(disk)
  assert.equal([view.end(), view.bases(), view.logStartOffset()], [{offset: 0, torn: undefined}, [], 0])
  assert.equal(new LogView({storage: disk, crc32c, dir: '/nowhere', dataDir: undefined, key: KEY}).bases(), [])
})

test('damage in the last segment does not hide its end', () => {
  const disk = sample()
  writeCheckpoint(disk, `${DATA_DIR}/${CHECKPOINT.recoveryPoint}`, new Map([[KEY, 9]]))
  disk.remove(`${DIR}/synced-end`)
  disk.remove(segmentFile(DIR, 6, SUFFIX.index))
  const bytes = disk.bytes(segmentFile(DIR, 6, SUFFIX.log))
  bytes[70]! ^= 1
  disk.put(segmentFile(DIR, 6, SUFFIX.log), bytes)
  assert.is(viewOf(disk).end().offset, 9)
})

test('the log start is what was deleted up to, or the first segment', () => {
  const disk = sample()
  writeCheckpoint(disk, `${DATA_DIR}/${CHECKPOINT.logStart}`, new Map([[KEY, 2]]))
  assert.is(viewOf(disk).logStartOffset(), 2)
  assert.is(new LogView({storage: disk, crc32c, dir: DIR, dataDir: undefined, key: KEY}).logStartOffset(), 0)
  disk.remove(segmentFile(DIR, 0, SUFFIX.log))
  assert.is(viewOf(disk).logStartOffset(), 3)
})

test('the synced end is the recovery point of a clean close, else what the log itself has on record', () => {
  const disk = sample()
  const view = viewOf(disk)
  assert.equal([view.syncedEnd(), view.wasClosed()], [0, false])
  writeCheckpoint(disk, `${DATA_DIR}/${CHECKPOINT.recoveryPoint}`, new Map([[KEY, 7]]))
  const own = view.syncedEnd()
  disk.put(`${DATA_DIR}/.kafka_cleanshutdown`, Buffer.alloc(0))
  assert.equal([own, view.syncedEnd(), view.wasClosed()], [0, 7, true])
  disk.remove(`${DIR}/synced-end`)
  disk.remove(`${DATA_DIR}/.kafka_cleanshutdown`)
  assert.is(view.syncedEnd(), 7)
})

test('a time leads to the first record that is not older', () => {
  const view = viewOf(sample())
  assert.equal(
    [0, 1004, 1008, 1009].map(time => view.offsetForTimestamp(time, 9)),
    [0, 4, 8, undefined],
  )
})

test.run()

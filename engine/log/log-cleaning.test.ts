import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {keyedBatch} from '../../property-tests/simulation/compaction-bed.ts'
import {MemoryDisk} from '../../property-tests/simulation/memory-disk.ts'
import {loadPartition} from '../../property-tests/simulation/partition.ts'

test('what has been dirty for too long is told by the time of its first batch, as it stands in the file', () => {
  const disk = new MemoryDisk()
  // without the greatest lag nothing here would ever be worth it
  const config = {cleanupPolicy: 'compact', minCleanableDirtyRatio: 1, maxCompactionLagMs: 500} as const
  const {log} = loadPartition(disk, {config})
  // the second batch is older than the first, and neither the log nor its index says when that came
  for (const timestamp of [1000, 200]) log.append(keyedBatch([{key: 'a', value: '', timestamp}]), timestamp)
  log.roll()
  log.append(keyedBatch([{key: 'a', value: '', timestamp: 0}]), 0)
  log.commit()
  log.sync()
  const {openFiles} = disk
  assert.is(log.beginCleaning(log.logEndOffset, 1500), undefined)
  assert.is(log.beginCleaning(log.logEndOffset, 1501)?.endOffset, 2)
  assert.is(disk.openFiles, openFiles)
})

test.run()

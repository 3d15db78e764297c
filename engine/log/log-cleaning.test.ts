import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {keyedBatch} from '../../property-tests/simulation/compaction-bed.ts'
import {MemoryDisk} from '../../property-tests/simulation/memory-disk.ts'
import {DIR, loadPartition} from '../../property-tests/simulation/partition.ts'
import {crc32c} from '../bytes/crc32c.ts'
import {cleanSegments} from './clean-segments.ts'
import {ENDING, SUFFIX, segmentFile} from './segment-files.ts'

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

/** A log with two segments to compact, and the job that does it. */
function withJob() {
  const disk = new MemoryDisk()
  const {log} = loadPartition(disk, {config: {cleanupPolicy: 'compact', segmentBytes: 200}})
  for (let i = 0; i < 6; i++) log.append(keyedBatch([{key: 'a', value: `${i}`, timestamp: 1000}]), 1000)
  log.roll()
  log.append(keyedBatch([{key: 'a', value: '', timestamp: 1000}]), 1000)
  log.commit()
  log.sync()
  const job = log.beginCleaning(log.logEndOffset, 2000)!
  const codecs = {decompress: () => undefined, compress: () => undefined}
  const run = () => cleanSegments({storage: disk, crc32c, codecs, offsetMapBytes: 1 << 20, pause() {}}, job)
  return {disk, log, job, run}
}

test('files that are not those that the job has told of take nobody’s place', () => {
  for (const suffix of [SUFFIX.log, SUFFIX.index, SUFFIX.timeIndex])
    for (const change of ['gone', 'longer'] as const) {
      const {disk, log, job, run} = withJob()
      const before = disk.contents()
      const result = run()
      const path = segmentFile(DIR, job.bases[0]!, suffix) + ENDING.cleaned
      if (change === 'longer') disk.put(path, Buffer.concat([disk.bytes(path), Buffer.alloc(12)]))
      else disk.remove(path)
      assert.is(log.endCleaning(job, result), false, `${suffix} ${change}`)
      assert.equal(disk.contents(), before)
      assert.is(log.cleanedEnd, 0)
    }
})

test('what an earlier job left is in nobody’s way', () => {
  const {disk, log, job, run} = withJob()
  const paths = [0, 1, 2].flatMap(base => [SUFFIX.log, SUFFIX.index].map(suffix => segmentFile(DIR, base, suffix)))
  for (const path of paths) disk.put(path + ENDING.cleaned, Buffer.alloc(50))
  assert.is(log.endCleaning(job, run()), true)
  assert.is(log.cleanedEnd, job.endOffset)
  assert.equal(
    [...disk.contents().keys()].filter(path => path.endsWith(ENDING.cleaned)),
    [],
  )
})

test.run()

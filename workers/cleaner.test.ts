import {getEventListeners, once} from 'node:events'
import fs from 'node:fs'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import type {CleanJob} from '../engine/log/clean-job.ts'
import {ENDING, SUFFIX, segmentFile} from '../engine/log/segment-files.ts'
import {tempDir} from '../property-tests/door/temp-dir.ts'
import {keyedBatch} from '../property-tests/simulation/compaction-bed.ts'
import {stored} from '../property-tests/simulation/partition.ts'
import {Cleaner} from './cleaner.ts'
import {threadEntry} from './thread-entry.ts'

const cleaner = new Cleaner(await threadEntry(undefined))

test.after(() => cleaner.close())

/** A segment in which the first of two records is followed by the second. */
function segment(): {dir: string; job: CleanJob; path: string} {
  const dir = tempDir()
  const path = segmentFile(dir, 0, SUFFIX.log)
  const batches = ['1', '2'].map((value, i) => stored(keyedBatch([{key: 'a', value, timestamp: 1000}]), i))
  fs.writeFileSync(path, Buffer.concat(batches))
  const job = {
    ...{
      dir,
      bases: [0],
      endOffset: 2,
      firstDirtyOffset: 0,
      dirtyRatio: 1,
      producers: [],
      deleteRetentionMs: 0,
      nowMs: 0,
    },
    ...{segmentBytes: 1e6, segmentIndexBytes: 1e6, indexIntervalBytes: 4096},
  }
  return {dir, job, path}
}

test('segments are compacted on another thread, and nothing is left on the signal that could have cut it short', async () => {
  const {job, path} = segment()
  const {signal} = new AbortController()
  const outcome = await cleaner.clean(job, signal)
  assert.ok(outcome !== undefined && 'result' in outcome)
  assert.is(fs.statSync(path + ENDING.cleaned).size, outcome.result.bytesAfter)
  assert.equal(getEventListeners(signal, 'abort'), [])
})

test('why a log is not compacted comes back as a code', async () => {
  const {job, path} = segment()
  const {signal} = new AbortController()
  const bytes = fs.readFileSync(path)
  bytes[70]! ^= 1
  fs.writeFileSync(path, bytes)
  assert.equal(await cleaner.clean(job, signal), {failure: 'CORRUPT_MESSAGE'})
  fs.rmSync(path)
  assert.equal(await cleaner.clean(job, signal), {failure: 'KAFKA_STORAGE_ERROR'})
})

test('a bug of ours is told of, and ends nobody', async () => {
  const warned = once(process, 'warning')
  const outcome = await cleaner.clean({dir: '/data/log-0'} as CleanJob, new AbortController().signal)
  assert.equal(outcome, {failure: 'UNKNOWN_SERVER_ERROR'})
  const [warning] = await warned
  assert.equal([warning.code, warning.message.includes('/data/log-0 was not compacted')], ['ODRADEK_COMPACTION', true])
})

test('who wants it no more waits until nothing is written', async () => {
  const {job} = segment()
  const end = new AbortController()
  const outcome = cleaner.clean(job, end.signal)
  end.abort()
  // a job so short may have been done by then
  assert.ok([undefined, 'result'].includes(Object.keys((await outcome) ?? {})[0]))
})

test.run()

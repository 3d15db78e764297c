import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {type CleanableState, dirtyRatioOf, findCleanable} from './cleanable.ts'
import {LOG_CONFIG_DEFAULTS, type LogConfig} from './log-config.ts'

/** Segments of 100 bytes and ten offsets each, a second apart; the last one is written. */
function found(state: Partial<CleanableState>, config: Partial<LogConfig> = {}) {
  const segments = [0, 10, 20, 30].map(baseOffset => ({baseOffset, size: 100, largestTimestamp: baseOffset * 100}))
  return findCleanable(
    {segments, cleanedEnd: 0, limit: 100, nowMs: 3500, firstTimestampOf: base => base * 100 - 500, ...state},
    {...LOG_CONFIG_DEFAULTS, cleanupPolicy: 'compact', ...config},
  )
}

test('all but the segment that is written may be compacted', () => {
  assert.equal(found({}), {count: 3, firstDirtyOffset: 0, endOffset: 30, dirtyRatio: 1})
  assert.is(found({segments: [{baseOffset: 0, size: 100, largestTimestamp: 0}]}), undefined)
})

test('nothing that has not come to rest is touched, nor a segment of which only a part has', () => {
  assert.equal(found({limit: 20})?.endOffset, 20)
  assert.equal(found({limit: 29})?.endOffset, 20)
  assert.is(found({limit: 9}), undefined)
})

test('it is worth it once more than a part of the log is dirty', () => {
  assert.equal(found({cleanedEnd: 10}), {count: 3, firstDirtyOffset: 10, endOffset: 30, dirtyRatio: 2 / 3})
  assert.is(found({cleanedEnd: 20}), undefined)
  assert.equal(found({cleanedEnd: 20}, {minCleanableDirtyRatio: 0.3})?.firstDirtyOffset, 20)
  assert.equal(found({cleanedEnd: 25}, {minCleanableDirtyRatio: 0.3})?.firstDirtyOffset, 25)
  assert.is(found({cleanedEnd: 30}, {minCleanableDirtyRatio: 0}), undefined)
  const empty = [0, 10].map(baseOffset => ({baseOffset, size: 0, largestTimestamp: 0}))
  assert.is(found({segments: empty}), undefined)
})

test('what is too young stays, and all behind it', () => {
  assert.equal(found({}, {minCompactionLagMs: 2000})?.endOffset, 20)
  assert.is(found({}, {minCompactionLagMs: 3501}), undefined)
  assert.equal(found({cleanedEnd: 10}, {minCompactionLagMs: 2000, minCleanableDirtyRatio: 0.4})?.endOffset, 20)
})

test('what has been dirty for too long is compacted, however little it is', () => {
  assert.equal(found({cleanedEnd: 20}, {maxCompactionLagMs: 1999})?.endOffset, 30)
  assert.is(found({cleanedEnd: 20}, {maxCompactionLagMs: 2000}), undefined)
  assert.is(found({cleanedEnd: 20, firstTimestampOf: () => -1}, {maxCompactionLagMs: 1999}), undefined)
})

test('the dirty ratio is that of the segments that are not written any more', () => {
  const segments = [0, 10, 20, 30].map(baseOffset => ({baseOffset, size: 100, largestTimestamp: 0}))
  assert.is(dirtyRatioOf(segments, 0), 1)
  assert.is(dirtyRatioOf(segments, 20), 1 / 3)
  assert.is(dirtyRatioOf(segments, 30), 0)
  assert.is(dirtyRatioOf(segments.slice(3), 0), 0)
})

test.run()

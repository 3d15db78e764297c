import fc from 'fast-check'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {runs} from '../../property-tests/runs.ts'
import {LOG_CONFIG_DEFAULTS, type LogConfig} from './log-config.ts'
import {expiredSegments, type RetentionState, type SegmentSummary} from './retention.ts'

const FOR_EVER = {retentionMs: -1, retentionBytes: -1}

/** Three segments of 100 bytes and ten records each, last written to at 1000, 2000 and 3000. */
const SEGMENTS: readonly SegmentSummary[] = [
  {baseOffset: 0, size: 100, largestTimestamp: 1000},
  {baseOffset: 10, size: 100, largestTimestamp: 2000},
  {baseOffset: 20, size: 100, largestTimestamp: 3000},
]

function expired(config: Partial<LogConfig>, state: Partial<RetentionState> = {}): number {
  return expiredSegments(
    {segments: SEGMENTS, logStartOffset: 0, logEndOffset: 30, highWatermark: 30, nowMs: 3000, ...state},
    {...LOG_CONFIG_DEFAULTS, ...FOR_EVER, ...config},
  )
}

test('nothing goes where nothing bounds', () => {
  assert.is(expired({}, {nowMs: Number.MAX_SAFE_INTEGER}), 0)
  assert.is(expired({}, {segments: [], logEndOffset: 0, highWatermark: 0}), 0)
})

test('by time a segment goes once it is older than the bound, not at it', () => {
  assert.equal(
    [2000, 2001, 3000, 3001, 4000, 4001].map(nowMs => expired({retentionMs: 1000}, {nowMs})),
    [0, 1, 1, 2, 2, 3],
  )
  assert.equal(
    [1000, 1001].map(nowMs => expired({retentionMs: 0}, {nowMs})),
    [0, 1],
  )
})

test('a timestamp in the future pins its segment and all behind it', () => {
  const segments = [SEGMENTS[0]!, {...SEGMENTS[1]!, largestTimestamp: 9000}, SEGMENTS[2]!]
  assert.is(expired({retentionMs: 1000}, {segments, nowMs: 8000}), 1)
})

test('by size a segment goes while at least the bound is left without it', () => {
  assert.equal(
    [300, 201, 200, 199, 101, 100, 1, 0].map(retentionBytes => expired({retentionBytes})),
    [0, 0, 1, 1, 1, 2, 2, 3],
  )
})

test('what lies below the log start goes, but never the active segment', () => {
  assert.equal(
    [0, 9, 10, 19, 20, 29, 30].map(logStartOffset => expired({}, {logStartOffset})),
    [0, 0, 1, 1, 2, 2, 2],
  )
})

test('nothing at or above the high watermark goes, whatever the reason', () => {
  const reasons = [{config: {retentionMs: 0}}, {config: {retentionBytes: 0}}, {config: {}, state: {logStartOffset: 20}}]
  for (const {config, state} of reasons) {
    const counts = [0, 9, 10, 19, 20, 29].map(highWatermark => expired(config, {...state, highWatermark, nowMs: 9000}))
    assert.equal(counts, [0, 0, 1, 1, 2, 2])
  }
})

test('an active segment that holds records goes as well, an empty one stays', () => {
  assert.is(expired({retentionMs: 1000}, {nowMs: 9000}), 3)
  const segments = [...SEGMENTS.slice(0, 2), {baseOffset: 20, size: 0, largestTimestamp: 1000}]
  for (const config of [{retentionMs: 1000}, {retentionBytes: 0}])
    assert.is(expired(config, {segments, logEndOffset: 20, highWatermark: 20, nowMs: 9000}), 2)
})

test('one reason goes on where another ends', () => {
  // below the start: one; of the 200 bytes left 100 are too much; the last is too old
  const state = {logStartOffset: 10, nowMs: 3501}
  assert.is(expired({}, state), 1)
  assert.is(expired({retentionBytes: 100}, state), 2)
  assert.is(expired({retentionBytes: 100, retentionMs: 500}, state), 3)
})

test('property: as many go as Kafka deletes in its three passes', () => {
  const segment = fc.record({records: fc.integer({min: 1, max: 5}), size: fc.nat(50), largestTimestamp: fc.nat(50)})
  const bound = fc.integer({min: -1, max: 60})
  const input = fc.record({
    parts: fc.array(segment, {minLength: 1, maxLength: 6}),
    retentionMs: bound,
    retentionBytes: bound,
    start: fc.nat(20),
    behind: fc.nat(8),
    nowMs: fc.nat(100),
  })
  fc.assert(
    fc.property(input, ({parts, retentionMs, retentionBytes, start, behind, nowMs}) => {
      let end = 0
      const segments = parts.map(({records, size, largestTimestamp}) => {
        const baseOffset = end
        end += records
        return {baseOffset, size, largestTimestamp}
      })
      const highWatermark = Math.max(0, end - behind)
      const logStartOffset = Math.min(start, highWatermark)
      const state = {segments, logStartOffset, logEndOffset: end, highWatermark, nowMs}
      assert.is(expired({retentionMs, retentionBytes}, state), inPasses(state, {retentionMs, retentionBytes}))
    }),
    runs(300),
  )
})

/** `deleteOldSegments` as Kafka has it: by log start, then by size, then by time, each from the oldest on. */
function inPasses(state: RetentionState, bounds: {retentionMs: number; retentionBytes: number}): number {
  const {logStartOffset, logEndOffset, highWatermark, nowMs} = state
  const left = [...state.segments]
  const pass = (goes: (segment: SegmentSummary, next: SegmentSummary | undefined) => boolean) => {
    for (let [segment, next] = left; segment !== undefined; [segment, next] = left) {
      if (highWatermark < (next?.baseOffset ?? logEndOffset) || !goes(segment, next)) return
      if (next === undefined && segment.size === 0) return
      left.shift()
    }
  }
  pass((_, next) => next !== undefined && next.baseOffset <= logStartOffset)
  let excess = left.reduce((sum, {size}) => sum + size, 0) - bounds.retentionBytes
  if (bounds.retentionBytes >= 0)
    pass(({size}) => {
      if (excess < size) return false
      excess -= size
      return true
    })
  if (bounds.retentionMs >= 0) pass(({largestTimestamp}) => nowMs - largestTimestamp > bounds.retentionMs)
  return state.segments.length - left.length
}

test.run()

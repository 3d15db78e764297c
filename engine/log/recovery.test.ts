import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {type Evidence, judge} from './recovery.ts'
import type {DamagedRange, EpochRun, SegmentScan} from './scan-segment.ts'

/** A scan of a segment with 100 bytes and ten records, all intact. */
function scan(baseOffset: number, found: Partial<SegmentScan> = {}): readonly [number, SegmentScan] {
  const whole: SegmentScan = {
    baseOffset,
    size: 100,
    nextOffset: baseOffset + 10,
    batches: 10,
    records: 10,
    largestTimestamp: 1,
    offsetOfLargest: baseOffset,
    firstTimestamp: 1,
    bytesSinceEntry: 0,
    from: undefined,
    offsetEntries: new Int32Array(0),
    timeEntries: new Float64Array(0),
    epochs: [{epoch: 0, startOffset: baseOffset, position: 0}],
    damaged: [],
    hasProducers: false,
  }
  return [baseOffset, {...whole, ...found}]
}

/** What is damaged from byte 40 on. */
function range(offset: number, nextOffset: number | undefined, position = 40): DamagedRange {
  return {position, length: 20, offset, nextOffset, why: 'CRC does not match'}
}

function judged(scans: readonly (readonly [number, SegmentScan])[], evidence: Partial<Evidence> = {}) {
  const bases = scans.map(([base]) => base)
  return judge({bases, scans: new Map(scans), syncedEnd: 0, gapsBelow: 0, logStartOffset: 0, epochs: [], ...evidence})
}

function texts(verdict: ReturnType<typeof judge>): string[] {
  return verdict.damage.map(({text}) => text)
}

const THREE = [scan(0), scan(10), scan(20)] as const

test('nothing on disk is an empty log at its start', () => {
  const empty = {bases: [], cut: undefined, damage: [], startsAnew: true}
  assert.equal(judged([]), {...empty, logStartOffset: 0, logEndOffset: 0})
  assert.equal(judged([], {logStartOffset: 7}), {...empty, logStartOffset: 7, logEndOffset: 7})
})

test('intact segments stay, and the log ends where the last one does', () => {
  const intact = {bases: [0, 10, 20], cut: undefined, damage: [], logEndOffset: 30, startsAnew: false}
  for (const syncedEnd of [0, 15, 30]) {
    assert.equal(judged(THREE, {syncedEnd}), {...intact, logStartOffset: 0})
    assert.equal(judged(THREE, {syncedEnd, logStartOffset: 17}), {...intact, logStartOffset: 17})
    assert.equal(judged(THREE, {syncedEnd, logStartOffset: 30}), {...intact, logStartOffset: 30})
  }
})

test('a log starts at its first segment at the earliest', () => {
  assert.is(judged([scan(10), scan(20)], {logStartOffset: 4}).logStartOffset, 10)
})

test('segments that were not read are taken to reach the next one', () => {
  assert.equal(judged([scan(20)], {bases: [0, 10, 20], syncedEnd: 20}).bases, [0, 10, 20])
  assert.is(judged([scan(20)], {bases: [0, 10, 20]}).logEndOffset, 30)
})

test('a torn tail above the synced end is cut, and all segments behind it go', () => {
  const torn = [scan(0), scan(10, {nextOffset: 14, damaged: [range(14, undefined)]}), scan(20)]
  for (const syncedEnd of [0, 10, 14])
    assert.equal(judged(torn, {syncedEnd}), {
      bases: [0, 10],
      cut: {baseOffset: 10, position: 40, offset: 14},
      damage: [],
      logStartOffset: 0,
      logEndOffset: 14,
      startsAnew: false,
    })
})

test('intact batches behind the first bad one above the synced end are cut, too', () => {
  const verdict = judged([scan(0, {damaged: [range(4, 6), range(8, 9, 80)]})], {syncedEnd: 4})
  assert.equal(verdict.cut, {baseOffset: 0, position: 40, offset: 4})
  assert.is(verdict.logEndOffset, 4)
})

test('a bad batch below the synced end is damage: nothing is cut, and what lies behind it stays', () => {
  const hole = range(4, 6)
  const verdict = judged([scan(0, {damaged: [hole]}), scan(10)], {syncedEnd: 5})
  const text = 'segment 0 is damaged at byte 40 (20 bytes, from offset 4): CRC does not match'
  assert.equal(verdict, {
    bases: [0, 10],
    cut: undefined,
    damage: [{baseOffset: 0, range: hole, text}],
    logStartOffset: 0,
    logEndOffset: 20,
    startsAnew: true,
  })
})

test('behind damage below the synced end a torn tail above it is still cut', () => {
  const verdict = judged([scan(0, {damaged: [range(4, 6), range(8, undefined, 80)]})], {syncedEnd: 7})
  assert.is(verdict.damage.length, 1)
  assert.equal(verdict.cut, {baseOffset: 0, position: 80, offset: 8})
  assert.is(verdict.logEndOffset, 8)
})

test('what was synced and is gone is damage, and its offsets are not given out again', () => {
  const verdict = judged([scan(0), scan(10)], {syncedEnd: 25})
  assert.equal(texts(verdict), ['segment 10 ends at byte 100 and offset 20, but everything below 25 had been synced'])
  assert.equal([verdict.logEndOffset, verdict.startsAnew], [25, true])
})

test('a damaged end below the synced end is told once for the bytes and once for what is missing', () => {
  const verdict = judged([scan(0, {nextOffset: 4, damaged: [range(4, undefined)]})], {syncedEnd: 10})
  assert.equal(texts(verdict), [
    'segment 0 is damaged at byte 40 (20 bytes, from offset 4): CRC does not match',
    'segment 0 ends at byte 100 and offset 4, but everything below 10 had been synced',
  ])
  assert.is(verdict.logEndOffset, 10)
})

test('a log whose segments are all gone is told by where it began', () => {
  const verdict = judged([], {syncedEnd: 9, logStartOffset: 3})
  assert.equal(texts(verdict), ['segment 3 ends at byte 0 and offset 3, but everything below 9 had been synced'])
  // readers are told of no offset that nothing can be found at
  assert.equal([verdict.logStartOffset, verdict.logEndOffset, verdict.startsAnew], [9, 9, true])
})

test('a gap above the synced end was never promised: what lies behind it goes', () => {
  for (const syncedEnd of [0, 10]) {
    const verdict = judged([scan(0), scan(20)], {syncedEnd})
    assert.equal([verdict.bases, verdict.logEndOffset, verdict.damage], [[0], 10, []])
  }
})

test('a gap below the synced end is damage, and what lies behind it stays', () => {
  const verdict = judged([scan(0), scan(20)], {syncedEnd: 11})
  assert.equal(verdict.bases, [0, 20])
  assert.equal(verdict.damage, [
    {baseOffset: 20, range: undefined, text: 'offsets 10 to 19 are missing before segment 20'},
  ])
  assert.equal([verdict.logEndOffset, verdict.startsAnew], [30, true])
})

test('a segment that begins within the one before it is left over from a cut, or damage', () => {
  const overlapping = [scan(0, {nextOffset: 15}), scan(10)]
  const leftOver = judged(overlapping, {syncedEnd: 10})
  assert.equal([leftOver.bases, leftOver.logEndOffset, leftOver.damage], [[0], 15, []])
  const damage = judged(overlapping, {syncedEnd: 11})
  assert.equal(damage.bases, [0, 10])
  assert.equal(texts(damage), ['segment 10 begins below offset 15, where the one before it ends'])
})

test('where all that is left had been deleted, the log goes on where readers were told that it starts', () => {
  assert.equal(judged([scan(0)], {logStartOffset: 12, syncedEnd: 10}), {
    bases: [],
    cut: undefined,
    damage: [],
    logStartOffset: 12,
    logEndOffset: 12,
    startsAnew: true,
  })
})

test('where damage was found nothing is dropped, and the log start stays within the log', () => {
  const verdict = judged([scan(0, {damaged: [range(4, 6)]})], {logStartOffset: 12, syncedEnd: 8})
  assert.equal([verdict.bases, verdict.logStartOffset, verdict.logEndOffset], [[0], 10, 10])
})

const EPOCHS = [
  {epoch: 2, startOffset: 0},
  {epoch: 5, startOffset: 10},
]

/** The verdict on the segments at 0 and 10, the second one with this run of a leader epoch. */
function judgedEpoch(run: Partial<EpochRun>, evidence: Partial<Evidence> = {}) {
  const first = scan(0, {epochs: [{epoch: 2, startOffset: 0, position: 0}]})
  const second = scan(10, {epochs: [{epoch: 5, startOffset: 10, position: 0, ...run}]})
  return judged([first, second], {epochs: EPOCHS, ...evidence})
}

test('batches with the leader epoch that was recorded are as they should be', () => {
  for (const syncedEnd of [0, 20]) assert.equal(judgedEpoch({}, {syncedEnd}).damage, [])
})

test('a leader epoch greater than recorded is damage, synced or not', () => {
  for (const syncedEnd of [0, 12, 20]) {
    const verdict = judgedEpoch({epoch: 6, startOffset: 12, position: 30}, {syncedEnd})
    assert.equal(texts(verdict), ['segment 10 is damaged at byte 30: leader epoch 6 of offset 12 was recorded as 5'])
    assert.equal([verdict.bases, verdict.startsAnew], [[0, 10], true])
  }
})

test('an earlier leader’s batches above the synced end were cut, and came back: they are cut again', () => {
  const verdict = judgedEpoch({epoch: 2, startOffset: 12, position: 30}, {syncedEnd: 12})
  assert.equal(verdict.cut, {baseOffset: 10, position: 30, offset: 12})
  assert.equal([verdict.damage, verdict.logEndOffset, verdict.startsAnew], [[], 12, false])
  assert.is(judgedEpoch({epoch: 2, startOffset: 12}, {syncedEnd: 13}).damage.length, 1)
})

test('the tail is cut where it begins, whatever is wrong with it first', () => {
  const epochs = [{epoch: 2, startOffset: 14, position: 60}]
  for (const [bad, cut] of [
    [range(13, 14, 50), {baseOffset: 10, position: 50, offset: 13}],
    [range(15, 16, 70), {baseOffset: 10, position: 60, offset: 14}],
  ] as const)
    assert.equal(judged([scan(10, {epochs, damaged: [bad]})], {epochs: EPOCHS}).cut, cut)
})

test('an epoch that was never recorded is damage even above the synced end', () => {
  for (const epoch of [-1, 0, 3, 4]) assert.is(judgedEpoch({epoch, startOffset: 12}).damage.length, 1, `epoch ${epoch}`)
})

test('of epochs below the first one recorded nothing is known', () => {
  const epochs = [{epoch: 5, startOffset: 10}]
  assert.equal(judgedEpoch({}, {epochs, syncedEnd: 20}).damage, [])
  assert.equal(judgedEpoch({epoch: 99}, {epochs: [], syncedEnd: 20}).damage, [])
})

test('epochs of batches that are cut do not matter', () => {
  const torn = scan(0, {
    damaged: [range(4, 6)],
    epochs: [
      {epoch: 2, startOffset: 0, position: 0},
      {epoch: 9, startOffset: 6, position: 60},
    ],
  })
  assert.equal(judged([torn], {epochs: EPOCHS, syncedEnd: 4}).damage, [])
})

test.run()

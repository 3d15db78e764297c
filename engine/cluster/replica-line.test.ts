import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {AssertionFailed} from '../assert.ts'
import {REPLICA_LINE_BYTES, ReplicaLine, STATE} from './replica-line.ts'

const LAST = 2 ** 53 - 1

const breaks = (rule: string) => (error: Error) => error instanceof AssertionFailed && error.message === rule

function ends() {
  const memory = new SharedArrayBuffer(3 * REPLICA_LINE_BYTES)
  return {
    memory,
    replica: new ReplicaLine(memory, REPLICA_LINE_BYTES),
    reader: new ReplicaLine(memory, REPLICA_LINE_BYTES),
  }
}

function shown({writtenEnd, highWatermark, syncedEnd, logStartOffset, state, beatMs}: ReplicaLine): number[] {
  return [writtenEnd, highWatermark, syncedEnd, logStartOffset, state, beatMs]
}

test('a new line is all zero: starting, and nothing written', () => {
  const {reader} = ends()
  assert.equal(shown(reader), [0, 0, 0, 0, STATE.starting, 0])
  assert.equal(Object.values(reader.counters()), [0, 0, 0, 0, 0])
})

test('a line is blank until ends were shown, be it those of an empty log', () => {
  for (const [writtenEnd, lastEpoch] of [
    [0, -1],
    [1, 0],
  ] as const) {
    const {replica, reader} = ends()
    assert.ok(reader.isBlank)
    replica.publishWrittenEnd(writtenEnd)
    replica.publishLastEpoch(lastEpoch)
    assert.not(reader.isBlank)
  }
})

test('each word is read as it was published', () => {
  const {memory, replica, reader} = ends()
  replica.publishWrittenEnd(LAST)
  replica.publishHighWatermark(LAST - 1)
  replica.publishSyncedEnd(LAST - 2)
  replica.publishLogStartOffset(LAST - 3)
  replica.publishState(STATE.failed)
  replica.beat(12.9)
  assert.equal(shown(reader), [LAST, LAST - 1, LAST - 2, LAST - 3, STATE.failed, 12])
  for (const at of [0, 2 * REPLICA_LINE_BYTES]) assert.equal(shown(new ReplicaLine(memory, at)), [0, 0, 0, 0, 0, 0])
})

test('counters go apart from the ends, each in its word', () => {
  const {replica, reader} = ends()
  const compaction = {cleanedBytes: LAST, lastRunMs: -1, dirtyRatio: 0.125}
  replica.countCompaction(compaction)
  assert.equal(replica.compaction(), compaction)
  const counters = {batches: 1, appendedBytes: LAST, syncs: 3, segments: 4, sizeBytes: 5}
  replica.count(counters)
  assert.equal(reader.counters(), counters)
  assert.equal(shown(reader), [0, 0, 0, 0, 0, 0])
})

test('the written end never moves back', () => {
  const {replica, reader} = ends()
  for (const end of [3, 3, 5]) replica.publishWrittenEnd(end)
  assert.throws(() => replica.publishWrittenEnd(4), breaks('the written end never moves back'))
  assert.is(reader.writtenEnd, 5)
})

test('the high watermark stays within what is written, and may move back', () => {
  const {replica, reader} = ends()
  replica.publishWrittenEnd(5)
  for (const end of [5, 3]) replica.publishHighWatermark(end)
  assert.throws(() => replica.publishHighWatermark(6), breaks('the high watermark stays within what is written'))
  assert.is(reader.highWatermark, 3)
})

test('only what is written can be synced', () => {
  const {replica, reader} = ends()
  replica.publishWrittenEnd(5)
  replica.publishSyncedEnd(5)
  assert.throws(() => replica.publishSyncedEnd(6), breaks('what is synced had been written'))
  assert.is(reader.syncedEnd, 5)
})

test('the log start never moves back', () => {
  const {replica, reader} = ends()
  for (const offset of [3, 3, 5]) replica.publishLogStartOffset(offset)
  assert.throws(() => replica.publishLogStartOffset(4), breaks('the log start never moves back'))
  assert.is(reader.logStartOffset, 5)
})

test.run()

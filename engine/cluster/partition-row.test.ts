import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {REPLICAS_MAX} from '../limits.ts'
import {NO_LEADERSHIP} from './leadership.ts'
import {PARTITION_ROW_BYTES, PartitionRow} from './partition-row.ts'

const LED = {leaderEpoch: 3, version: 7, leader: 1, isr: 0b110, deleted: false}

function row() {
  const memory = new SharedArrayBuffer(3 * PARTITION_ROW_BYTES)
  return {
    memory,
    writer: new PartitionRow(memory, PARTITION_ROW_BYTES),
    reader: new PartitionRow(memory, PARTITION_ROW_BYTES),
  }
}

test('the leadership changes from what was expected only', () => {
  const {writer, reader} = row()
  assert.is(reader.leadership, NO_LEADERSHIP)
  assert.ok(writer.exchangeLeadership(0n, LED))
  assert.equal(reader.leadership, LED)
  assert.not(writer.exchangeLeadership(0n, {...LED, leader: 2}))
  assert.equal(reader.leadership, LED)
  assert.is(reader.leadership, reader.leadership)
})

test('each replica has a proposal and a line of its own, and no row touches another', () => {
  const {memory, writer, reader} = row()
  for (let slot = 0; slot < REPLICAS_MAX; slot++) {
    writer.propose(slot, {...LED, leader: slot, isr: 1 << slot})
    writer.replica(slot).publishHost(slot + 10, slot % 2 === 0)
    writer.replica(slot).publishWrittenEnd(100 + slot)
  }
  writer.waiters.add(5)
  for (let slot = 0; slot < REPLICAS_MAX; slot++) {
    assert.is(reader.proposal(slot).isr, 1 << slot)
    const {host, hasArena, writtenEnd} = reader.replica(slot)
    assert.equal([host, hasArena, writtenEnd], [slot + 10, slot % 2 === 0, 100 + slot])
  }
  for (const at of [0, 2 * PARTITION_ROW_BYTES])
    assert.ok(new Uint8Array(memory, at, PARTITION_ROW_BYTES).every(byte => byte === 0))
})

test('ends move back outside of an epoch only', () => {
  const line = row().writer.replica(0)
  line.publishFollowedEpoch(4)
  line.publishWrittenEnd(10)
  const ends = {writtenEnd: 6, syncedEnd: 5, highWatermark: 4, logStartOffset: 2}
  assert.throws(() => line.resetEnds(ends), /outside of an epoch/)
  line.publishSyncedWatermark(3)
  line.leaveEpoch()
  line.resetEnds(ends)
  line.publishLastEpoch(3)
  const {writtenEnd, syncedEnd, highWatermark, logStartOffset, syncedWatermark, lastEpoch, followedEpoch} = line
  assert.equal([writtenEnd, syncedEnd, highWatermark, logStartOffset], [6, 5, 4, 2])
  assert.equal([syncedWatermark, lastEpoch, followedEpoch], [0, 3, -1])
})

test.run()

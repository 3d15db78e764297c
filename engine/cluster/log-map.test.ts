import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {THREADS_MAX} from '../limits.ts'
import {LOG_MAP_BYTES, LogMap} from './log-map.ts'
import {STATE} from './replica-line.ts'

test('a map is made in memory of its own, or on another thread’s', () => {
  const map = new LogMap()
  assert.is(map.memory.byteLength, LOG_MAP_BYTES)
  assert.is(new LogMap(map.memory).memory, map.memory)
})

test('a replica thread that died is known everywhere', () => {
  const owner = new LogMap()
  const other = new LogMap(owner.memory)
  assert.not(other.replicaDied)
  owner.publishReplicaDied()
  assert.ok(other.replicaDied)
  assert.ok(owner.replicaDied)
})

test('each part has its place, and none lies over another', () => {
  const writer = new LogMap()
  const reader = new LogMap(writer.memory)
  const counters = {batches: 1, appendedBytes: 2, syncs: 3, segments: 4, sizeBytes: 5}
  writer.replica.publishWrittenEnd(9)
  writer.replica.publishState(STATE.running)
  writer.replica.count(counters)
  writer.waiters.add(0)
  writer.waiters.add(40)
  writer.doorbell.ring(62)
  for (let slot = 0; slot < THREADS_MAX; slot++) writer.threads.claim(1000 + slot)
  writer.threads.doorbell(0).ring(1)
  writer.threads.doorbell(THREADS_MAX - 1).ring(2)

  assert.not(reader.replicaDied)
  assert.is(reader.replica.writtenEnd, 9)
  assert.is(reader.replica.state, STATE.running)
  assert.equal(reader.replica.counters(), counters)
  assert.equal([reader.waiters.take(0), reader.waiters.take(1)], [1, 1 << 8])
  assert.equal([reader.doorbell.takeDirty(0), reader.doorbell.takeDirty(1)], [0, 1 << 30])
  assert.is(reader.doorbell.count(), 1)
  for (let slot = 0; slot < THREADS_MAX; slot++) assert.is(reader.threads.nativeId(slot), 1000 + slot)
  assert.is(reader.threads.doorbell(0).takeDirty(0), 2)
  assert.is(reader.threads.doorbell(THREADS_MAX - 1).takeDirty(0), 4)
})

test.run()

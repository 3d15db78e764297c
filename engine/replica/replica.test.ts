import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {keyedBatch} from '../../property-tests/simulation/compaction-bed.ts'
import {MemoryDisk} from '../../property-tests/simulation/memory-disk.ts'
import {buildBatch, loadPartition, oneRecord} from '../../property-tests/simulation/partition.ts'
import {AssertionFailed} from '../assert.ts'
import type {LogConfig} from '../log/log-config.ts'
import type {SyncJob} from '../log/sync-state.ts'
import {Replica, type ReplicaOptions} from './replica.ts'

const RETENTION_CHECK_MS = 10_000
const NEVER_FLUSH: ReplicaOptions = {
  durability: 'written',
  flushMessages: -1,
  flushMs: -1,
  retentionCheckMs: RETENTION_CHECK_MS,
  cleanerBackoffMs: 15_000,
}
const RECORD = oneRecord(1)
/** Two records fill a segment. */
const SMALL_SEGMENTS: Partial<LogConfig> = {segmentBytes: 2 * RECORD.length, retentionMs: -1}

/** A replica of an empty log, made when the clock shows 0. */
function replicaWith(options: Partial<ReplicaOptions> = {}, config: Partial<LogConfig> = {}): Replica {
  const {log} = loadPartition(new MemoryDisk(), {config})
  return new Replica(log, {...NEVER_FLUSH, ...options}, 0)
}

/** Appends records, one batch each, and commits them together. */
function write(replica: Replica, count: number, nowMs = 0): void {
  for (let i = 0; i < count; i++) replica.append(RECORD.slice(), 0)
  replica.commit(nowMs)
}

function finish(replica: Replica, job: SyncJob | undefined, nowMs = 0): void {
  for (const file of job!.files) file.sync()
  replica.endSync(nowMs)
}

test('what is committed lies below the high watermark, what is only taken does not', () => {
  const replica = replicaWith()
  assert.is(replica.append(buildBatch({timestamps: [1, 2, 3], valueBytes: 5}), 0), 0)
  assert.is(replica.append(RECORD.slice(), 0), 3)
  assert.is(replica.highWatermark, 0)
  replica.commit(0)
  assert.is(replica.highWatermark, 4)
})

test('the time of day is what LogAppendTime stamps', () => {
  const replica = replicaWith({}, {messageTimestampType: 'LogAppendTime'})
  replica.append(RECORD, 1_700_000_000_000)
  replica.commit(5)
  assert.is(replica.log.segments[0]?.largestTimestamp, 1_700_000_000_000)
})

test('a replica that must sync syncs whatever is written, one sync at a time', () => {
  const replica = replicaWith({durability: 'synced'})
  assert.is(replica.nextSync(0), undefined)
  write(replica, 1)
  const job = replica.nextSync(0)
  assert.is(job?.end, 1)
  assert.ok(replica.isSyncing)
  write(replica, 1)
  assert.is(replica.nextSync(0), undefined)
  finish(replica, job)
  assert.not(replica.isSyncing)
  assert.is(replica.log.syncedEnd, 1)
  finish(replica, replica.nextSync(0))
  assert.is(replica.log.syncedEnd, 2)
  assert.is(replica.nextSync(0), undefined)
})

test('a replica left alone syncs nothing', () => {
  const replica = replicaWith()
  write(replica, 3)
  assert.is(replica.nextSync(Number.MAX_SAFE_INTEGER), undefined)
})

test('somebody who waits gets a sync of all that was written so far', () => {
  const replica = replicaWith()
  write(replica, 2)
  assert.is(replica.wantSync(), 2)
  finish(replica, replica.nextSync(0))
  assert.is(replica.log.syncedEnd, 2)
  write(replica, 1)
  assert.is(replica.nextSync(0), undefined)
})

test('flush.messages makes a sync due', () => {
  const replica = replicaWith({flushMessages: 3})
  write(replica, 2)
  assert.is(replica.nextSync(0), undefined)
  write(replica, 1)
  assert.is(replica.nextSync(0)?.end, 3)
})

test('flush.ms counts from the oldest record that is not synced', () => {
  const replica = replicaWith({flushMs: 500})
  write(replica, 1, 1000)
  write(replica, 1, 1400)
  assert.is(replica.dueInMs(1400), 100)
  assert.is(replica.nextSync(1499), undefined)
  assert.is(replica.nextSync(1500)?.end, 2)
})

test('what is written during a sync counts as written at its end', () => {
  const replica = replicaWith({flushMs: 500})
  write(replica, 1, 1000)
  const job = replica.nextSync(1500)
  write(replica, 1, 1600)
  finish(replica, job, 1700)
  assert.is(replica.nextSync(2199), undefined)
  assert.is(replica.nextSync(2200)?.end, 2)
})

test('after all was synced the time counts anew', () => {
  const replica = replicaWith({flushMs: 500})
  write(replica, 1, 1000)
  finish(replica, replica.nextSync(1500), 1500)
  write(replica, 1, 9000)
  assert.is(replica.dueInMs(9000), 500)
})

test('a rolled segment is synced without anybody asking, the active one is not', () => {
  const replica = replicaWith({}, SMALL_SEGMENTS)
  write(replica, 3)
  assert.ok(replica.log.hasRolled)
  const job = replica.nextSync(0)
  assert.is(job?.end, 2)
  finish(replica, job)
  assert.is(replica.log.syncedEnd, 2)
  assert.is(replica.nextSync(0), undefined)
})

test('a sync that is due covers the rolled segments, too', () => {
  const replica = replicaWith({flushMessages: 3}, SMALL_SEGMENTS)
  write(replica, 3)
  finish(replica, replica.nextSync(0))
  assert.is(replica.log.syncedEnd, 3)
})

test('after a sync that failed nothing is taken, synced or due', () => {
  const replica = replicaWith({durability: 'synced', flushMs: 0})
  write(replica, 1, 1000)
  replica.nextSync(1000)
  replica.endSync(1000, new Error('EIO'))
  assert.not(replica.isSyncing)
  assert.match(String(replica.log.failure), /KAFKA_STORAGE_ERROR: a sync failed.*EIO/)
  assert.throws(() => replica.append(RECORD.slice(), 0), /^KAFKA_STORAGE_ERROR/)
  assert.is(replica.log.syncedEnd, 0)
  assert.is(replica.nextSync(2000), undefined)
  assert.is(replica.dueInMs(2000), RETENTION_CHECK_MS - 2000)
})

test('records are deleted up to an offset, or up to the high watermark', () => {
  const replica = replicaWith()
  write(replica, 5)
  assert.is(replica.deleteRecordsBefore(3), 3)
  assert.is(replica.deleteRecordsBefore(2), 3)
  assert.is(replica.deleteRecordsBefore(3), 3)
  assert.throws(
    () => replica.deleteRecordsBefore(6),
    /^OFFSET_OUT_OF_RANGE: cannot delete before 6: the log is \[3, 5\)/,
  )
  assert.is(replica.log.logStartOffset, 3)
  assert.is(replica.deleteRecordsBefore(5), 5)
  write(replica, 1)
  assert.is(replica.deleteRecordsBefore(-1), 6)
})

test('deleted records make retention due at once, and their segments go then', () => {
  const replica = replicaWith({durability: 'synced'}, SMALL_SEGMENTS)
  write(replica, 5)
  finish(replica, replica.nextSync(0))
  replica.deleteRecordsBefore(0)
  assert.is(replica.dueInMs(1), RETENTION_CHECK_MS - 1)
  replica.deleteRecordsBefore(3)
  assert.is(replica.dueInMs(1), 0)
  assert.equal(replica.expired(1, 0), {logStartOffset: 3, count: 1})
  assert.is(replica.dueInMs(1), RETENTION_CHECK_MS)
})

test('what retention kept because it was not synced goes once it is, without waiting for the next look', () => {
  const replica = replicaWith({}, SMALL_SEGMENTS)
  write(replica, 5)
  assert.is(replica.log.segmentCount, 3)
  replica.deleteRecordsBefore(4)
  assert.is(replica.expired(1, 0), undefined)
  finish(replica, replica.nextSync(1), 1)
  assert.equal(replica.expired(2, 0), {logStartOffset: 4, count: 2})
  replica.log.dropSegments(2)
  assert.is(replica.expired(3, 0), undefined)
})

test('retention looks now and then, by the monotonic clock', () => {
  const replica = replicaWith({durability: 'synced'}, {...SMALL_SEGMENTS, retentionMs: 1000})
  write(replica, 3)
  finish(replica, replica.nextSync(0))
  assert.is(replica.expired(RETENTION_CHECK_MS - 1, 9999), undefined)
  assert.is(replica.expired(RETENTION_CHECK_MS, 1001), undefined, 'nothing is old enough')
  assert.is(replica.expired(RETENTION_CHECK_MS + 1, 9999), undefined, 'it has just looked')
  assert.equal(replica.expired(2 * RETENTION_CHECK_MS, 9999), {logStartOffset: 2, count: 1})
  assert.is(replica.log.logStartOffset, 0, 'moving it is left to the caller')
})

test('retention ends an active segment that is too old, which goes once it is synced', () => {
  const replica = replicaWith({durability: 'synced'}, {...SMALL_SEGMENTS, retentionMs: 1000})
  write(replica, 1)
  assert.is(replica.expired(RETENTION_CHECK_MS, 9999), undefined)
  assert.is(replica.log.segmentCount, 2)
  finish(replica, replica.nextSync(0))
  assert.equal(replica.expired(2 * RETENTION_CHECK_MS, 9999), {logStartOffset: 1, count: 1})
})

test('the sooner of flush and retention is when a replica wants to be woken', () => {
  const replica = replicaWith({flushMs: 500})
  assert.is(replica.dueInMs(0), RETENTION_CHECK_MS)
  assert.is(replica.dueInMs(RETENTION_CHECK_MS + 5), 0)
  write(replica, 1, 100)
  assert.is(replica.dueInMs(100), 500)
  assert.is(replica.dueInMs(RETENTION_CHECK_MS - 1), 0)
})

test('a sync under way answers by itself', () => {
  const replica = replicaWith({flushMs: 500})
  write(replica, 1, 0)
  replica.nextSync(500)
  assert.is(replica.dueInMs(500), RETENTION_CHECK_MS - 500)
})

/** A replica with two segments, of which the older is worth compacting. */
function dirtyReplica(): Replica {
  const replica = replicaWith({cleanerBackoffMs: 100}, {cleanupPolicy: 'compact', minCleanableDirtyRatio: 0})
  for (let i = 0; i < 2; i++) {
    replica.append(keyedBatch([{key: 'a', value: '', timestamp: 1}]), 0)
    replica.log.roll()
  }
  replica.append(keyedBatch([{key: 'a', value: '', timestamp: 1}]), 0)
  replica.commit(0)
  replica.log.sync()
  return replica
}

test('what not all in sync have synced counts for nothing in compaction', () => {
  const replica = dirtyReplica()
  replica.followSyncedWatermark(1)
  assert.is(replica.nextCleaning(100, 1000)?.endOffset, 1)
  replica.endCleaning(100, undefined)
  replica.followSyncedWatermark(3)
  assert.is(replica.nextCleaning(600_000, 1000)?.endOffset, 2)
})

test('why a log was not compacted is told until it is; it is tried again after five minutes', () => {
  const replica = dirtyReplica()
  assert.is(replica.nextCleaning(99, 1000), undefined)
  assert.is(replica.nextCleaning(100, 1000)?.endOffset, 2)
  assert.is(replica.endCleaning(200, {failure: 'CORRUPT_MESSAGE'}), false)
  assert.is(replica.cleaningFailure, 'CORRUPT_MESSAGE')
  assert.is(replica.nextCleaning(300_199, 1000), undefined)
  assert.ok(replica.nextCleaning(300_200, 1000))
  // cut short it says nothing new
  assert.is(replica.endCleaning(300_200, undefined), false)
  assert.is(replica.cleaningFailure, 'CORRUPT_MESSAGE')
  assert.ok(replica.nextCleaning(600_200, 1000))
  // what is not there takes nobody's place
  const group = {bases: [0], size: 1, indexBytes: 0, timeIndexBytes: 0, largestTimestamp: 1}
  const result = {endOffset: 2, groups: [group], bytesBefore: 2, bytesAfter: 1}
  assert.is(replica.endCleaning(600_200, {result}), false)
  assert.is(replica.cleaningFailure, undefined)
})

test('compaction is due with its next look, and not while one is under way', () => {
  const replica = dirtyReplica()
  assert.is(replica.dueInMs(40), 60)
  assert.is(replica.dueInMs(150), 0)
  assert.ok(replica.nextCleaning(150, 1000))
  assert.is(replica.dueInMs(200), RETENTION_CHECK_MS - 200)
  assert.is(replica.nextCleaning(1000, 1000), undefined)
  replica.endCleaning(1000, undefined)
  assert.is(replica.dueInMs(RETENTION_CHECK_MS - 1), 1)
  assert.is(replicaWith({cleanerBackoffMs: 100}).dueInMs(40), RETENTION_CHECK_MS - 40, 'nothing is to be compacted')
})

test('what the disk does not allow is told as well, and a bug of ours goes on', () => {
  const replica = dirtyReplica()
  replica.failCleaning(Object.assign(new Error('no space'), {code: 'ENOSPC'}))
  assert.is(replica.cleaningFailure, 'DISK_FULL')
  assert.throws(() => replica.failCleaning(new AssertionFailed('a rule')), 'a rule')
})

test.run()

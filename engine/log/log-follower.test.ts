import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {MemoryDisk} from '../../property-tests/simulation/memory-disk.ts'
import {
  batchOf,
  buildBatch,
  DIR,
  loadClosed,
  loadPartition,
  oneRecord,
  type Partition,
  type PartitionOptions,
  readAll,
  stored,
  viewOf,
} from '../../property-tests/simulation/partition.ts'
import {crc32c} from '../bytes/crc32c.ts'
import {WINDOW_BYTES} from '../limits.ts'
import {ArenaReader} from '../memory/arena.ts'
import {readEpochs} from './leader-epoch-checkpoint.ts'
import type {Log} from './log.ts'
import {LogReader} from './log-reader.ts'
import {SyncedEnd} from './synced-end.ts'
import {verifySegment} from './verify-segment.ts'

interface Replica extends Partition {
  readonly disk: MemoryDisk
}

function open(options: PartitionOptions = {}): Replica {
  const disk = new MemoryDisk()
  return {disk, ...loadPartition(disk, options)}
}

/** Copies what `leader` has and `follower` has not. */
function copy(leader: Replica, follower: Log, capacity = 1000): void {
  const reader = new LogReader(leader.source, capacity)
  while (reader.read(follower.stagedEnd, leader.log.logEndOffset)) {
    follower.appendAsFollower(reader.bytes, reader.start, reader.end)
    follower.commit()
  }
  reader.close()
}

function append(log: Log, count: number, timestamp = 1000): void {
  for (let i = 0; i < count; i++) log.append(oneRecord(timestamp + i, 20, i), 0)
  log.commit()
}

/** Batches of one record each as a leader of `epoch` stores them. */
function copied(epoch: number, ...offsets: readonly number[]): Buffer {
  return Buffer.concat(offsets.map(offset => stored(oneRecord(1000), offset, epoch)))
}

function follow(log: Log, bytes: Buffer): void {
  log.appendAsFollower(bytes, 0, bytes.length)
  log.commit()
}

function files(disk: MemoryDisk, suffix: string): Map<string, string> {
  const found = [...disk.contents().keys()].filter(path => path.endsWith(suffix))
  return new Map(found.sort().map(path => [path, disk.bytes(path).toString('hex')]))
}

function verify({disk, log}: {disk: MemoryDisk; log: Log}): void {
  const {segments} = log
  for (const [i, {baseOffset}] of segments.entries()) {
    const endOffset = segments[i + 1]?.baseOffset ?? log.logEndOffset
    const epochs = readEpochs(disk, DIR)
    const verdict = verifySegment(disk, {dir: DIR, baseOffset, endOffset, indexIntervalBytes: 60, epochs}, crc32c)
    assert.equal([verdict.damaged, verdict.problems], [[], []])
  }
}

test('a follower has the leader’s files, byte by byte, and its epochs, indexes and producers', () => {
  const config = {segmentBytes: 700, indexIntervalBytes: 60, messageTimestampType: 'LogAppendTime'} as const
  const leader = open({config})
  const follower = open({config})
  for (const epoch of [1, 2, 5]) {
    leader.log.startEpoch(epoch)
    for (let i = 0; i < 8; i++) leader.log.append(buildBatch({timestamps: [1, 2], valueBytes: 10 * i}), 5000 + i)
    leader.log.append(batchOf({producerId: epoch, producerEpoch: 0, baseSequence: 4}), 6000)
    leader.log.commit()
    copy(leader, follower.log)
  }
  assert.is(follower.log.logEndOffset, 51)
  assert.equal([follower.log.lastEpoch, follower.log.epochs.starts], [5, leader.log.epochs.starts])
  assert.equal(readEpochs(follower.disk, DIR), readEpochs(leader.disk, DIR))
  const retry = batchOf({producerId: 2, producerEpoch: 0, baseSequence: 4})
  assert.is(follower.log.duplicateOf(retry)?.baseOffset, 33)
  leader.log.close()
  follower.log.close()
  for (const suffix of ['.log', '.index', '.timeindex', '.snapshot'])
    assert.equal(files(follower.disk, suffix), files(leader.disk, suffix), suffix)
  assert.ok(files(follower.disk, '.log').size > 3)
  verify(follower)
  assert.is(loadClosed(follower.disk, 51).log.lastEpoch, 5)
})

test('what is copied is readable once it is committed, from the arena and the files', () => {
  const {log, source, filesOnly} = open()
  const bytes = copied(3, 0, 1, 2)
  log.appendAsFollower(bytes, 0, bytes.length)
  assert.equal([log.logEndOffset, log.stagedEnd], [0, 3])
  log.commit()
  for (const from of [source, filesOnly])
    assert.equal(Buffer.concat(readAll(from, 0, 3).map(batch => batch.bytes)), bytes)
})

test('only the bytes between start and end are taken, and the leader’s bound of a batch is not ours', () => {
  const {log, filesOnly} = open({config: {maxMessageBytes: 70}})
  const bytes = copied(0, 0, 1, 2)
  const one = bytes.length / 3
  log.appendAsFollower(bytes, one, 2 * one)
  log.commit()
  assert.equal(readAll(filesOnly, 1, 2)[0]!.bytes, bytes.subarray(one, 2 * one))
})

test('where compaction left a gap the log end jumps', () => {
  const {log, source} = open()
  follow(log, copied(0, 0, 1, 7, 8))
  assert.is(log.logEndOffset, 9)
  follow(log, copied(1, 30))
  assert.equal([log.logEndOffset, log.lastEpoch], [31, 1])
  assert.equal(
    readAll(source, 0, 31).map(batch => batch.baseOffset),
    [0, 1, 7, 8, 30],
  )
})

test('what does not lie behind what is there is a mistake; half a batch is refused, and those before it are taken', () => {
  const {log} = open()
  follow(log, copied(0, 0, 1))
  assert.throws(() => follow(log, copied(0, 1)), /behind what it has/)
  const bytes = copied(0, 2, 3)
  assert.throws(() => log.appendAsFollower(bytes, 0, bytes.length - 1), /^CORRUPT_MESSAGE/)
  assert.is(log.stagedEnd, 3)
  log.commit()
  assert.is(log.logEndOffset, 3)
})

test('an epoch begins where its first batch is, and is recorded before it is written', () => {
  const {disk, log} = open()
  const bytes = Buffer.concat([copied(2, 0, 1), copied(4, 2, 3)])
  log.appendAsFollower(bytes, 0, bytes.length)
  assert.equal(readEpochs(disk, DIR), [
    {epoch: 2, startOffset: 0},
    {epoch: 4, startOffset: 2},
  ])
  assert.equal([log.logEndOffset, log.lastEpoch], [2, 2])
  log.commit()
  assert.equal([log.logEndOffset, log.lastEpoch], [4, 4])
})

test('an epoch lower than that of a batch is damage, one lower than that of a reign without a batch is not', () => {
  const {log} = open()
  follow(log, copied(3, 0))
  const mixed = Buffer.concat([copied(5, 1), copied(3, 2)])
  assert.throws(
    () => log.appendAsFollower(mixed, 0, mixed.length),
    /^CORRUPT_MESSAGE: leader epoch 3 at 2 comes after 5/,
  )
  log.truncateTo(1)
  log.startEpoch(6)
  follow(log, copied(3, 1))
  assert.equal([log.logEndOffset, log.lastEpoch, log.epochs.starts], [2, 3, [{epoch: 3, startOffset: 0}]])
})

test('a leader’s batches carry its epoch; before them it is recorded, where the ones before end', () => {
  const {disk, log, filesOnly} = open()
  assert.equal([log.leaderEpoch, log.lastEpoch], [0, -1])
  append(log, 1)
  log.append(oneRecord(1), 0)
  log.startEpoch(4)
  assert.equal([log.leaderEpoch, log.lastEpoch, log.logEndOffset], [4, 0, 2])
  assert.equal(readEpochs(disk, DIR).at(-1), {epoch: 4, startOffset: 2})
  log.startEpoch(4)
  append(log, 1)
  assert.equal([log.lastEpoch, viewOf(readAll(filesOnly, 2, 3)[0]!.bytes).getInt32(12)], [4, 4])
  assert.throws(() => log.startEpoch(3), /only rise/)
  disk.endProcess()
  const again = loadPartition(disk).log
  assert.equal([again.leaderEpoch, again.lastEpoch], [4, 4])
})

test('a reign that was cut is recorded again with its next batch', () => {
  const {disk, log} = open()
  append(log, 3)
  log.startEpoch(2)
  append(log, 3)
  log.truncateTo(2)
  assert.equal([log.lastEpoch, log.epochs.starts], [0, [{epoch: 0, startOffset: 0}]])
  append(log, 1)
  assert.equal([log.lastEpoch, readEpochs(disk, DIR)], [2, log.epochs.starts])
  assert.equal(log.epochs.starts.at(-1), {epoch: 2, startOffset: 2})
  verify({disk, log})
})

test('a cut at the end forgets a reign without a batch', () => {
  const {log} = open()
  append(log, 2)
  log.startEpoch(2)
  log.truncateTo(5)
  assert.equal([log.logEndOffset, log.epochs.latest], [2, 0])
})

test('an epoch that cannot be recorded takes nothing', () => {
  const {disk, log} = open()
  append(log, 1)
  disk.intercept = (kind, path) => {
    if (kind === 'rename' && path.includes('epoch')) throw Object.assign(new Error('full'), {code: 'ENOSPC'})
    return undefined
  }
  assert.throws(() => log.startEpoch(1), /^DISK_FULL/)
  assert.throws(() => follow(log, copied(1, 1)), /^DISK_FULL/)
  assert.equal([log.leaderEpoch, log.stagedEnd, log.failure], [0, 1, undefined])
})

test('epochs whose batches a crash took begin no more beyond the log’s end', () => {
  const {disk, log} = open()
  append(log, 3)
  log.sync()
  append(log, 3)
  log.startEpoch(3)
  append(log, 3)
  disk.losePower({changes: () => 0, bytes: () => 0})
  const again = loadPartition(disk).log
  assert.equal([again.logEndOffset, again.leaderEpoch, again.epochs.starts], [3, 3, [{epoch: 0, startOffset: 0}]])
  append(again, 1)
  assert.equal(readEpochs(disk, DIR).at(-1), {epoch: 3, startOffset: 3})
  disk.endProcess()
  assert.is(loadPartition(disk).log.lastEpoch, 3)
})

test('epochs go with the last of their segments', () => {
  const {disk, log} = open({config: {retentionMs: -1}})
  for (const epoch of [1, 2, 3]) {
    log.startEpoch(epoch)
    append(log, 2)
    log.roll()
  }
  log.sync()
  log.moveLogStart(5)
  log.dropSegments(2)
  assert.equal(
    readEpochs(disk, DIR).map(({epoch}) => epoch),
    [2, 3],
  )
  log.moveLogStart(6)
  log.dropSegments(1)
  assert.equal([log.lastEpoch, log.firstBaseOffset], [3, 6])
})

test('a follower that fell behind starts anew', () => {
  const {disk, log, filesOnly} = open({config: {segmentBytes: 300}})
  log.append(batchOf({producerId: 1, producerEpoch: 0, baseSequence: 0}), 0)
  append(log, 9)
  assert.ok(log.segmentCount > 2 && log.hasRolled)
  log.restartAt(500)
  assert.equal([log.logStartOffset, log.logEndOffset, log.stagedEnd, log.syncedEnd], [500, 500, 500, 500])
  assert.equal([log.segmentCount, log.bytes, log.lastEpoch, log.hasRolled], [1, 0, -1, false])
  assert.is(SyncedEnd.read(disk, DIR), 500)
  assert.equal([...files(disk, '').keys()].filter(path => /\d{20}\./.test(path)).length, 3)
  assert.is(log.duplicateOf(batchOf({producerId: 1, producerEpoch: 0, baseSequence: 7})), undefined)
  follow(log, copied(8, 500, 501))
  assert.is(readAll(filesOnly, 500, 502).length, 2)
  log.sync()
  disk.losePower({changes: () => 0, bytes: () => 0})
  const again = loadPartition(disk)
  assert.equal([again.log.logStartOffset, again.log.logEndOffset, again.log.lastEpoch], [500, 502, 8])
  again.log.restartAt(20)
  assert.equal([again.log.logStartOffset, again.log.logEndOffset], [20, 20])
})

test('what the arena shows of a log that starts anew is gone from it', () => {
  const {log, source, filesOnly} = open()
  append(log, 3)
  const arena = new ArenaReader(source.arena!)
  const bytes = Buffer.alloc(1000)
  assert.ok(arena.read(1, bytes) > 0)
  log.restartAt(500)
  assert.is(arena.read(1, bytes), 0)
  follow(log, copied(8, 500, 501))
  assert.equal(readAll(source, 500, 502), readAll(filesOnly, 500, 502))
})

test('segments that were cut do not come back after a power loss', () => {
  const {disk, log} = open({config: {segmentBytes: 300}})
  append(log, 9)
  log.sync()
  log.truncateTo(1)
  disk.losePower({changes: () => 0, bytes: () => 0})
  assert.is(loadPartition(disk).log.logEndOffset, 1)
  assert.equal(
    disk
      .list(DIR)!
      .filter(({name}) => name.endsWith('.log'))
      .map(({name}) => Number.parseInt(name, 10)),
    [0],
  )
})

test('a power loss at any point of a new start leaves a log that loads', () => {
  for (let cut = 0; ; cut++) {
    const {disk, log} = open({config: {segmentBytes: 300}})
    append(log, 9)
    log.sync()
    let calls = 0
    disk.intercept = () => {
      if (calls++ === cut) throw new Error('the power is gone')
      return undefined
    }
    let failed = false
    try {
      log.restartAt(500)
    } catch {
      failed = true
    }
    disk.intercept = undefined
    if (!failed) {
      assert.ok(cut > 20)
      return
    }
    assert.match(String(log.failure), /KAFKA_STORAGE_ERROR: starting the log anew failed/)
    log.abandon()
    const bytes = (_: number) => 0
    disk.losePower({changes: cut % 2 === 0 ? count => count : () => 0, bytes})
    const {log: again} = loadPartition(disk)
    assert.ok(again.logEndOffset <= 9 || again.logEndOffset === 500, `${cut}: ${again.logEndOffset}`)
    again.restartAt(500)
    again.close()
  }
})

test('after a failed sync nothing is copied, led or started anew', () => {
  const {log} = open()
  append(log, 1)
  log.beginSync()
  log.failSync(new Error('EIO'))
  for (const act of [() => follow(log, copied(0, 1)), () => log.startEpoch(2), () => log.restartAt(9)])
    assert.throws(act, /^KAFKA_STORAGE_ERROR/)
})

test('a batch larger than a window is taken', () => {
  const {log} = open()
  follow(log, stored(oneRecord(1, WINDOW_BYTES), 0))
  assert.is(log.logEndOffset, 1)
})

test.run()

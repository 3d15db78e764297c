/** What a log does when the disk refuses: nothing that was acknowledged is lost, nothing that was not comes back, and it goes on once it can. */
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {keyedBatch} from '../../property-tests/simulation/compaction-bed.ts'
import {DiskFaults} from '../../property-tests/simulation/disk-faults.ts'
import {MemoryDisk, systemError} from '../../property-tests/simulation/memory-disk.ts'
import {
  DIR,
  loadClosed,
  loadPartition,
  oneRecord,
  type PartitionOptions,
  readAll,
  stored,
} from '../../property-tests/simulation/partition.ts'
import {crc32c} from '../bytes/crc32c.ts'
import {OdradekError} from '../errors.ts'
import {ROLLED_SEGMENTS_MAX} from '../limits.ts'
import {cleanSegments} from './clean-segments.ts'
import type {Log} from './log.ts'
import {SUFFIX, segmentFile} from './segment-files.ts'
import {SyncedEnd} from './synced-end.ts'

const ONE = stored(oneRecord(1), 0).length

function open(options: PartitionOptions = {}) {
  const disk = new MemoryDisk()
  return {disk, ...loadPartition(disk, options)}
}

function fill(log: Log, count: number, timestamp = 1000): void {
  for (let i = 0; i < count; i++) log.append(oneRecord(timestamp), timestamp)
  log.commit()
}

const code = (expected: string) => (error: unknown) => error instanceof OdradekError && error.code === expected
const bases = (log: Log) => log.segments.map(({baseOffset}) => baseOffset)
const offsets = (source: Parameters<typeof readAll>[0], end: number) =>
  readAll(source, 0, end).map(batch => batch.baseOffset)

/** Fails every call of a kind on paths that end so, until it is undone. */
function refuse(disk: MemoryDisk, kind: string, suffix: string, error = 'ENOSPC'): () => void {
  disk.intercept = (call, path) => {
    if (call === kind && path.endsWith(suffix)) throw systemError(error, path)
    return undefined
  }
  return () => {
    disk.intercept = undefined
  }
}

test('a run that cannot be written is forgotten as a whole; the next one takes its offsets', () => {
  for (const fails of ['ENOSPC', 'EIO', 0, 10, ONE + 10]) {
    const {log, disk, source, filesOnly} = open({config: {indexIntervalBytes: 0}})
    fill(log, 2)
    for (let i = 0; i < 3; i++) log.append(oneRecord(9999), 0)
    let isFull = false
    disk.intercept = (kind, path) => {
      if (kind !== 'write' || !path.endsWith(SUFFIX.log)) return undefined
      if (typeof fails === 'string') throw systemError(fails, path)
      if (isFull) return 0
      isFull = true
      return fails
    }
    assert.throws(() => log.commit(), code(fails === 'EIO' ? 'KAFKA_STORAGE_ERROR' : 'DISK_FULL'))
    disk.intercept = undefined
    assert.equal([log.logEndOffset, log.stagedEnd, log.bytes], [2, 2, 2 * ONE])
    assert.is(disk.bytes(segmentFile(DIR, 0, SUFFIX.log)).length, 2 * ONE)
    fill(log, 2)
    for (const from of [source, filesOnly]) assert.equal(offsets(from, 4), [0, 1, 2, 3])
    assert.is(log.segments[0]!.largestTimestamp, 1000)
    log.close()
    assert.is(loadClosed(disk, 4).log.logEndOffset, 4)
  }
})

test('what is left of a failed run is gone before anything else is written, rolled or closed', () => {
  const next: ((log: Log) => void)[] = [log => fill(log, 1), log => log.roll(), log => log.close()]
  for (const go of next) {
    const {log, disk} = open()
    fill(log, 1)
    log.append(oneRecord(2), 0)
    log.append(oneRecord(3), 0)
    let calls = 0
    disk.intercept = (kind, path) => {
      if (kind === 'write' && path.endsWith(SUFFIX.log)) return calls++ === 0 ? ONE + 5 : 0
      if (kind === 'truncate') throw systemError('EIO', path)
      return undefined
    }
    assert.throws(() => log.commit(), code('DISK_FULL'))
    disk.intercept = undefined
    assert.is(disk.bytes(segmentFile(DIR, 0, SUFFIX.log)).length, 2 * ONE + 5)
    go(log)
    const bytes = disk.bytes(segmentFile(DIR, 0, SUFFIX.log))
    assert.is(bytes.length, log.segments[0]!.size)
    disk.endProcess()
    assert.is(loadPartition(disk).log.logEndOffset, log.logEndOffset)
  }
})

test('what is left of a failed run does not come back after a close', () => {
  const {log, disk} = open()
  fill(log, 1)
  log.append(oneRecord(2), 0)
  let calls = 0
  disk.intercept = (kind, path) => {
    if (kind === 'write' && path.endsWith(SUFFIX.log)) return calls++ === 0 ? 30 : 0
    if (kind === 'truncate') throw systemError('EIO', path)
    return undefined
  }
  assert.throws(() => log.commit(), code('DISK_FULL'))
  disk.intercept = undefined
  // the sync makes it last, too
  log.sync()
  log.close()
  disk.losePower({changes: () => 0, bytes: () => 0})
  assert.is(disk.bytes(segmentFile(DIR, 0, SUFFIX.log)).length, ONE)
})

test('as long as it cannot be removed, nothing more is taken', () => {
  const {log, disk} = open()
  fill(log, 1)
  log.append(oneRecord(2), 0)
  disk.intercept = (kind, path) => {
    if (path.endsWith(SUFFIX.log) && (kind === 'write' || kind === 'truncate')) throw systemError('EIO', path)
    return undefined
  }
  assert.throws(() => log.commit(), code('KAFKA_STORAGE_ERROR'))
  assert.throws(() => log.commit(), code('KAFKA_STORAGE_ERROR'))
  log.append(oneRecord(3), 0)
  assert.throws(() => log.commit(), code('KAFKA_STORAGE_ERROR'))
  assert.is(log.stagedEnd, 1)
  disk.intercept = undefined
  fill(log, 1)
  assert.is(log.logEndOffset, 2)
})

test('a roll that fails at any call leaves the segment as it was, and a smaller batch may still go into it', () => {
  let failures = 0
  for (let nth = 1; ; nth++) {
    const {log, disk, filesOnly, source} = open({config: {segmentBytes: 4 * ONE, indexIntervalBytes: 0}})
    fill(log, 3)
    const faults = new DiskFaults({kind: 'any', nth, fails: 'ENOSPC'})
    disk.intercept = faults.intercept
    let error: unknown
    try {
      log.append(oneRecord(1, 20 + ONE), 0)
    } catch (caught) {
      error = caught
    }
    disk.intercept = undefined
    if (faults.happened === 0) break
    if (error !== undefined) {
      failures++
      assert.ok(code('DISK_FULL')(error), `call ${nth}: ${error}`)
      assert.equal(bases(log), [0])
    }
    log.commit()
    fill(log, 3)
    const end = log.logEndOffset
    for (const from of [filesOnly, source]) assert.is(readAll(from, 0, end).length, end, `call ${nth}`)
    disk.endProcess()
    const again = loadPartition(disk)
    assert.is(again.log.logEndOffset, end, `call ${nth}`)
    assert.is(readAll(again.filesOnly, 0, end).length, end)
  }
  assert.ok(failures > 10, `${failures} calls failed`)
})

test('what was refused does not come back after a power loss, whole as it may have reached the disk', () => {
  const {log, disk} = open()
  fill(log, 1)
  log.append(oneRecord(9999), 0)
  log.append(oneRecord(9999), 0)
  let writes = 0
  disk.intercept = kind => (kind === 'write' ? (writes++ === 0 ? ONE : 0) : undefined)
  assert.throws(() => log.commit(), code('DISK_FULL'))
  disk.intercept = undefined
  // the last change of each file is lost
  disk.losePower({changes: (count, path) => (path === '' ? count : Math.max(0, count - 1)), bytes: count => count})
  assert.is(loadPartition(disk).log.logEndOffset, 1)
})

test('where a refused run cannot be cut for good the log takes nothing more', () => {
  const {log, disk, filesOnly} = open()
  fill(log, 2)
  log.append(oneRecord(9999), 0)
  let writes = 0
  disk.intercept = (kind, path) => {
    if (kind === 'write') return writes++ === 0 ? 10 : 0
    if (kind === 'sync') throw systemError('EIO', path)
    return undefined
  }
  assert.throws(() => log.commit(), code('DISK_FULL'))
  disk.intercept = undefined
  assert.throws(() => log.append(oneRecord(1), 0), code('KAFKA_STORAGE_ERROR'))
  assert.equal(offsets(filesOnly, 2), [0, 1])
})

test('where what is left of an earlier run cannot be cut for good, the one that waited for that is not tried again', () => {
  const {log, disk} = open()
  const fails = (...kinds: string[]) => {
    disk.intercept = (kind, path) => {
      if (kinds.includes(kind) && path.endsWith(SUFFIX.log)) throw systemError('EIO', path)
      return undefined
    }
  }
  log.append(oneRecord(1), 0)
  fails('write', 'truncate')
  assert.throws(() => log.commit(), code('KAFKA_STORAGE_ERROR'))
  log.append(oneRecord(2), 0)
  let cuts = 0
  disk.intercept = (kind, path) => {
    if (!path.endsWith(SUFFIX.log)) return undefined
    if (kind === 'truncate') cuts++
    if (kind === 'sync') throw systemError('EIO', path)
    return undefined
  }
  assert.throws(() => log.commit(), code('KAFKA_STORAGE_ERROR'))
  assert.equal([cuts, log.failure?.code, log.stagedEnd], [1, 'KAFKA_STORAGE_ERROR', 0])
  disk.intercept = undefined
  assert.throws(() => log.append(oneRecord(3), 0), code('KAFKA_STORAGE_ERROR'))
})

test('an index that cannot be written fails the batch that wants a window, and nothing else', () => {
  const {log, disk, source} = open({
    arena: {windows: 2, windowBytes: 3 * ONE, indexEntries: 8},
    config: {indexIntervalBytes: 0},
  })
  fill(log, 3)
  const undo = refuse(disk, 'write', SUFFIX.index)
  assert.throws(() => log.append(oneRecord(1), 0), code('DISK_FULL'))
  assert.equal([log.logEndOffset, log.stagedEnd], [3, 3])
  undo()
  fill(log, 1)
  assert.equal(offsets(source, 4), [0, 1, 2, 3])
})

test('a sync that fails is the end of writing: reads go on', () => {
  const {log, disk, source, filesOnly} = open({config: {segmentBytes: 4 * ONE, retentionMs: 0}})
  fill(log, 6)
  log.sync()
  fill(log, 1)
  log.append(oneRecord(1), 0)
  const undo = refuse(disk, 'sync', SUFFIX.log, 'EIO')
  assert.throws(() => log.sync(), code('KAFKA_STORAGE_ERROR'))
  undo()
  assert.ok(log.failure !== undefined)
  assert.equal([log.syncedEnd, log.needsSync], [6, false])
  const before = disk.contents()
  assert.throws(() => log.append(oneRecord(1), 0), code('KAFKA_STORAGE_ERROR'))
  assert.throws(() => log.commit(), code('KAFKA_STORAGE_ERROR'))
  assert.is(log.stagedEnd, 7)
  log.commit()
  log.sync()
  assert.throws(() => log.roll(), code('KAFKA_STORAGE_ERROR'))
  assert.throws(() => log.truncateTo(1), code('KAFKA_STORAGE_ERROR'))
  assert.equal(log.expired(7, 5000), {logStartOffset: 4, count: 1})
  for (const from of [source, filesOnly]) assert.is(readAll(from, 0, 7).length, 7)
  assert.throws(() => log.close(), code('KAFKA_STORAGE_ERROR'))
  assert.equal(disk.contents(), before)
  assert.is(disk.openFiles, 0)
})

test('retention makes room on a full disk: the segments that it can drop go', () => {
  const {log, disk} = open({config: {segmentBytes: 2 * ONE, retentionMs: 0}})
  fill(log, 5)
  log.sync()
  const undo = refuse(disk, 'open', '.tmp')
  assert.equal(log.expired(5, 5000), {logStartOffset: 4, count: 2})
  undo()
  assert.equal(bases(log), [0, 2, 4])
})

test('what cannot be removed stays a part of the log, and goes the next time', () => {
  const {log, disk} = open({config: {segmentBytes: 2 * ONE, retentionMs: 0}})
  fill(log, 7)
  log.sync()
  log.moveLogStart(6)
  const undo = refuse(disk, 'remove', `2${SUFFIX.log}`, 'EACCES')
  assert.throws(() => log.dropSegments(3), code('PERMISSION_DENIED'))
  undo()
  assert.equal(bases(log), [2, 4, 6])
  assert.is(log.bytes, 5 * ONE)
  log.dropSegments(2)
  assert.equal(bases(log), [6])
})

test('a cut that fails halfway ends the log; loaded again, it is one or the other', () => {
  let failures = 0
  for (let nth = 1; ; nth++) {
    const {log, disk} = open({config: {segmentBytes: 2 * ONE}})
    fill(log, 7)
    log.sync()
    const faults = new DiskFaults({kind: 'any', nth, fails: 'EIO'})
    disk.intercept = faults.intercept
    let error: unknown
    try {
      log.truncateTo(3)
    } catch (caught) {
      error = caught
    }
    disk.intercept = undefined
    if (faults.happened === 0) break
    if (error === undefined) continue
    failures++
    assert.ok(code('KAFKA_STORAGE_ERROR')(error), `call ${nth}`)
    assert.throws(() => log.append(oneRecord(1), 0), code('KAFKA_STORAGE_ERROR'))
    disk.endProcess()
    const again = loadPartition(disk)
    assert.ok(again.log.logEndOffset >= 3 && again.log.logEndOffset <= 7, `call ${nth}`)
    assert.is(readAll(again.filesOnly, 0, again.log.logEndOffset).length, again.log.logEndOffset)
  }
  assert.ok(failures > 10, `${failures} calls failed`)
})

test('a close that fails says so, leaves no file open, and the log is recovered', () => {
  for (const [kind, suffix] of [
    ['write', SUFFIX.log],
    ['write', SUFFIX.timeIndex],
    ['sync', SUFFIX.index],
    ['sync', SUFFIX.log],
    ['open', '.tmp'],
    ['sync', 'synced-end'],
  ]) {
    const {log, disk} = open()
    fill(log, 2)
    log.append(oneRecord(1), 0)
    const undo = refuse(disk, kind!, suffix!, 'EIO')
    assert.throws(() => log.close(), code('KAFKA_STORAGE_ERROR'), `${kind} ${suffix}`)
    undo()
    assert.is(disk.openFiles, 0)
    assert.ok(loadPartition(disk).log.logEndOffset >= 2)
  }
})

/** Files that are open beside those of rolled segments: the active segment's, the directory, `synced-end`, one that is being written. */
const OTHER_FILES = 3 + 1 + 1 + 1
const ONE_A_SEGMENT: PartitionOptions = {config: {segmentBytes: ONE}}

/** Lets no more files be open than that, as the system does. */
function boundFiles(disk: MemoryDisk, most: number): void {
  disk.intercept = (call, path) => {
    if (call === 'open' && disk.openFiles >= most) throw systemError('EMFILE', path)
    return undefined
  }
}

test('segments that are rolled faster than they are synced keep no more than so many files open, and none is lost', () => {
  const most = 3 * ROLLED_SEGMENTS_MAX + OTHER_FILES
  for (const isSyncing of [false, true]) {
    const {log, disk} = open(ONE_A_SEGMENT)
    fill(log, 2)
    const job = isSyncing ? log.beginSync() : undefined
    for (let i = 0; i < 5 * ROLLED_SEGMENTS_MAX; i++) {
      fill(log, 1)
      assert.ok(disk.openFiles <= most, `${disk.openFiles} files`)
    }
    assert.is(log.syncedEnd, 0)
    if (job !== undefined) {
      for (const file of job.files) file.sync()
      log.endSync(job)
      assert.is(log.syncedEnd, 2)
    }
    while (log.needsSync) log.sync()
    const end = 2 + 5 * ROLLED_SEGMENTS_MAX
    assert.equal([log.syncedEnd, log.logEndOffset], [end, end])
    disk.losePower({changes: () => 0, bytes: () => 0})
    const {log: again, filesOnly} = loadPartition(disk, ONE_A_SEGMENT)
    assert.is(again.logEndOffset, end)
    assert.is(offsets(filesOnly, end).length, end)
  }
})

test('where the system has no more files to give, a roll syncs what was rolled and takes theirs', () => {
  const {log, disk, filesOnly} = open(ONE_A_SEGMENT)
  boundFiles(disk, 3 * 4 + OTHER_FILES)
  fill(log, 30)
  disk.intercept = undefined
  assert.is(offsets(filesOnly, 30).length, 30)
})

test('a roll that gets no file is refused for now and loses nothing', () => {
  const {log, disk, filesOnly} = open(ONE_A_SEGMENT)
  fill(log, 1)
  for (const error of ['EMFILE', 'ENFILE']) {
    const undo = refuse(disk, 'open', SUFFIX.log, error)
    for (let i = 0; i < 3; i++)
      assert.throws(
        () => fill(log, 1),
        (refusal: OdradekError) => refusal.code === 'KAFKA_STORAGE_ERROR' && refusal.retriable,
      )
    undo()
    assert.is(log.failure, undefined)
    fill(log, 1)
  }
  assert.equal(offsets(filesOnly, log.logEndOffset), [0, 1, 2])
})

test('a roll on a full disk is refused as such, and nothing is synced for it', () => {
  const {log, disk} = open(ONE_A_SEGMENT)
  fill(log, 3)
  assert.ok(log.hasRolled)
  const before = disk.openFiles
  disk.intercept = (kind, path) => (kind === 'write' && path.includes(SUFFIX.snapshot) ? 0 : undefined)
  assert.throws(() => fill(log, 1), code('DISK_FULL'))
  assert.is(log.syncedEnd, 0)
  assert.equal([log.hasRolled, disk.openFiles], [true, before])
})

test('a sync that fails for want of files fails the log, and a sync under way still ends', () => {
  const {log, disk} = open(ONE_A_SEGMENT)
  fill(log, 3)
  const job = log.beginSync()
  fill(log, ROLLED_SEGMENTS_MAX - 2)
  const undo = refuse(disk, 'sync', SUFFIX.log, 'EIO')
  assert.throws(() => fill(log, 1), code('KAFKA_STORAGE_ERROR'))
  undo()
  assert.match(String(log.failure), 'a sync failed')
  log.endSync(job)
  assert.is(log.syncedEnd, 3)
})

test('what a failed sync left in memory only is written again by the next open, and lasts', () => {
  for (const config of [{}, {segmentBytes: 3 * ONE}]) {
    const {log, disk} = open({config})
    fill(log, 2)
    log.sync()
    fill(log, 3)
    disk.intercept = (kind, path) => {
      if (kind !== 'sync' || !path.startsWith(`${DIR}/0`)) return undefined
      disk.failSync(path)
      throw systemError('EIO', path)
    }
    assert.throws(() => log.sync(), code('KAFKA_STORAGE_ERROR'))
    disk.intercept = undefined
    log.abandon()
    for (const isFirst of [true, false]) {
      let rewritten = 0
      disk.intercept = (kind, path) => {
        if (kind === 'write' && path.endsWith(SUFFIX.log)) rewritten++
        return undefined
      }
      const {log: again} = loadPartition(disk, {config})
      disk.intercept = undefined
      assert.equal([again.logEndOffset, rewritten > 0], [5, isFirst])
      again.sync()
      again.abandon()
      disk.losePower({changes: () => 0, bytes: () => 0})
      const {log: left, filesOnly} = loadPartition(disk.copy(), {config})
      assert.equal([left.logEndOffset, offsets(filesOnly, 5).length], [5, 5])
    }
  }
})

test('a sync whose record cannot be written holds; who needs the record is told', () => {
  const {log, disk} = open()
  fill(log, 1)
  disk.intercept = (kind, path) => {
    if (kind === 'write' && path.endsWith('synced-end')) throw systemError('EIO', path)
    return undefined
  }
  log.sync()
  assert.equal([log.syncedEnd, SyncedEnd.read(disk, DIR)], [log.logEndOffset, 0])
  assert.throws(() => log.recordSync(), code('KAFKA_STORAGE_ERROR'))
  disk.intercept = undefined
  log.recordSync()
  assert.is(SyncedEnd.read(disk, DIR), log.logEndOffset)
  assert.is(log.failure, undefined)
})

test('a failure that cannot be noted is a failure all the same', () => {
  const {log, disk} = open()
  fill(log, 1)
  disk.intercept = (kind, path) => {
    if (kind === 'sync' || (kind === 'write' && path.endsWith('synced-end'))) throw systemError('EIO', path)
    return undefined
  }
  assert.throws(() => log.sync(), code('KAFKA_STORAGE_ERROR'))
  disk.intercept = undefined
  assert.match(String(log.failure), 'a sync failed')
})

test('leader epochs whose new file is in its place and may not last are made to last before a batch is of one of them', () => {
  const {log, disk} = open()
  const undo = refuse(disk, 'sync', DIR)
  assert.throws(() => log.startEpoch(1), code('DISK_FULL'))
  undo()
  log.abandon()
  const again = loadPartition(disk)
  assert.is(again.log.leaderEpoch, 1)
  fill(again.log, 1)
  // all but the last change of a name
  const changes = (count: number, path: string) => (path === '' ? Math.max(0, count - 1) : count)
  disk.losePower({changes, bytes: count => count})
  const {log: last} = loadPartition(disk)
  assert.equal([last.leaderEpoch, last.logEndOffset], [1, 1])
})

test('what a compaction made of a log that has failed meanwhile is thrown away', () => {
  const {log, disk} = open({config: {cleanupPolicy: 'compact'}})
  for (const value of ['1', '2']) log.append(keyedBatch([{key: 'a', value, timestamp: 1000}]), 1000)
  log.roll()
  log.append(keyedBatch([{key: 'b', value: '', timestamp: 1000}]), 1000)
  log.commit()
  log.sync()
  const job = log.beginCleaning(log.logEndOffset, 2000)!
  const codecs = {decompress: () => undefined, compress: () => undefined}
  const result = cleanSegments({storage: disk, crc32c, codecs, offsetMapBytes: 1 << 20, pause() {}}, job)
  log.failSync(systemError('EIO', DIR))
  const before = disk.bytes(segmentFile(DIR, 0, SUFFIX.log))
  assert.is(log.endCleaning(job, result), false)
  assert.equal(disk.bytes(segmentFile(DIR, 0, SUFFIX.log)), before)
  assert.is(log.cleanedEnd, 0)
  assert.equal(
    [...disk.contents().keys()].filter(path => path.endsWith('.cleaned')),
    [],
  )
  assert.is(log.beginCleaning(log.logEndOffset, 2000), undefined)
})

test.run()

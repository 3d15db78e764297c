import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {assertSame} from '../../property-tests/simulation/log-bed.ts'
import {MemoryDisk, systemError} from '../../property-tests/simulation/memory-disk.ts'
import {
  batchOf,
  buildBatch,
  DIR,
  loadClosed,
  loadPartition,
  oneRecord,
  type PartitionOptions,
  readAll,
  stored,
} from '../../property-tests/simulation/partition.ts'
import {OdradekError} from '../errors.ts'
import {readEpochs, writeEpochs} from './leader-epoch-checkpoint.ts'
import {planLoad} from './load-log.ts'
import {SUFFIX, segmentFile} from './segment-files.ts'
import {SyncedEnd} from './synced-end.ts'

const ONE = stored(oneRecord(1), 0).length
const SMALL: PartitionOptions = {config: {segmentBytes: 4 * ONE, indexIntervalBytes: ONE}}
const NOTHING = {changes: () => 0, bytes: () => 0}

const logFile = (base: number) => segmentFile(DIR, base, SUFFIX.log)
const indexFile = (base: number) => segmentFile(DIR, base, SUFFIX.index)

/** A disk with a log of `count` records in segments of four, closed or as its process left it. */
function diskWith(count: number, options: {synced?: number; close?: boolean} = {}): MemoryDisk {
  const disk = new MemoryDisk()
  const {log} = loadPartition(disk, SMALL)
  for (let i = 0; i < count; i++) {
    log.append(oneRecord(1000 + i), 0)
    log.commit()
    if (i + 1 === options.synced) log.sync()
  }
  if (options.close === true) log.close()
  disk.endProcess()
  return disk
}

const plan = (disk: MemoryDisk, request: Parameters<typeof planLoad>[2]) => {
  const {bases, scans, syncedEnd} = planLoad(disk, DIR, request)
  return {bases, syncedEnd, scanned: scans.map(scan => scan.baseOffset)}
}
const REQUEST = {clean: false, recoveryPoint: 0, logStartOffset: 0, onDamage: 'refuse' as const}

test('a partition without files starts a log at its start', () => {
  const {log, verdict} = loadPartition(new MemoryDisk(), {request: {logStartOffset: 70}})
  assert.equal([log.logStartOffset, log.logEndOffset, log.leaderEpoch, verdict.bases], [70, 70, 0, []])
  const disk = new MemoryDisk()
  assert.equal(plan(disk, REQUEST).bases, [])
})

test('what was closed cleanly is not read, but for its tail', () => {
  const disk = diskWith(10, {close: true})
  assert.equal(plan(disk, {...REQUEST, clean: true}), {bases: [0, 4, 8], syncedEnd: 10, scanned: []})
  const reads: string[] = []
  disk.intercept = (kind, path) => {
    if (kind === 'read' && path.endsWith('.log')) reads.push(path)
    return undefined
  }
  const {log} = loadClosed(disk, 10, SMALL)
  assert.equal([...new Set(reads)], [logFile(8)])
  assert.equal(
    log.segments.map(({baseOffset, size, largestTimestamp}) => [baseOffset, size, largestTimestamp]),
    [
      [0, 4 * ONE, 1003],
      [4, 4 * ONE, 1007],
      [8, 2 * ONE, 1009],
    ],
  )
})

test('after a crash everything from the segment on that ends at the synced end is read', () => {
  assert.equal(plan(diskWith(10, {synced: 3}), REQUEST).scanned, [0, 4, 8])
  assert.equal(plan(diskWith(10, {synced: 4}), REQUEST).scanned, [0, 4, 8])
  assert.equal(plan(diskWith(10, {synced: 5}), REQUEST).scanned, [4, 8])
  assert.equal(plan(diskWith(10, {synced: 10}), REQUEST).scanned, [8])
})

test('a segment without an index, or with half an entry, is read and gets a new one', () => {
  for (const bytes of [undefined, new Uint8Array(12)]) {
    const disk = diskWith(10, {close: true})
    if (bytes === undefined) disk.remove(indexFile(4))
    else disk.put(indexFile(4), bytes)
    assert.equal(plan(disk, {...REQUEST, clean: true}).scanned, [4])
    loadClosed(disk, 10, SMALL).log.abandon()
    assert.is(disk.bytes(indexFile(4)).length, 8)
  }
})

test('a gap at the end is looked for only where compaction is, or has been', () => {
  const mayEndBehindGap = (request: object) =>
    planLoad(diskWith(2), DIR, {...REQUEST, ...request}).scans.map(scan => scan.mayEndBehindGap)
  assert.equal([{}, {isCompacted: false}, {cleanedEnd: 0}].flatMap(mayEndBehindGap), [false, false, false])
  assert.equal([{isCompacted: true}, {cleanedEnd: 1}].flatMap(mayEndBehindGap), [true, true])
})

test('the synced end: after a clean close the recovery point, else our own record', () => {
  const disk = diskWith(10, {close: true})
  const syncedEnd = (clean: boolean, recoveryPoint: number) => plan(disk, {...REQUEST, clean, recoveryPoint}).syncedEnd
  assert.equal([syncedEnd(true, 7), syncedEnd(true, 1)], [7, 1])
  assert.is(syncedEnd(true, 0), 10)
  assert.is(syncedEnd(false, 50), 10)
  disk.remove(`${DIR}/synced-end`)
  assert.is(syncedEnd(false, 9), 9)
})

test('a log that was cut since its last clean close is not taken for damaged', () => {
  const disk = diskWith(10, {close: true})
  const {log} = loadClosed(disk, 10, SMALL)
  log.truncateTo(6)
  log.append(oneRecord(1), 0)
  log.commit()
  disk.endProcess()
  assert.is(loadPartition(disk, {...SMALL, request: {recoveryPoint: 10}}).log.logEndOffset, 7)
})

test('a log that Kafka cut and closed is taken as it is, and its next crash, too', () => {
  const disk = diskWith(10, {close: true})
  for (const suffix of [SUFFIX.log, SUFFIX.index, SUFFIX.timeIndex]) disk.remove(segmentFile(DIR, 8, suffix))
  assert.is(SyncedEnd.read(disk, DIR), 10)
  const {log} = loadClosed(disk, 8, SMALL)
  assert.is(log.logEndOffset, 8)
  log.append(oneRecord(1), 0)
  log.commit()
  disk.endProcess()
  assert.is(loadPartition(disk, SMALL).log.logEndOffset, 9)
})

test('a closed segment that a killed process had not synced is on stable storage after the load', () => {
  const disk = diskWith(10)
  const {log} = loadPartition(disk, SMALL)
  log.sync()
  disk.losePower(NOTHING)
  const {log: again, filesOnly} = loadPartition(disk, SMALL)
  assert.is(readAll(filesOnly, 0, again.logEndOffset).length, 10)
})

/** A log of which only what lies behind the last index entry is read after a crash; a producer has its first batch. */
function lateStart(): {disk: MemoryDisk; options: PartitionOptions; first: Uint8Array} {
  const disk = new MemoryDisk()
  const options: PartitionOptions = {
    config: {segmentBytes: 1 << 20, indexIntervalBytes: ONE},
    arena: {windows: 2, windowBytes: 5 * ONE, indexEntries: 64},
  }
  const first = batchOf({producerId: 7, producerEpoch: 0, baseSequence: 0})
  const {log} = loadPartition(disk, options)
  log.append(first.slice(), 0)
  for (let i = 0; i < 60; i++) {
    log.append(oneRecord(1000 + i), 0)
    log.commit()
  }
  log.sync()
  return {disk, options, first}
}

test('a scan that starts late says nothing of the producers before it', () => {
  const {disk, options, first} = lateStart()
  disk.endProcess()
  assert.ok(planLoad(disk, DIR, REQUEST).scans[0]!.from !== undefined)
  const exact = loadPartition(disk.copy(), {...options, request: {exactProducers: true}})
  assert.is(exact.log.duplicateOf(first)?.baseOffset, 0)
  const lax = loadPartition(disk.copy(), options)
  assert.is(lax.log.duplicateOf(first), undefined)
})

test('after a sync that failed a segment is read from its start', () => {
  const {disk, options} = lateStart()
  const {log} = loadPartition(disk, options)
  log.append(oneRecord(1), 0)
  log.commit()
  log.beginSync()
  log.failSync(new Error('EIO'))
  log.abandon()
  disk.endProcess()
  const {scans, rewrite} = planLoad(disk, DIR, REQUEST)
  assert.equal([scans.map(({from}) => from), rewrite], [[undefined], true])
})

test('an index that leads astray costs a full read and is made anew', () => {
  const astray: [position: number, relative: number][] = [
    [-5, 1],
    [100_000, 1],
    [3, 1],
    [0, 1],
    [ONE, 7],
    [ONE, -1],
  ]
  for (const [position, relative] of astray) {
    const disk = diskWith(4, {close: true})
    const whole = disk.bytes(indexFile(0))
    const entry = Buffer.alloc(8)
    entry.writeInt32BE(relative, 0)
    entry.writeInt32BE(position, 4)
    disk.put(indexFile(0), entry)
    const {log, filesOnly} = loadClosed(disk, 4, SMALL)
    assert.is(log.logEndOffset, 4)
    assert.is(readAll(filesOnly, 0, 4).length, 4)
    log.abandon()
    assert.equal(disk.bytes(indexFile(0)), whole, `${position}, ${relative}`)
  }
  const disk = diskWith(4, {close: true})
  const whole = disk.bytes(indexFile(0))
  disk.put(indexFile(0), new Uint8Array(0))
  loadClosed(disk, 4, SMALL).log.abandon()
  assert.equal(disk.bytes(indexFile(0)), whole)
})

test('bytes behind a clean close are cut', () => {
  const disk = diskWith(2, {close: true})
  disk.put(logFile(0), Buffer.concat([disk.bytes(logFile(0)), Buffer.from('torn')]))
  const {log} = loadClosed(disk, 2, SMALL)
  assert.is(log.logEndOffset, 2)
  assert.is(disk.bytes(logFile(0)).length, 2 * ONE)
})

test('time since the first record goes on across a load', () => {
  const options: PartitionOptions = {config: {segmentMs: 100, indexIntervalBytes: 0}}
  for (const close of [true, false]) {
    const disk = new MemoryDisk()
    const {log} = loadPartition(disk, options)
    for (const timestamp of [1000, 1050, 1060]) log.append(oneRecord(timestamp), 0)
    if (close) log.close()
    else log.commit()
    disk.endProcess()
    const again = close ? loadClosed(disk, 3, options).log : loadPartition(disk, options).log
    again.append(oneRecord(1100), 0)
    assert.is(again.segmentCount, 1)
    again.append(oneRecord(1101), 0)
    assert.is(again.segmentCount, 2)
  }
})

test('an empty last segment goes on, clean or not', () => {
  for (const close of [true, false]) {
    const disk = new MemoryDisk()
    const {log} = loadPartition(disk, SMALL)
    log.append(oneRecord(1), 0)
    log.roll()
    if (close) log.close()
    disk.endProcess()
    const {log: again} = close ? loadClosed(disk, 1, SMALL) : loadPartition(disk, SMALL)
    assert.equal(
      again.segments.map(({baseOffset}) => baseOffset),
      [0, 1],
    )
    assert.is(again.append(oneRecord(2), 0), 1)
    again.commit()
    assert.is(again.segmentCount, 2)
  }
})

test('a log whose tail was lost below its start goes on at its start', () => {
  const disk = diskWith(6)
  const {log} = loadPartition(disk, {...SMALL, request: {logStartOffset: 9}})
  assert.equal([log.logStartOffset, log.logEndOffset, log.firstBaseOffset], [9, 9, 9])
  log.append(oneRecord(1), 0)
  log.commit()
  disk.endProcess()
  const again = loadPartition(disk, {...SMALL, request: {logStartOffset: 9}})
  assert.is(again.log.logEndOffset, 10)
})

test('the leader epoch is the last one recorded', () => {
  const disk = diskWith(3, {close: true})
  writeEpochs(disk, DIR, [
    {epoch: 0, startOffset: 0},
    {epoch: 6, startOffset: 3},
  ])
  const {log} = loadClosed(disk, 3, SMALL)
  assert.is(log.leaderEpoch, 6)
  log.append(oneRecord(1), 0)
  log.commit()
  disk.endProcess()
  assert.is(loadPartition(disk, SMALL).log.logEndOffset, 4)
})

test('an earlier leader’s records that came back are cut, and the log goes on in their place', () => {
  const disk = diskWith(3)
  writeEpochs(disk, DIR, [
    {epoch: 0, startOffset: 0},
    {epoch: 1, startOffset: 1},
  ])
  const {log} = loadPartition(disk, SMALL)
  assert.equal([log.logEndOffset, log.leaderEpoch, disk.bytes(logFile(0)).length], [1, 1, ONE])
  assert.is(log.append(oneRecord(2000), 0), 1)
  log.commit()
  log.close()
  assert.is(loadClosed(disk, 2, SMALL).log.logEndOffset, 2)
})

test('where that record is lost, the batches tell the epochs', () => {
  const disk = new MemoryDisk()
  disk.makeDirectory(DIR)
  const at = (base: number, epoch: number) => stored(oneRecord(1000), base, epoch)
  disk.put(logFile(0), Buffer.concat([at(0, 2), at(1, 2), at(2, 5)]))
  disk.put(logFile(3), Buffer.concat([at(3, 5), at(4, 7)]))
  for (const base of [0, 3]) disk.put(indexFile(base), new Uint8Array(0))
  const {log, scannedSegments} = loadClosed(disk, 5, SMALL)
  assert.equal([log.leaderEpoch, scannedSegments], [7, 2])
  assert.equal(readEpochs(disk, DIR), [
    {epoch: 2, startOffset: 0},
    {epoch: 5, startOffset: 2},
    {epoch: 7, startOffset: 4},
  ])
})

test('damage is refused with every place it is at, and nothing changes', () => {
  const disk = diskWith(10, {synced: 10})
  const bytes = disk.bytes(logFile(8))
  bytes[5]! ^= 1
  bytes[2 * ONE - 1]! ^= 1
  disk.put(logFile(8), bytes)
  const before = disk.contents()
  assert.throws(
    () => loadPartition(disk, SMALL),
    (error: OdradekError) =>
      error.code === 'LOG_DAMAGED' && /byte 0 /.test(error.message) && /Nothing was changed/.test(error.message),
  )
  assert.equal(disk.contents(), before)
})

test('damage that is kept stays where it is, and the log goes on in a segment of its own', () => {
  const disk = diskWith(10, {synced: 10})
  const bytes = disk.bytes(logFile(8))
  bytes[30]! ^= 1
  disk.put(logFile(8), bytes)
  const keep: PartitionOptions = {...SMALL, request: {onDamage: 'keep'}}
  const {log, verdict} = loadPartition(disk, keep)
  assert.is(verdict.damage.length, 1)
  assert.equal(
    log.segments.map(({baseOffset}) => baseOffset),
    [0, 4, 8, 10],
  )
  assert.equal(disk.bytes(logFile(8)), bytes)
  disk.endProcess()
  const again = loadPartition(disk, keep)
  assert.is(again.log.segmentCount, 4, 'the empty segment is used')
  assert.is(again.log.append(oneRecord(1), 0), 10)
})

test('segments without times count from their last write', () => {
  const disk = new MemoryDisk()
  disk.nowMs = 5000
  const {log} = loadPartition(disk, SMALL)
  for (let i = 0; i < 6; i++) log.append(oneRecord(-1), 0)
  log.commit()
  assert.equal(
    log.segments.map(segment => segment.largestTimestamp),
    [5000, 5000],
  )
  log.close()
  disk.nowMs = 9000
  const {log: again} = loadClosed(disk, 6, SMALL)
  assert.equal(
    again.segments.map(segment => segment.largestTimestamp),
    [5000, 5000],
  )
})

test('a segment whose times are all 0 has that time', () => {
  const disk = new MemoryDisk()
  disk.nowMs = 5000
  const {log} = loadPartition(disk, SMALL)
  for (let i = 0; i < 6; i++) log.append(oneRecord(0), 0)
  log.close()
  const {log: again} = loadClosed(disk, 6, SMALL)
  assert.equal(
    again.segments.map(segment => segment.largestTimestamp),
    [0, 0],
  )
})

test('a load that fails is a typed error, leaves no file open, and the next one does it', () => {
  const disk = diskWith(10, {synced: 6})
  const expected = readAll(loadPartition(disk.copy(), SMALL).filesOnly, 0, 10)
  for (const kind of ['open', 'openDirectory', 'write', 'sync', 'truncate', 'remove'] as const) {
    const copy = disk.copy()
    copy.put(segmentFile(DIR, 99, SUFFIX.index), new Uint8Array(8))
    copy.intercept = (call, path) => {
      if (call === kind && !path.endsWith('synced-end')) throw Object.assign(new Error('no'), {code: 'ENOSPC'})
      return undefined
    }
    if (kind === 'open') {
      assert.throws(() => loadPartition(copy, SMALL), /no/)
    } else {
      assert.throws(
        () => loadPartition(copy, SMALL),
        (error: OdradekError) => error instanceof OdradekError && error.code === 'DISK_FULL',
        kind,
      )
    }
    assert.is(copy.openFiles, 0, kind)
    copy.intercept = undefined
    assertSame(readAll(loadPartition(copy, SMALL).filesOnly, 0, 10), expected, kind)
  }
})

test('a log that cannot hold its directory open is not loaded', () => {
  const disk = diskWith(3, {close: true})
  disk.intercept = (kind, path) => {
    if (kind === 'openDirectory') throw systemError('EMFILE', path)
    return undefined
  }
  assert.throws(
    () => loadClosed(disk, 3, SMALL),
    (error: OdradekError) => error.code === 'KAFKA_STORAGE_ERROR',
  )
  assert.is(disk.openFiles, 0)
})

test('a batch of many records at the end is not cut in two', () => {
  const disk = new MemoryDisk()
  const {log} = loadPartition(disk, SMALL)
  log.append(buildBatch({timestamps: [1, 2, 3, 4, 5], valueBytes: 5}), 0)
  log.close()
  assert.is(loadClosed(disk, 5, SMALL).log.logEndOffset, 5)
})

test.run()

import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {Chance} from '../../property-tests/faults/chance.ts'
import {anyScattering} from '../../property-tests/faults/scatterings.ts'
import {MemoryDisk} from '../../property-tests/simulation/memory-disk.ts'
import {buildBatch, DIR, loadPartition, oneRecord, readAll, stored} from '../../property-tests/simulation/partition.ts'
import type {ScanFrom} from './scan-segment.ts'
import {findScanStart} from './scan-start.ts'
import {SUFFIX, type Suffix, segmentFile} from './segment-files.ts'

const ONE = stored(oneRecord(1), 0).length
/** Each second record gets an index entry, and entries go to the files every five records or so. */
const OPTIONS = {
  config: {segmentBytes: 1 << 20, indexIntervalBytes: ONE, retentionMs: -1},
  arena: {windows: 2, windowBytes: 5 * ONE, indexEntries: 64},
}
const file = (suffix: Suffix, base = 0) => segmentFile(DIR, base, suffix)

/** A log of that many records in one segment, each a millisecond after the last, as its process left it. */
function killed({synced, unsynced}: {synced: number; unsynced: number}): MemoryDisk {
  const disk = new MemoryDisk()
  const {log} = loadPartition(disk, OPTIONS)
  for (let i = 0; i < synced + unsynced; i++) {
    if (i === synced) log.sync()
    log.append(oneRecord(1000 + i), 0)
    log.commit()
  }
  disk.endProcess()
  return disk
}

/** From here on counts the bytes that are read of segments. */
function countReads(disk: MemoryDisk): () => number {
  let bytes = 0
  const open = disk.open.bind(disk)
  disk.open = (path, mode) => {
    const opened = open(path, mode)
    const read = opened.read.bind(opened)
    opened.read = (...asked) => {
      const count = read(...asked)
      if (path.endsWith(SUFFIX.log)) bytes += count
      return count
    }
    return opened
  }
  return () => bytes
}

const startOf = (disk: MemoryDisk, syncedEnd = 100) => findScanStart(disk, DIR, 0, syncedEnd)

function change(disk: MemoryDisk, path: string, at: number, bytes: readonly number[]): MemoryDisk {
  const copy = disk.copy()
  const changed = copy.bytes(path)
  changed.set(bytes, at)
  copy.put(path, changed)
  return copy
}

test('of a segment only what lies behind the last index entry below the synced end is read, however long it is', () => {
  const read = [20, 200, 2000].map(synced => {
    const disk = killed({synced, unsynced: 20})
    const bytesRead = countReads(disk)
    const {log, scannedSegments} = loadPartition(disk, OPTIONS)
    assert.equal([log.logEndOffset, scannedSegments], [synced + 20, 1])
    return bytesRead()
  })
  assert.ok(Math.max(...read) < 30 * ONE, `${read}`)
})

test('the entries below are kept, and those behind are made anew', () => {
  const disk = killed({synced: 100, unsynced: 20})
  const {position, lastOffset, keep} = startOf(disk)! as Required<ScanFrom>
  assert.equal([position / ONE, lastOffset], [lastOffset, lastOffset])
  assert.equal(keep, {offsetEntries: lastOffset / 2, timeEntries: lastOffset / 2, lastTimestamp: 1000 + lastOffset})
})

test('without an entry below the synced end, or a batch that bears one out, all is read', () => {
  const disk = killed({synced: 100, unsynced: 20})
  assert.is(startOf(disk, 2), undefined, 'no entry')
  assert.is(startOf(disk, 3), undefined, 'none before that of the only time')
  assert.is(startOf(disk, 5)?.lastOffset, 2)
  for (const suffix of [SUFFIX.index, SUFFIX.timeIndex]) {
    const copy = disk.copy()
    copy.remove(file(suffix))
    assert.is(startOf(copy), undefined, suffix)
  }
  const {position, lastOffset, keep} = startOf(disk)! as Required<ScanFrom>
  const lost = disk.copy()
  lost.put(file(SUFFIX.log), disk.bytes(file(SUFFIX.log)).subarray(0, position + ONE + 10))
  assert.is(startOf(lost), undefined, 'the batch is not there')
  assert.is(startOf(change(disk, file(SUFFIX.log), position + 7, [0])), undefined, 'another offset')
  assert.is(startOf(change(disk, file(SUFFIX.log), position + ONE + 7, [lastOffset])), undefined, 'no order')
  assert.is(startOf(change(disk, file(SUFFIX.log), position + 16, [1])), undefined, 'no batch')
  const witness = 12 * keep.timeEntries
  assert.is(startOf(change(disk, file(SUFFIX.timeIndex), witness + 5, [1])), undefined, 'another time')
})

test('entries that are lost, or make no order, count as the end of an index', () => {
  const disk = killed({synced: 100, unsynced: 20})
  const zeros = (count: number) => Array.from({length: count}, () => 0)
  for (const [suffix, bytes] of [
    [SUFFIX.index, 8],
    [SUFFIX.timeIndex, 12],
  ] as const) {
    const start = startOf(change(disk, file(suffix), 10 * bytes, zeros(bytes)))
    assert.equal([start?.lastOffset, start?.keep?.timeEntries], suffix === SUFFIX.index ? [20, 10] : [18, 9], suffix)
    assert.is(startOf(change(disk, file(suffix), 0, zeros(bytes))), undefined, suffix)
  }
})

test('an entry whose offset, position or time is that of the one before it ends its index', () => {
  const disk = killed({synced: 100, unsynced: 20})
  for (const [suffix, bytes, fields] of [
    [
      SUFFIX.index,
      8,
      [
        [0, 4],
        [4, 4],
      ],
    ],
    [
      SUFFIX.timeIndex,
      12,
      [
        [0, 8],
        [8, 4],
      ],
    ],
  ] as const) {
    for (const [at, length] of fields) {
      const before = disk.bytes(file(suffix)).subarray(9 * bytes + at, 9 * bytes + at + length)
      const start = startOf(change(disk, file(suffix), 10 * bytes + at, [...before]))
      assert.is(start?.lastOffset, suffix === SUFFIX.index ? 20 : 18, `${suffix}, field at ${at}`)
    }
  }
})

test('a time entry that no earlier one precedes vouches for an empty time index below', () => {
  const disk = new MemoryDisk()
  const {log} = loadPartition(disk, OPTIONS)
  for (let i = 0; i < 40; i++) {
    log.append(oneRecord(i < 20 ? -1 : 1000), 0)
    log.commit()
  }
  log.sync()
  disk.endProcess()
  assert.equal(startOf(disk, 40)?.keep, {offsetEntries: 9, timeEntries: 0, lastTimestamp: -1})
  assert.is(startOf(disk, 20), undefined)
})

test('what is cut in the middle costs the rest once more, and not the part before', () => {
  const disk = killed({synced: 200, unsynced: 20})
  const torn = change(disk, file(SUFFIX.log), 210 * ONE + 65, [99])
  const bytesRead = countReads(torn)
  const {log} = loadPartition(torn, OPTIONS)
  assert.equal([log.logEndOffset, log.segments[0]!.largestTimestamp], [210, 1209])
  assert.ok(bytesRead() < 60 * ONE, `${bytesRead()}`)
})

test('the segment still counts its age from its first record', () => {
  const disk = killed({synced: 100, unsynced: 20})
  const {log} = loadPartition(disk, {...OPTIONS, config: {...OPTIONS.config, segmentMs: 500}})
  log.append(oneRecord(1500), 0)
  log.commit()
  assert.is(log.segmentCount, 1)
  log.append(oneRecord(1501), 0)
  log.commit()
  assert.is(log.segmentCount, 2)
})

test('damage found behind the start is looked for in the whole segment, and told in full', () => {
  const disk = killed({synced: 100, unsynced: 20})
  const damaged = change(change(disk, file(SUFFIX.log), 5 * ONE + 65, [99]), file(SUFFIX.log), 99 * ONE + 65, [99])
  assert.throws(() => loadPartition(damaged, OPTIONS), new RegExp(`byte ${5 * ONE} .*byte ${99 * ONE} `))
})

test('damage before the start is not served', () => {
  const disk = change(killed({synced: 100, unsynced: 20}), file(SUFFIX.log), 5 * ONE + 65, [99])
  const {log, filesOnly} = loadPartition(disk, OPTIONS)
  assert.is(log.logEndOffset, 120)
  assert.throws(() => readAll(filesOnly, 5, 120), /CORRUPT_MESSAGE/)
  assert.is(readAll(filesOnly, 6, 120).length, 114)
})

test('a log that is read from there on is the one that is read whole, after every crash', () => {
  let late = 0
  for (let seed = 0; seed < 100; seed++) {
    const chance = new Chance(seed)
    const disk = anyHistory(chance)
    const whole = disk.copy()
    for (const path of whole.contents().keys()) if (path.endsWith(SUFFIX.index)) whole.remove(path)
    const found = [disk, whole].map(each => lookAt(each))
    assert.equal(found[0]!.state, found[1]!.state, `seed ${seed}`)
    for (const [path, bytes] of found[1]!.files)
      checkFile(path, found[0]!.files.get(path)!, bytes, `seed ${seed}, ${path}`)
    if (found[0]!.logBytes < found[1]!.logBytes) late++
  }
  assert.ok(late > 30, `${late} did not read all`)
})

/** The same bytes, though a time index may have an entry more for each earlier recovery: that of the time at which the log then ended. */
function checkFile(path: string, late: Buffer, whole: Buffer, where: string): void {
  if (!path.endsWith(SUFFIX.timeIndex)) {
    assert.ok(late.equals(whole), where)
    return
  }
  const entries = (bytes: Buffer) =>
    Array.from({length: bytes.length / 12}, (_, slot) => bytes.toString('hex', 12 * slot, 12 * slot + 12))
  assert.is(entries(late).at(-1), entries(whole).at(-1), where)
  assert.equal(entries(late), [...new Set([...entries(late), ...entries(whole)])].sort(), where)
}

const TWO_SEGMENTS = {...OPTIONS, config: {...OPTIONS.config, segmentBytes: 60 * ONE}}

/** Appends, syncs, cuts and opens again, with times that mostly grow, then the process ends or the power goes. */
function anyHistory(chance: Chance): MemoryDisk {
  const disk = new MemoryDisk()
  let {log} = loadPartition(disk, TWO_SEGMENTS)
  let now = 1000
  for (let step = 0; step < 100; step++) {
    now += chance.pick([-40, 0, 0, 1, 1, 5])
    const timestamps = Array.from({length: 1 + chance.below(3)}, (_, i) => now + i)
    log.append(buildBatch({timestamps, valueBytes: chance.below(60), seed: step}), 0)
    if (chance.oneIn(2)) log.commit()
    if (chance.oneIn(12)) log.sync()
    if (chance.oneIn(60)) {
      log.commit()
      log.truncateTo(Math.max(0, log.logEndOffset - chance.below(40)))
    }
    if (chance.oneIn(80)) {
      log.commit()
      disk.endProcess()
      ;({log} = loadPartition(disk, TWO_SEGMENTS))
    }
  }
  if (chance.oneIn(3)) disk.endProcess()
  else disk.scatter(anyScattering(chance))
  return disk
}

/** What an open makes of the disk, and after it a few more records. */
function lookAt(disk: MemoryDisk) {
  const bytesRead = countReads(disk)
  const {log, verdict} = loadPartition(disk, TWO_SEGMENTS)
  const logBytes = bytesRead()
  const state = {...verdict, segments: log.segments, synced: log.syncedEnd}
  for (let i = 0; i < 6; i++) {
    log.append(oneRecord(1100 + i), 0)
    log.commit()
  }
  log.close()
  return {state, logBytes, files: disk.contents()}
}

test.run()

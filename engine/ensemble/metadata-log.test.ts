import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {MemoryDisk} from '../../property-tests/simulation/memory-disk.ts'
import {crc32c} from '../bytes/crc32c.ts'
import {ArenaWriter, allocateArena} from '../memory/arena.ts'
import {BATCH} from '../record/record-batch.ts'
import type {MetadataSnapshot} from './consensus.ts'
import {metadataLogDir} from './coordinator-dirs.ts'
import type {MetadataChange} from './metadata.ts'
import type {MetadataBatch} from './metadata-batch.ts'
import {allocateMetadataArena, MetadataLog, type MetadataWorld} from './metadata-log.ts'
import {QuorumState} from './quorum-state.ts'

const DIR = '/coordinator-1'
const LOG = metadataLogDir(DIR)
const SNAPSHOT: MetadataSnapshot = {brokers: [], topics: [], nextRow: 3, nextProducerId: 7}
const ARENA = allocateArena({windows: 1, windowBytes: 4096, indexEntries: 1})

function world(storage: MemoryDisk, durability: 'synced' | 'written' = 'synced'): MetadataWorld {
  return {storage, dir: DIR, crc32c, arena: ARENA, durability, timeOfDayMs: () => 1_700_000_000_000}
}

const change = (nextProducerId: number): MetadataChange => ({type: 'producerIdsTaken', nextProducerId})

function batch(base: number, epoch: number, ids: readonly number[]): MetadataBatch {
  return {base, epoch, end: base + ids.length, changes: ids.map(change)}
}

/** Three batches: offsets 0 to 5, epochs 1, 1, 2. */
const BATCHES = [batch(0, 1, [10, 11]), batch(2, 1, [12]), batch(3, 2, [13, 14, 15])]

function filled(disk = new MemoryDisk()): MemoryDisk {
  const log = MetadataLog.open(world(disk))
  for (const each of BATCHES) log.append(each)
  log.sync()
  return disk
}

const all = (log: MetadataLog): MetadataBatch[] => log.batchesBehind(log.start, Number.POSITIVE_INFINITY)

function spoil(disk: MemoryDisk, path: string, at: (length: number) => number): void {
  const bytes = disk.bytes(path)
  bytes[at(bytes.length)]! ^= 1
  disk.put(path, bytes)
}

test('a new log is empty and intact; what is appended is there when it is opened again', () => {
  const disk = new MemoryDisk()
  const fresh = MetadataLog.open(world(disk))
  assert.equal([fresh.last, fresh.start, fresh.quorum.intact], [{epoch: 0, end: 0}, {epoch: 0, end: 0}, true])
  disk.endProcess()
  disk.losePower({changes: () => 0, bytes: () => 0})
  assert.ok(MetadataLog.open(world(disk)).quorum.intact, 'also after a power loss')
  disk.endProcess()
  filled(disk)
  disk.losePower({changes: () => 0, bytes: () => 0})
  const log = MetadataLog.open(world(disk))
  assert.equal(all(log), BATCHES)
  assert.is(log.storedEnd, 6)
  assert.ok(log.quorum.intact)
  log.close()
  assert.equal(all(MetadataLog.open(world(disk))), BATCHES)
})

test('only what is synced counts as stored, or what is written where that is enough', () => {
  const synced = MetadataLog.open(world(new MemoryDisk()))
  const written = MetadataLog.open(world(new MemoryDisk(), 'written'))
  for (const log of [synced, written]) log.append(BATCHES[0]!)
  assert.equal([synced.storedEnd, written.storedEnd], [0, 2])
  for (const log of [synced, written]) log.sync()
  assert.equal([synced.storedEnd, written.storedEnd], [2, 2])
})

test('positions are found by epoch and end', () => {
  const log = MetadataLog.open(world(filled()))
  for (const position of [{epoch: 0, end: 0}, ...BATCHES]) assert.ok(log.has(position))
  for (const position of [
    {epoch: 2, end: 3},
    {epoch: 1, end: 1},
    {epoch: 1, end: 6},
    {epoch: 2, end: 9},
  ])
    assert.not(log.has(position))
  const floor = (epoch: number, end: number) => {
    const found = log.floor({epoch, end})
    return [found.epoch, found.end]
  }
  assert.equal(
    [floor(2, 9), floor(2, 6), floor(1, 6), floor(2, 5), floor(1, 1), floor(0, 3)],
    [
      [2, 6],
      [2, 6],
      [1, 3],
      [1, 3],
      [0, 0],
      [0, 0],
    ],
  )
  assert.equal(log.batchesBehind({epoch: 0, end: 0}, 3), BATCHES.slice(0, 2))
  assert.equal(log.batchesBehind({epoch: 1, end: 3}, 1), BATCHES.slice(2), 'one batch, however large')
})

test('what is cut is gone for good', () => {
  const disk = filled()
  const log = MetadataLog.open(world(disk))
  log.truncateTo(BATCHES[0]!)
  log.append(batch(2, 3, [20]))
  log.sync()
  disk.losePower({changes: () => 0, bytes: () => 0})
  assert.equal(all(MetadataLog.open(world(disk))), [BATCHES[0], batch(2, 3, [20])])
  assert.throws(() => log.truncateTo({epoch: 1, end: 1}), /between batches/)
})

test('a snapshot takes the place of the log up to its position, here and where it is opened again', () => {
  const disk = filled()
  const log = MetadataLog.open(world(disk))
  log.putSnapshot({position: {epoch: 1, end: 3}, snapshot: SNAPSHOT})
  for (const opened of [log, MetadataLog.open(world(disk))]) {
    assert.equal([opened.start, opened.snapshot, all(opened)], [{epoch: 1, end: 3}, SNAPSHOT, BATCHES.slice(2)])
    assert.not(opened.has({epoch: 0, end: 0}))
  }
  log.putSnapshot({position: {epoch: 2, end: 6}, snapshot: SNAPSHOT})
  const names = disk.list(LOG)!.map(({name}) => name)
  assert.equal(
    names.filter(name => name.endsWith('.checkpoint')),
    ['00000000000000000006-0000000002.checkpoint'],
  )
  assert.equal(
    names.filter(name => name.endsWith('.log')),
    ['00000000000000000006.log'],
  )
  log.putSnapshot({position: {epoch: 1, end: 3}, snapshot: {...SNAPSHOT, nextRow: 0}})
  assert.equal(log.start, {epoch: 2, end: 6}, 'an older one changes nothing')
})

test('a snapshot from elsewhere replaces a log that does not reach it, or has another past', () => {
  for (const position of [
    {epoch: 4, end: 40},
    {epoch: 4, end: 3},
  ]) {
    const disk = filled()
    const log = MetadataLog.open(world(disk))
    log.putSnapshot({position, snapshot: SNAPSHOT})
    log.append(batch(position.end, 5, [50]))
    log.sync()
    assert.equal([log.start, all(log)], [position, [batch(position.end, 5, [50])]])
    disk.losePower({changes: () => 0, bytes: () => 0})
    const again = MetadataLog.open(world(disk))
    assert.equal([again.start, all(again), again.quorum.intact], [position, [batch(position.end, 5, [50])], true])
  }
})

test('cut off while the log gives way to a snapshot, it does so when it is opened', () => {
  for (let calls = 1; calls < 200; calls++) {
    const disk = filled()
    const log = MetadataLog.open(world(disk))
    let left = calls
    disk.intercept = () => {
      if (left-- <= 0) throw Object.assign(new Error('EIO'), {code: 'EIO'})
      return undefined
    }
    try {
      log.putSnapshot({position: {epoch: 4, end: 3}, snapshot: SNAPSHOT})
    } catch {
      // the thread dies
    }
    disk.intercept = undefined
    disk.losePower({changes: count => (calls % 2 === 0 ? 0 : count), bytes: () => 0})
    const again = MetadataLog.open(world(disk))
    assert.ok(again.quorum.intact, `after ${calls} calls`)
    const isOld = again.start.end === 0
    assert.equal(all(again), isOld ? BATCHES : [])
    disk.endProcess()
    if (left > 0) return
  }
  assert.unreachable('it ends')
})

test('a log that lost what it had acknowledged is set aside, and remembers that', () => {
  const ways: readonly ((disk: MemoryDisk) => void)[] = [
    disk => spoil(disk, `${LOG}/00000000000000000000.log`, length => length - 3),
    disk => spoil(disk, `${LOG}/00000000000000000000.log`, () => 70),
    disk => disk.put(`${LOG}/00000000000000000000.log`, new Uint8Array(0)),
    disk => {
      for (const {name} of disk.list(LOG)!) disk.remove(`${LOG}/${name}`)
    },
    disk => disk.remove(`${LOG}/synced-end`),
  ]
  for (const [i, lose] of ways.entries()) {
    const disk = filled()
    disk.endProcess()
    lose(disk)
    for (let openings = 0; openings < 2; openings++) {
      const log = MetadataLog.open(world(disk))
      assert.equal([log.quorum.intact, log.last], [false, {epoch: 0, end: 0}], `way ${i}`)
      disk.endProcess()
    }
    if (i < 3) assert.ok(disk.list(LOG)!.some(({name}) => name === '00000000000000000000.log.damaged'))
  }
})

test('damage where no CRC covers it is found at once, in a segment that recovery need not read as well', () => {
  const disk = filled()
  disk.endProcess()
  const log = MetadataLog.open(world(disk))
  log.putSnapshot({position: {epoch: 1, end: 2}, snapshot: SNAPSHOT})
  log.append(batch(6, 2, [16]))
  log.sync()
  disk.endProcess()
  const segments = disk.list(LOG)!.filter(({name}) => name.endsWith('.log'))
  assert.is(segments.length, 2, 'the snapshot left the first segment, and began another')
  spoil(disk, `${LOG}/00000000000000000000.log`, () => BATCH.leaderEpoch)
  const forced = disk.copy()
  assert.is(MetadataLog.open(world(forced), {force: true}).last.end, 2, 'by force, what comes before it counts')
  forced.endProcess()
  assert.ok(MetadataLog.open(world(forced)).quorum.intact)
  assert.not(MetadataLog.open(world(disk)).quorum.intact)
})

test('a damaged snapshot, or one in a log whose segments do not begin where it ends, is a lost log', () => {
  const disk = filled()
  MetadataLog.open(world(disk)).putSnapshot({position: {epoch: 1, end: 3}, snapshot: SNAPSHOT})
  spoil(disk, `${LOG}/00000000000000000003-0000000001.checkpoint`, length => length - 1)
  assert.not(MetadataLog.open(world(disk)).quorum.intact)
})

test('a quorum state that is lost or corrupt has forgotten its promises', () => {
  for (const lose of [
    (disk: MemoryDisk) => spoil(disk, `${DIR}/quorum-state`, () => 10),
    (disk: MemoryDisk) => disk.remove(`${DIR}/quorum-state`),
  ]) {
    const disk = filled()
    lose(disk)
    const log = MetadataLog.open(world(disk))
    assert.equal([log.quorum.intact, all(log)], [false, BATCHES])
    log.quorum.promise(9, 2)
    log.quorum.setIntact(true)
    const again = QuorumState.read(disk, DIR)!
    assert.equal([again.epoch, again.promisedTo(2), again.promisedTo(1), again.intact], [9, 9, 0, true])
    again.promise(4, 1)
    assert.is(again.epoch, 9)
    assert.equal(
      [again.refuses(8, 2), again.refuses(9, 1), again.refuses(9, 2), again.refuses(10, 1)],
      [true, true, false, false],
    )
  }
})

test('by force, what is left counts', () => {
  for (const [lose, left] of [
    [(disk: MemoryDisk) => spoil(disk, `${LOG}/00000000000000000000.log`, length => length - 3), BATCHES.slice(0, 2)],
    [(disk: MemoryDisk) => spoil(disk, `${LOG}/00000000000000000000.log`, () => 70), []],
    [(disk: MemoryDisk) => disk.remove(`${DIR}/quorum-state`), BATCHES],
    [(disk: MemoryDisk) => disk.remove(`${LOG}/synced-end`), []],
  ] as const) {
    const disk = filled()
    lose(disk)
    const log = MetadataLog.open(world(disk), {force: true})
    assert.equal([log.quorum.intact, all(log)], [true, left])
    log.append(batch(left.at(-1)?.end ?? 0, 7, [70]))
    log.sync()
    disk.endProcess()
    assert.equal(all(MetadataLog.open(world(disk))), [...left, batch(left.at(-1)?.end ?? 0, 7, [70])])
  }
})

test('a disk that fails while a log is opened leaves no file open', () => {
  const disk = filled()
  disk.endProcess()
  for (let nth = 1; ; nth++) {
    let seen = 0
    disk.intercept = () => {
      if (++seen === nth) throw Object.assign(new Error('EIO'), {code: 'EIO'})
      return undefined
    }
    try {
      MetadataLog.open(world(disk))
      if (seen < nth) break
      disk.endProcess()
    } catch {
      assert.is(disk.openFiles, 0, `call ${nth}`)
    }
  }
  disk.intercept = undefined
  disk.endProcess()
  assert.equal(all(MetadataLog.open(world(disk))), BATCHES)
})

test('a batch that the disk does not take is not there', () => {
  const disk = new MemoryDisk()
  const log = MetadataLog.open(world(disk))
  log.append(BATCHES[0]!)
  disk.intercept = kind => {
    if (kind === 'write') throw Object.assign(new Error('ENOSPC'), {code: 'ENOSPC'})
    return undefined
  }
  assert.throws(() => log.append(BATCHES[1]!), /DISK_FULL/)
  disk.intercept = undefined
  assert.equal([all(log), log.hasFailed], [[BATCHES[0]], false])
  log.append(BATCHES[1]!)
  disk.intercept = kind => {
    if (kind === 'sync') throw Object.assign(new Error('EIO'), {code: 'EIO'})
    return undefined
  }
  assert.throws(() => log.sync(), /sync failed/)
  assert.ok(log.hasFailed)
  disk.intercept = undefined
  log.close()
})

test('the arena takes the largest batch', () => {
  assert.ok(new ArenaWriter(allocateMetadataArena()).windowBytes >= 16 * 1024 * 1024)
})

test.run()

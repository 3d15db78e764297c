import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {MemoryDisk, systemError} from '../../property-tests/simulation/memory-disk.ts'
import {DIR} from '../../property-tests/simulation/partition.ts'
import {SYNC_FILES_MAX} from '../limits.ts'
import {ActiveSegment} from './segment.ts'
import {SyncState} from './sync-state.ts'
import {SyncedEnd} from './synced-end.ts'

function setUp(syncedEnd = 0): {disk: MemoryDisk; state: SyncState; segment: (base: number) => ActiveSegment} {
  const disk = new MemoryDisk()
  disk.makeDirectory(DIR)
  const segment = (base: number) => new ActiveSegment(disk, DIR, base, {fresh: true})
  return {disk, state: new SyncState(disk, DIR, syncedEnd), segment}
}

test('a sync covers the rolled segments with their indexes, the active one and the names', () => {
  const {disk, state, segment} = setUp()
  const [first, active] = [segment(0), segment(10)]
  state.addRolled(first)
  const job = state.begin(active, 15, false)
  assert.equal(job.files.slice(0, 4), [...first.files(), active.file])
  assert.is(job.files.length, 5)
  job.files[4]!.sync()
  disk.copy().losePower({changes: () => 0, bytes: () => 0})
  assert.is(job.end, 15)
  assert.is(state.isSyncing, true)
  state.end(job)
  assert.equal([state.syncedEnd, state.hasRolled, state.isSyncing], [15, false, false])
  assert.is(SyncedEnd.read(disk, DIR), 15)
  assert.throws(() => first.file.size(), /EBADF/)
})

test('a rolled segment whose close fails is closed and synced all the same', () => {
  for (const suffix of ['.log', '.index', '.timeindex']) {
    const {disk, state, segment} = setUp()
    const [first, active] = [segment(0), segment(10)]
    state.addRolled(first)
    const job = state.begin(active, 15, false)
    disk.intercept = (kind, path) => {
      if (kind === 'close' && path.endsWith(suffix)) throw systemError('EIO', path)
      return undefined
    }
    state.end(job)
    disk.intercept = undefined
    assert.equal([state.syncedEnd, state.hasRolled], [15, false])
    active.close()
    state.close()
    assert.is(disk.openFiles, 0)
  }
})

test('names are synced once, and again after a roll', () => {
  const {state, segment} = setUp()
  const active = segment(0)
  const count = () => {
    const job = state.begin(active, 5, false)
    state.end(job)
    return job.files.length
  }
  assert.equal([count(), count()], [2, 1])
  const next = segment(5)
  state.addRolled(active)
  const job = state.begin(next, 9, false)
  assert.is(job.files.length, 5)
})

test('rolled segments alone are synced with the names they need, up to where they end', () => {
  const {state, segment} = setUp()
  const [first, active] = [segment(0), segment(10)]
  state.addRolled(first)
  const job = state.begin(active, 15, true)
  assert.is(job.end, 10)
  assert.is(job.files.length, 4)
  assert.not(job.files.includes(active.file))
  state.end(job)
  assert.equal([state.syncedEnd, state.firstRolled], [10, Number.POSITIVE_INFINITY])
})

test('what is stored beside a sync is all it has no file of', () => {
  for (const lastWasActive of [false, true]) {
    const {disk, state, segment} = setUp()
    const [first, second, third] = [segment(0), segment(10), segment(20)]
    state.addRolled(first)
    const job = state.begin(second, 15, !lastWasActive)
    state.addRolled(second)
    state.addRolled(third)
    const synced: string[] = []
    disk.intercept = (kind, path) => {
      if (kind === 'sync' && path.endsWith('.log')) synced.push(path.slice(-6, -4))
      return undefined
    }
    state.storeRolled()
    assert.equal(synced, lastWasActive ? ['20'] : ['10', '20'])
    for (const file of job.files) file.sync()
    state.end(job)
    assert.is(state.syncedEnd, lastWasActive ? 15 : 10)
  }
})

test('more rolled segments than one sync takes are synced in turns, oldest first', () => {
  const {state, segment} = setUp()
  for (let i = 0; i < 30; i++) state.addRolled(segment(i * 10))
  const active = segment(300)
  const first = state.begin(active, 305, false)
  assert.ok(first.files.length <= SYNC_FILES_MAX)
  assert.is(first.end, 190)
  state.end(first)
  assert.is(state.firstRolled, 190)
  const second = state.begin(active, 305, false)
  assert.is(second.end, 305)
  state.end(second)
  assert.equal([state.syncedEnd, state.hasRolled], [305, false])
})

test('a sync that ends late does not move the synced end back', () => {
  const {state, segment} = setUp(20)
  const job = state.begin(segment(0), 10, false)
  state.end(job)
  assert.is(state.syncedEnd, 20)
})

test('one sync at a time, and the one that ends is the one that began', () => {
  const {state, segment} = setUp()
  const active = segment(0)
  const job = state.begin(active, 1, false)
  assert.throws(() => state.begin(active, 2, false), /one sync at a time/)
  assert.throws(() => state.end({...job}), /the one that began/)
  state.fail()
  assert.throws(() => state.end(job), /the one that began/)
})

test('a record that cannot be written is written with the next sync', () => {
  const {disk, state, segment} = setUp()
  const active = segment(0)
  disk.intercept = (kind, path) => {
    if (kind === 'write' && path.endsWith('synced-end')) throw systemError('ENOSPC', path)
    return undefined
  }
  state.end(state.begin(active, 5, false))
  assert.equal([state.syncedEnd, SyncedEnd.read(disk, DIR)], [5, 0])
  disk.intercept = undefined
  state.end(state.begin(active, 6, false))
  assert.is(SyncedEnd.read(disk, DIR), 6)
})

test('a record that cannot be written is written when it is asked for, or that fails', () => {
  const {disk, state, segment} = setUp()
  const active = segment(0)
  disk.intercept = (kind, path) => {
    if (kind === 'write' && path.endsWith('synced-end')) throw systemError('EIO', path)
    return undefined
  }
  state.end(state.begin(active, 5, false))
  assert.throws(() => state.record(), /EIO/)
  disk.intercept = undefined
  assert.is(SyncedEnd.read(disk, DIR), 0)
  state.record()
  assert.is(SyncedEnd.read(disk, DIR), 5)
})

test('what is to be cut is off the record, on stable storage, before it is', () => {
  const {disk, state, segment} = setUp()
  state.end(state.begin(segment(0), 50, false))
  state.lower(20)
  disk.openDirectory(DIR)!.sync()
  disk.losePower({changes: () => 0, bytes: () => 0})
  assert.equal([state.syncedEnd, SyncedEnd.read(disk, DIR)], [20, 20])
})

test('a log that is shorter than the record says is put on record as it is', () => {
  const {disk, state, segment} = setUp()
  state.end(state.begin(segment(0), 50, false))
  disk.openDirectory(DIR)!.sync()
  state.close()
  assert.is(new SyncState(disk, DIR, 30).syncedEnd, 30)
  disk.losePower({changes: () => 0, bytes: () => 0})
  assert.is(SyncedEnd.read(disk, DIR), 30)
})

test('where it cannot be set up it leaves no file open', () => {
  const disk = new MemoryDisk()
  disk.makeDirectory(DIR)
  disk.intercept = (kind, path) => {
    if (kind === 'openDirectory') throw systemError('EMFILE', path)
    return undefined
  }
  assert.throws(() => new SyncState(disk, DIR, 0), /EMFILE/)
  assert.is(disk.openFiles, 0)
})

test('a system without directories to sync', () => {
  const {disk, segment} = setUp()
  disk.openDirectory = () => undefined
  const state = new SyncState(disk, DIR, 0)
  const active = segment(0)
  assert.equal(state.begin(active, 1, false).files, [active.file])
  state.close()
})

test('closing closes what is rolled, too', () => {
  const {disk, state, segment} = setUp()
  state.addRolled(segment(0))
  state.close()
  assert.is(disk.openFiles, 0)
})

test('a rolled segment can be taken back, newest first, while its files are open', () => {
  const {state, segment} = setUp()
  const [first, second] = [segment(0), segment(10)]
  state.addRolled(first)
  state.addRolled(second)
  assert.is(state.firstRolled, 0)
  assert.is(state.takeRolled(10), second)
  // the one that follows the first may have been closed for want of files: the first is not taken for it
  assert.is(state.takeRolled(10), undefined)
  assert.is(state.takeRolled(), first)
  assert.is(state.takeRolled(), undefined)
})

test.run()

import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {MemoryDisk} from '../../property-tests/simulation/memory-disk.ts'
import {crc32c} from '../bytes/crc32c.ts'
import {allocateArena} from '../memory/arena.ts'
import {forceAgreement} from './force-agreement.ts'
import {MetadataLog, type MetadataWorld} from './metadata-log.ts'

const ARENA = allocateArena({windows: 1, windowBytes: 4096, indexEntries: 1})
const SNAPSHOT = {brokers: [], topics: [], nextRow: 1, nextProducerId: 2}

function worlds(count: number): (MetadataWorld & {readonly storage: MemoryDisk})[] {
  return Array.from({length: count}, () => {
    const storage = new MemoryDisk()
    return {storage, dir: '/c', crc32c, arena: ARENA, durability: 'synced', timeOfDayMs: () => 0}
  })
}

/** A log of so many batches, after so many promises. */
function fill(world: MetadataWorld, epochs: readonly number[]): MetadataLog {
  const log = MetadataLog.open(world)
  for (const [base, epoch] of epochs.entries()) log.append({epoch, base, end: base + 1, changes: [null]})
  log.sync()
  log.quorum.promise(epochs.at(-1) ?? 0)
  return log
}

function look(world: MetadataWorld): unknown[] {
  const log = MetadataLog.open(world)
  const batches = log.batchesBehind(log.start, Number.POSITIVE_INFINITY).map(({epoch}) => epoch)
  const {epoch, intact} = log.quorum
  log.close()
  return [log.start.end, batches, epoch, intact]
}

test('the log that goes furthest is the truth, for new coordinators as well', () => {
  const all = worlds(3)
  fill(all[0]!, [1, 1, 1, 1, 1]).close()
  fill(all[1]!, [1, 1, 4]).close()
  MetadataLog.open(all[2]!, {empty: true}).quorum.promise(9)
  all[2]!.storage.endProcess()
  assert.is(forceAgreement(all), 1)
  for (const world of all) assert.equal(look(world), [0, [1, 1, 4], 9, true])
})

test('a snapshot is copied with what is behind it', () => {
  const all = worlds(3)
  const log = fill(all[0]!, [1, 1, 2, 2])
  log.putSnapshot({position: {epoch: 2, end: 3}, snapshot: SNAPSHOT})
  log.close()
  assert.is(forceAgreement(all), 0)
  for (const world of all) assert.equal(look(world), [3, [2], 2, true])
})

test('cut off anywhere, it is done again and comes to the same', () => {
  for (let calls = 1; ; calls += 7) {
    const all = worlds(3)
    fill(all[0]!, [1, 1]).close()
    fill(all[1]!, [1, 2]).close()
    let left = calls
    for (const {storage} of all) {
      storage.intercept = () => {
        if (left-- <= 0) throw Object.assign(new Error('EIO'), {code: 'EIO'})
        return undefined
      }
    }
    let isWhole = true
    try {
      forceAgreement(all)
    } catch {
      isWhole = false
    }
    for (const {storage} of all) {
      storage.intercept = undefined
      storage.losePower({changes: () => 0, bytes: () => 0})
    }
    if (!isWhole) forceAgreement(all)
    for (const world of all) assert.equal(look(world), [0, [1, 2], 2, true], `after ${calls} calls`)
    if (isWhole) return
  }
})

test.run()

import fc from 'fast-check'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {runs} from '../../property-tests/runs.ts'
import {DiskFaults} from '../../property-tests/simulation/disk-faults.ts'
import {MemoryDisk} from '../../property-tests/simulation/memory-disk.ts'
import {crc32c} from '../bytes/crc32c.ts'
import {SyncedEnd} from './synced-end.ts'

const DIR = '/topic-0'
const PATH = `${DIR}/synced-end`
const SECOND_SLOT = 512
const SLOT_BYTES = 20

function emptyDisk(): MemoryDisk {
  const disk = new MemoryDisk()
  disk.makeDirectory(DIR)
  return disk
}

/** A disk on which these ends were written one after another. */
function diskAfter(...ends: readonly number[]): MemoryDisk {
  const disk = emptyDisk()
  const record = new SyncedEnd(disk, DIR)
  for (const end of ends) record.write(end)
  record.close()
  return disk
}

function slot(sequence: bigint, end: bigint): Buffer {
  const bytes = Buffer.alloc(SLOT_BYTES)
  bytes.writeBigInt64BE(sequence, 0)
  bytes.writeBigInt64BE(end, 8)
  bytes.writeUInt32BE(crc32c(bytes.subarray(0, 16)), 16)
  return bytes
}

function diskOf(first: Uint8Array, second: Uint8Array): MemoryDisk {
  const disk = emptyDisk()
  const bytes = Buffer.alloc(SECOND_SLOT + second.length)
  bytes.set(first, 0)
  bytes.set(second, SECOND_SLOT)
  disk.put(PATH, bytes)
  return disk
}

test('a partition without a record has none, and gets a file at once', () => {
  const disk = emptyDisk()
  assert.is(SyncedEnd.read(disk, DIR), undefined)
  assert.is(new SyncedEnd(disk, DIR).end, 0)
  assert.is(disk.stat(PATH)?.size, 0)
  assert.is(SyncedEnd.read(disk, DIR), undefined)
})

test('slots are written in turn, each with sequence, end and CRC', () => {
  const disk = diskAfter(7, 2 ** 40)
  assert.equal(disk.bytes(PATH).subarray(SECOND_SLOT), slot(1n, 7n))
  assert.equal(disk.bytes(PATH).subarray(0, SLOT_BYTES), slot(2n, 2n ** 40n))
  assert.is(disk.bytes(PATH).length, SECOND_SLOT + SLOT_BYTES)
})

test('the last end that was written counts, whether it grew or not', () => {
  const disk = emptyDisk()
  const record = new SyncedEnd(disk, DIR)
  for (const end of [3, 9, 4, 0, 2 ** 53 - 1, 12]) {
    record.write(end)
    assert.is(record.end, end)
    assert.is(SyncedEnd.read(disk, DIR), end)
    assert.is(new SyncedEnd(disk, DIR).end, end)
  }
})

test('the next owner goes on behind the newest slot', () => {
  const disk = diskAfter(3, 9)
  const record = new SyncedEnd(disk, DIR)
  record.write(10)
  assert.equal(disk.bytes(PATH).subarray(SECOND_SLOT), slot(3n, 10n))
  assert.equal(disk.bytes(PATH).subarray(0, SLOT_BYTES), slot(2n, 9n))
})

test('an end that is on record is not written again', () => {
  const disk = diskAfter(5)
  const record = new SyncedEnd(disk, DIR)
  disk.intercept = new DiskFaults({kind: 'write', nth: 1, fails: 'EIO'}).intercept
  record.write(5)
  assert.throws(() => record.write(6), /EIO/)
})

test('a slot that is torn costs one step back', () => {
  for (let torn = 0; torn < SLOT_BYTES; torn++) {
    const disk = emptyDisk()
    const record = new SyncedEnd(disk, DIR)
    record.write(100)
    record.write(200)
    disk.intercept = kind => (kind === 'write' ? torn : undefined)
    // the rest never comes: the process ends in the middle of the write
    disk.open(PATH, 'write').write(slot(3n, 300n), 0, SLOT_BYTES, SECOND_SLOT)
    assert.is(SyncedEnd.read(disk, DIR), 200, `${torn} bytes`)
  }
})

test('after a write that failed the same slot is written again', () => {
  const disk = diskAfter(100, 200)
  const record = new SyncedEnd(disk, DIR)
  let writes = 0
  disk.intercept = kind => (kind === 'write' ? (writes++ === 0 ? 9 : 0) : undefined)
  assert.throws(() => record.write(300), /^DISK_FULL/)
  assert.is(record.end, 200)
  assert.is(SyncedEnd.read(disk, DIR), 200)
  disk.intercept = undefined
  record.write(300)
  assert.equal(disk.bytes(PATH).subarray(SECOND_SLOT), slot(3n, 300n))
  assert.equal(disk.bytes(PATH).subarray(0, SLOT_BYTES), slot(2n, 200n))
})

test('of two valid slots the greater sequence counts, wherever it stands', () => {
  assert.is(SyncedEnd.read(diskOf(slot(8n, 1n), slot(7n, 99n)), DIR), 1)
  assert.is(SyncedEnd.read(diskOf(slot(6n, 99n), slot(7n, 1n)), DIR), 1)
})

test('a slot that cannot be is none', () => {
  const good = slot(1n, 5n)
  const badCrc = slot(2n, 6n)
  badCrc[19]! ^= 1
  for (const bad of [
    badCrc,
    Buffer.alloc(SLOT_BYTES),
    slot(2n, -1n),
    slot(2n, 2n ** 53n),
    slot(0n, 6n),
    slot(-2n, 6n),
    slot(2n ** 60n, 6n),
    slot(2n, 6n).subarray(0, SLOT_BYTES - 1),
  ]) {
    assert.is(SyncedEnd.read(diskOf(bad, good), DIR), 5)
    assert.is(SyncedEnd.read(diskOf(good, bad), DIR), 5)
    assert.is(SyncedEnd.read(diskOf(bad, bad), DIR), undefined)
  }
})

test('a record that is synced outlives a power loss', () => {
  const disk = emptyDisk()
  const record = new SyncedEnd(disk, DIR)
  disk.openDirectory(DIR)!.sync()
  record.write(5)
  record.sync()
  record.write(6)
  disk.losePower({changes: () => 0, bytes: () => 0})
  assert.is(SyncedEnd.read(disk, DIR), 5)
})

test('a close lets go of the file', () => {
  assert.is(diskAfter(1).openFiles, 0)
})

test('property: whatever part of the file a crash keeps, the record says the last end or the one before', () => {
  const ends = fc.array(fc.maxSafeNat(), {minLength: 2, maxLength: 6})
  fc.assert(
    fc.property(ends, fc.nat(SLOT_BYTES), (ends, bytes) => {
      const disk = emptyDisk()
      const record = new SyncedEnd(disk, DIR)
      disk.openDirectory(DIR)!.sync()
      for (const [i, end] of ends.entries()) {
        record.write(end)
        if (i < ends.length - 1) record.sync()
      }
      disk.losePower({changes: () => 0, bytes: count => Math.min(count, bytes)})
      assert.ok(ends.slice(-2).includes(SyncedEnd.read(disk, DIR)!))
    }),
    runs(200),
  )
})

test.run()

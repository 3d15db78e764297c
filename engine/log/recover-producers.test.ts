import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {MemoryDisk} from '../../property-tests/simulation/memory-disk.ts'
import {batchOf, DIR, loadClosed, loadPartition, oneRecord, viewOf} from '../../property-tests/simulation/partition.ts'
import type {Log} from './log.ts'
import {encodeProducerSnapshot} from './producer-snapshot.ts'
import {cutProducerSnapshots, recoverProducers} from './recover-producers.ts'
import {SUFFIX, segmentFile} from './segment-files.ts'

const ONE = batchOf({producerId: 1, producerEpoch: 0, baseSequence: 0})
const batch = (baseSequence: number, id = 1) => batchOf({producerId: id, producerEpoch: 0, baseSequence})
const snapshots = (disk: MemoryDisk) =>
  disk
    .list(DIR)!
    .map(entry => entry.name)
    .filter(name => name.endsWith(SUFFIX.snapshot))
    .map(name => Number.parseInt(name, 10))
    .sort((a, b) => a - b)

/** Batches of one record of producer 1, its sequences as many as its offsets; two fill a segment. */
function filled(count: number): {disk: MemoryDisk; log: Log} {
  const disk = new MemoryDisk()
  const {log} = loadPartition(disk, {config: {segmentBytes: 2 * ONE.length}})
  for (let sequence = 0; sequence < count; sequence++) log.append(batch(sequence), 0)
  log.commit()
  return {disk, log}
}

/** Reads of segment files while `run` does something. */
function segmentReads(disk: MemoryDisk, run: () => void): number {
  let reads = 0
  disk.intercept = (kind, path) => {
    if (kind === 'read' && path.endsWith('.log')) reads++
    return undefined
  }
  run()
  disk.intercept = undefined
  return reads
}

test('after a kill the newest snapshot and the batches behind it tell', () => {
  const {disk} = filled(5)
  assert.equal(snapshots(disk), [2, 4])
  disk.endProcess()
  const {log} = loadPartition(disk)
  assert.is(log.duplicateOf(batch(4))?.baseOffset, 4)
  assert.is(log.duplicateOf(batch(3))?.baseOffset, 3, 'the last one of the snapshot')
  assert.throws(() => log.duplicateOf(batch(2)), /DUPLICATE_SEQUENCE_NUMBER/, 'below it')
  assert.is(log.duplicateOf(batch(5)), undefined)
})

test('after a clean close no segment is read for it, and the last batch of each producer is known', () => {
  const {disk, log} = filled(5)
  log.append(batch(77, 2), 0)
  log.close()
  assert.equal(snapshots(disk), [2, 4, 6])
  const bases = [0, 2, 4]
  const reads = segmentReads(disk, () => recoverProducers(disk, DIR, {bases, logEndOffset: 6, scans: []}))
  assert.is(reads, 0)
  const again = loadClosed(disk, 6)
  assert.is(again.log.duplicateOf(batch(4))?.baseOffset, 4)
  assert.is(again.log.duplicateOf(batch(77, 2))?.baseOffset, 5)
})

test('in the middle of a segment a snapshot counts, and only the batches behind it', () => {
  const disk = new MemoryDisk()
  const first = loadPartition(disk).log
  for (let sequence = 0; sequence < 3; sequence++) first.append(batch(sequence), 0)
  first.close()
  const second = loadClosed(disk, 3).log
  for (let sequence = 3; sequence < 5; sequence++) second.append(batch(sequence), 0)
  second.commit()
  disk.endProcess()
  const {log} = loadPartition(disk)
  for (const sequence of [2, 3, 4]) assert.is(log.duplicateOf(batch(sequence))?.baseOffset, sequence)
  assert.throws(() => log.duplicateOf(batch(1)), /DUPLICATE/)
})

test('a log without producers is not read a second time after a kill', () => {
  const reads = (make: (i: number) => Uint8Array): number => {
    const disk = new MemoryDisk()
    const {log} = loadPartition(disk)
    for (let i = 0; i < 3; i++) log.append(make(i), 0)
    log.commit()
    disk.endProcess()
    return segmentReads(disk, () => loadPartition(disk))
  }
  assert.ok(reads(() => oneRecord(1)) < reads(i => batch(i)))
})

test('a snapshot that is spoilt goes, and the one before it counts; without any all of the log does', () => {
  const {disk} = filled(5)
  disk.endProcess()
  const path = (offset: number) => segmentFile(DIR, offset, SUFFIX.snapshot)
  disk.put(path(4), disk.bytes(path(4)).subarray(1))
  const {log} = loadPartition(disk)
  assert.equal(snapshots(disk), [2])
  assert.is(log.duplicateOf(batch(1))?.baseOffset, 1)
  assert.throws(() => log.duplicateOf(batch(0)), /DUPLICATE/)
  log.abandon()
  disk.remove(path(2))
  assert.is(loadPartition(disk).log.duplicateOf(batch(0))?.baseOffset, 0)
})

test('damage that was kept is passed over', () => {
  const {disk, log} = filled(4)
  log.sync()
  log.abandon()
  for (const name of snapshots(disk)) disk.remove(segmentFile(DIR, name, SUFFIX.snapshot))
  const path = segmentFile(DIR, 0, SUFFIX.log)
  const bytes = disk.bytes(path)
  bytes[70]! ^= 1
  disk.put(path, bytes)
  disk.remove(segmentFile(DIR, 0, SUFFIX.index))
  const {log: kept} = loadPartition(disk, {request: {onDamage: 'keep'}})
  assert.is(kept.duplicateOf(batch(1))?.baseOffset, 1)
  assert.throws(() => kept.duplicateOf(batch(0)), /OUT_OF_ORDER/)
})

test('where nobody knows of damage, what is no header ends a segment', () => {
  const {disk, log} = filled(2)
  log.abandon()
  const path = segmentFile(DIR, 0, SUFFIX.log)
  disk.put(path, Buffer.concat([disk.bytes(path), new Uint8Array(100)]))
  assert.not(recoverProducers(disk, DIR, {bases: [0], logEndOffset: 2, scans: []}).isEmpty)
})

test('a snapshot of more than the log holds is not believed', () => {
  const {disk, log} = filled(3)
  log.abandon()
  const states = recoverProducers(disk, DIR, {bases: [0], logEndOffset: 1, scans: []})
  assert.is(states.check(viewOf(batch(0)), 0)?.baseOffset, 0)
})

test('snapshots above a cut go', () => {
  const disk = new MemoryDisk()
  disk.makeDirectory(DIR)
  for (const offset of [1, 5, 9]) disk.put(segmentFile(DIR, offset, SUFFIX.snapshot), encodeProducerSnapshot([]))
  cutProducerSnapshots(disk, DIR, 5)
  assert.equal(snapshots(disk), [1, 5])
  cutProducerSnapshots(new MemoryDisk(), DIR, 5)
})

test.run()

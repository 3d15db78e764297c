import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {MemoryDisk} from '../../property-tests/simulation/memory-disk.ts'
import {
  DIR,
  loadPartition,
  oneRecord,
  type PartitionOptions,
  stored,
} from '../../property-tests/simulation/partition.ts'
import {ClusterMap} from '../cluster/cluster-map.ts'
import type {TopicImage} from '../ensemble/metadata.ts'
import {SUFFIX, segmentFile} from '../log/segment-files.ts'
import {BATCH, baseOffset, batchSize} from '../record/record-batch.ts'
import {hasCodec, PartitionReads} from './partition-reads.ts'

const ONE = stored(oneRecord(1, 1000), 0).length

/** A log of `count` batches, the same in each of many partitions, and how it is read for clients. */
function bed(count: number, options: PartitionOptions = {}) {
  const disk = new MemoryDisk()
  const {log, source} = loadPartition(disk, {config: {indexIntervalBytes: 0}, ...options})
  for (let i = 0; i < count; i++) log.append(oneRecord(i, 1000, i), 0)
  log.commit()
  const map = ClusterMap.allocate({coordinators: 1, brokers: 1, hostsABroker: 1})
  const reads = new PartitionReads(() => source)
  const partition = (rowNumber: number) => {
    const row = map.row(rowNumber)
    return {rowNumber, row, slot: 0, index: 0, topic: {} as TopicImage}
  }
  const read = (offset: number, bytesMax: number, {orOne = true, row = 0, limit = count, nowMs = 0} = {}) =>
    reads.read(partition(row), {offset, limit, bytesMax, orOne}, {lease: reads.lease(), nowMs})
  return {disk, log, map, reads, read, partition}
}

function basesOf(pieces: readonly Uint8Array[]): number[] {
  return pieces.flatMap(piece => {
    const view = new DataView(piece.buffer, piece.byteOffset, piece.length)
    const bases: number[] = []
    for (let at = 0; at < piece.length; at += batchSize(view, at)) bases.push(baseOffset(view, at))
    return bases
  })
}

for (const read of [true, false])
  test(`whole batches, as many as are wanted, from ${read ? 'the arena' : 'the files'}`, () => {
    const {read: from} = bed(6, {read, arena: {windows: 2, windowBytes: 64 * 1024, indexEntries: 64}})
    assert.equal(basesOf(from(2, 1e6).pieces), [2, 3, 4, 5])
    assert.equal(basesOf(from(0, 3 * ONE).pieces), [0, 1, 2])
    assert.equal(basesOf(from(1, 3 * ONE - 1).pieces), [1, 2])
    assert.equal(basesOf(from(1, 10).pieces), [1])
    assert.equal(basesOf(from(1, 10, {orOne: false}).pieces), [])
    assert.equal(basesOf(from(1, 0).pieces), [1])
    assert.equal(basesOf(from(1, 1e6, {limit: 3}).pieces), [1, 2])
    const {pieces, bytes, nextOffset} = from(6, 1e6)
    assert.equal([pieces.length, bytes, nextOffset], [0, 0, 6])
  })

test('what was read stays as it is while more is read', () => {
  const {read} = bed(4)
  const first = read(0, ONE).pieces[0]!
  const copy = Buffer.from(first)
  for (let i = 0; i < 2000; i++) read(i % 4, 1e6)
  assert.ok(copy.equals(first))
})

test('what was read and sent is memory for what is read next', () => {
  const {reads, partition} = bed(4)
  const buffers = new Set<ArrayBufferLike>()
  const place = {offset: 0, limit: 4, bytesMax: 1e6, orOne: true}
  for (let i = 0; i < 2000; i++) {
    const lease = reads.lease()
    const {pieces} = reads.read(partition(0), place, {lease, nowMs: 0})
    assert.equal(basesOf(pieces), [0, 1, 2, 3])
    buffers.add(pieces[0]!.buffer)
    lease.end()
  }
  assert.is(buffers.size, 1)
})

test('a batch larger than any stretch is read by itself', () => {
  const options = {config: {maxMessageBytes: 4_000_000, segmentBytes: 1 << 30}, read: false}
  const {log, read} = bed(0, options)
  log.append(oneRecord(1, 3_000_000), 0)
  log.append(oneRecord(1, 100), 0)
  log.commit()
  assert.equal(basesOf(read(0, 100, {limit: 2}).pieces), [0])
  assert.equal(basesOf(read(0, 1e7, {limit: 2}).pieces), [0, 1])
})

test('what is measured is what would be read', () => {
  const {reads, partition} = bed(5)
  const place = {offset: 1, limit: 5, bytesMax: 1e6}
  assert.equal(reads.measure(partition(0), place, 0), {bytes: 4 * ONE, nextOffset: 5})
  assert.equal(reads.measure(partition(0), {...place, offset: 5}, 0), {bytes: 0, nextOffset: 5})
})

test('damage behind what can be read is told by the next read', () => {
  const {disk, read, reads, partition} = bed(4, {read: false})
  const path = segmentFile(DIR, 0, SUFFIX.log)
  const bytes = Buffer.from(disk.bytes(path))
  bytes[2 * ONE + 100]! ^= 1
  disk.put(path, bytes)
  assert.equal(basesOf(read(0, 1e6).pieces), [0, 1])
  assert.throws(() => read(2, 1e6), /CORRUPT_MESSAGE/)
  assert.is(reads.measure(partition(0), {offset: 0, limit: 4, bytesMax: 1e6}, 0).bytes, 2 * ONE)
  assert.throws(() => reads.measure(partition(0), {offset: 2, limit: 4, bytesMax: 1e6}, 0), /CORRUPT_MESSAGE/)
})

test('files are kept open for some partitions, and not for long', () => {
  const {read, reads, map} = bed(1, {read: false})
  for (let row = 0; row < 70; row++) read(0, 100, {row, nowMs: row})
  assert.is(reads.openReaders, 64)
  reads.round(9000)
  assert.is(reads.openReaders, 64)
  read(0, 100, {row: 69, nowMs: 9500})
  reads.round(11_000)
  assert.is(reads.openReaders, 1)
  // in another reign the files may be others
  map.row(69).exchangeLeadership(map.row(69).word, {leaderEpoch: 1, version: 0, leader: 0, isr: 1, deleted: false})
  read(0, 100, {row: 69, nowMs: 11_000})
  assert.is(reads.openReaders, 1)
  reads.close()
  assert.is(reads.openReaders, 0)
})

test('a codec is seen in any of the batches', () => {
  const plain = stored(oneRecord(1), 0)
  const squeezed = stored(oneRecord(1), 1)
  squeezed.writeInt16BE(4, BATCH.attributes)
  assert.not.ok(hasCodec([plain, plain], 4))
  assert.ok(hasCodec([plain, Buffer.concat([plain, squeezed])], 4))
})

test.run()

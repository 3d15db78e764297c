import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {MemoryDisk} from '../../property-tests/simulation/memory-disk.ts'
import {DIR, loadPartition, oneRecord, stored} from '../../property-tests/simulation/partition.ts'
import {crc32c} from '../bytes/crc32c.ts'
import {CHECKPOINT, writeCheckpoint} from './offset-checkpoint.ts'
import {SUFFIX, type Suffix, segmentFile} from './segment-files.ts'
import {type VerifyRequest, verifySegment} from './verify-segment.ts'

const ONE = stored(oneRecord(1), 0).length
const EPOCHS = [{epoch: 0, startOffset: 0}]

/** A closed log of eight records in one segment, each indexed but the first. */
function sample(): MemoryDisk {
  const disk = new MemoryDisk()
  const {log} = loadPartition(disk, {config: {indexIntervalBytes: 0}})
  for (let i = 0; i < 8; i++) log.append(oneRecord(1000 + i), 0)
  log.close()
  return disk
}

function verify(disk: MemoryDisk, more: Partial<VerifyRequest> = {}) {
  const request = {dir: DIR, baseOffset: 0, endOffset: 8, indexIntervalBytes: 0, epochs: EPOCHS}
  return verifySegment(disk, {...request, ...more}, crc32c)
}

function change(disk: MemoryDisk, suffix: Suffix, edit: (bytes: Buffer) => Buffer): void {
  const path = segmentFile(DIR, 0, suffix)
  disk.put(path, edit(disk.bytes(path)))
}

const setInt32 = (at: number, value: number) => (bytes: Buffer) => {
  bytes.writeInt32BE(value, at)
  return bytes
}

test('an intact segment', () => {
  assert.equal(verify(sample()), {
    baseOffset: 0,
    endOffset: 8,
    nextOffset: 8,
    bytes: 8 * ONE,
    batches: 8,
    records: 8,
    damaged: [],
    problems: [],
  })
})

test('what is at or above the end may be in the making: it is not counted and not judged', () => {
  const disk = sample()
  change(disk, SUFFIX.log, bytes => bytes.subarray(0, 7 * ONE + 30))
  const verdict = verify(disk, {endOffset: 5})
  assert.equal([verdict.batches, verdict.damaged, verdict.problems], [5, [], []])
})

test('the time index of a segment that another one follows ends with its greatest timestamp', () => {
  const disk = sample()
  assert.equal(verify(disk, {isClosed: true}).problems, [])
  change(disk, SUFFIX.timeIndex, bytes => bytes.subarray(0, -12))
  assert.equal(verify(disk).problems, [])
  assert.equal(verify(disk, {isClosed: true}).problems, ['.timeindex ends with timestamp 1006, the greatest is 1007'])
  change(disk, SUFFIX.timeIndex, () => Buffer.alloc(0))
  assert.equal(verify(disk, {isClosed: true}).problems, ['.timeindex ends with timestamp -1, the greatest is 1007'])
})

test('damaged batches, and a log that ends too early', () => {
  const disk = sample()
  change(disk, SUFFIX.log, bytes => {
    bytes[3 * ONE + 40]! ^= 1
    return bytes
  })
  const verdict = verify(disk)
  assert.is(verdict.damaged[0]!.position, 3 * ONE)
  assert.match(verdict.problems.join(), 'no batch ends at offset 3')
  const short = sample()
  change(short, SUFFIX.log, bytes => bytes.subarray(0, 6 * ONE))
  assert.match(verify(short).problems.join(), 'ends at offset 6, not 8')
})

test('offsets with a gap, and a leader epoch that is not the one of the offset', () => {
  const disk = sample()
  change(disk, SUFFIX.log, bytes => Buffer.concat([bytes.subarray(0, 2 * ONE), bytes.subarray(3 * ONE)]))
  assert.match(verify(disk).problems.join(), `byte ${2 * ONE}: offset 3 follows 1`)
  const epochs = [...EPOCHS, {epoch: 3, startOffset: 7}]
  assert.match(verify(sample(), {epochs}).problems.join(), `byte ${7 * ONE}: leader epoch 0`)
})

test('gaps that compaction leaves are no problem: those below the offset that Kafka has on record for its cleaner', () => {
  const compacted = (...kept: readonly number[]) => {
    const disk = sample()
    for (const suffix of [SUFFIX.index, SUFFIX.timeIndex]) change(disk, suffix, () => Buffer.alloc(0))
    const part = (bytes: Buffer, i: number) => bytes.subarray(i * ONE, (i + 1) * ONE)
    change(disk, SUFFIX.log, bytes => Buffer.concat(kept.map(i => part(bytes, i))))
    return disk
  }
  const cleaned = (disk: MemoryDisk, partition: string, offset: number) => {
    writeCheckpoint(disk, `/data/${CHECKPOINT.cleaned}`, new Map([[partition, offset]]))
    return verify(disk, {endOffset: 8}).problems
  }
  for (const kept of [
    [2, 5, 7],
    [2, 5],
  ]) {
    assert.equal(cleaned(compacted(...kept), 'topic 0', 8), [])
    assert.ok(cleaned(compacted(...kept), 'topic 1', 8).length >= 2)
    assert.ok(verify(compacted(...kept)).problems.length >= 2)
  }
  // a follower copies gaps that its own cleaner has not come to
  assert.equal(cleaned(compacted(0, 3, 4, 7), 'topic 0', 0), [])
  assert.equal(verify(compacted(0, 3, 4, 7), {isCompacted: true}).problems, [])
  assert.is(verify(compacted(0, 3, 1, 4, 5, 6, 7)).damaged.length, 1, 'offsets never go back')
})

test('a directory that is not named after a partition is checked as well', () => {
  const disk = sample()
  for (const [path, bytes] of disk.contents()) disk.put(path.replace(DIR, '/elsewhere'), bytes)
  assert.equal(verify(disk, {dir: '/elsewhere'}).problems, [])
})

test('index entries that name no batch', () => {
  for (const [at, value] of [
    [0, 5],
    [4, 3],
    [4, ONE * 2],
    [0, 1000],
    [48, 1000],
    [52, 1_000_000],
  ] as const) {
    const disk = sample()
    change(disk, SUFFIX.index, setInt32(at, value))
    assert.is(verify(disk).problems.length, 1, `${value} at ${at}`)
  }
})

test('time entries that name no batch, or do not ascend', () => {
  for (const [at, value] of [
    [4, 77],
    [8, 5],
    [8, 1000],
    [80, 1000],
    [76, 5000],
  ] as const) {
    const disk = sample()
    change(disk, SUFFIX.timeIndex, setInt32(at, value))
    assert.ok(verify(disk).problems.length > 0, `${value} at ${at}`)
  }
  const twice = sample()
  change(twice, SUFFIX.timeIndex, bytes => Buffer.concat([bytes, bytes.subarray(-12)]))
  assert.match(verify(twice).problems.join(), 'entry 7')
})

test('entries of batches in the making are not judged', () => {
  const disk = sample()
  const offset = Buffer.alloc(8)
  offset.writeInt32BE(9, 0)
  offset.writeInt32BE(8 * ONE, 4)
  change(disk, SUFFIX.index, bytes => Buffer.concat([bytes, offset]))
  const time = Buffer.alloc(12)
  time.writeBigInt64BE(9000n, 0)
  time.writeInt32BE(9, 8)
  change(disk, SUFFIX.timeIndex, bytes => Buffer.concat([bytes, time]))
  assert.equal(verify(disk).problems, [])
})

test('an index that is missing, or has half an entry', () => {
  const disk = sample()
  disk.remove(segmentFile(DIR, 0, SUFFIX.index))
  change(disk, SUFFIX.timeIndex, bytes => bytes.subarray(0, -1))
  assert.equal(verify(disk).problems, ['.index is missing', '.timeindex has 83 bytes, not whole entries'])
})

test('a segment that is not there is an error of the disk', () => {
  assert.throws(() => verify(sample(), {baseOffset: 5}), /ENOENT/)
})

test('it tells how far it is, and where the intact batches end', () => {
  const disk = sample()
  change(disk, SUFFIX.log, bytes => bytes.subarray(0, 6 * ONE))
  const request = {dir: DIR, baseOffset: 0, endOffset: 8, indexIntervalBytes: 0, epochs: EPOCHS}
  const progress: number[] = []
  assert.is(verifySegment(disk, request, crc32c, bytes => progress.push(bytes)).nextOffset, 6)
  assert.equal(
    progress,
    [1, 2, 3, 4, 5, 6].map(batches => batches * ONE),
  )
})

test('where everything is wrong, the first problems and the number of the others are told', () => {
  const disk = new MemoryDisk()
  const {log} = loadPartition(disk)
  for (let i = 0; i < 120; i++) log.append(oneRecord(1000 + i), 0)
  log.close()
  const {problems} = verify(disk, {endOffset: 120, epochs: []})
  assert.is(problems.length, 101)
  assert.is(problems[100], 'and 20 more')
})

test.run()

/**
 * Recovery of one log: a torn tail is cut, damage to what had been synced is refused and kept, whatever single byte it is, and a
 * recovery that is cut off leaves nothing that the next one does not put right (parts of T13 and T22).
 */
import {suite} from 'uvu'
import * as assert from 'uvu/assert'
import {crc32c} from '../engine/bytes/crc32c.ts'
import {OdradekError} from '../engine/errors.ts'
import {readEpochs} from '../engine/log/leader-epoch-checkpoint.ts'
import {LogReader} from '../engine/log/log-reader.ts'
import {verifySegment} from '../engine/log/verify-segment.ts'
import {times} from './runs.ts'
import {assertSame} from './simulation/log-bed.ts'
import {MemoryDisk, systemError} from './simulation/memory-disk.ts'
import {
  buildBatch,
  DIR,
  loadClosed,
  loadPartition,
  type Partition,
  type PartitionOptions,
  readAll,
  type StoredBatch,
  shown,
} from './simulation/partition.ts'

const test = suite('recovery')

const OPTIONS: PartitionOptions = {config: {segmentBytes: 700, indexIntervalBytes: 60}}
const LEADER_EPOCH = {from: 12, to: 16}

/** Where a stored batch lies. */
interface Placed extends StoredBatch {
  readonly file: string
  readonly position: number
}

/** A log of three segments, synced up to an offset within the last one or the one before, and what it holds. */
interface Sample {
  readonly disk: MemoryDisk
  readonly batches: readonly Placed[]
  readonly syncedEnd: number
  readonly end: number
}

function makeSample(options: {syncedBatches: number; close?: boolean}): Sample {
  const disk = new MemoryDisk()
  const partition = loadPartition(disk, OPTIONS)
  const {log} = partition
  for (let i = 0; i < 14; i++) {
    const timestamps = Array.from({length: 1 + (i % 3)}, (_, k) => 1000 + ((i * 7) % 5) * 100 + k)
    log.append(buildBatch({timestamps, valueBytes: 12 + ((i * 5) % 40), seed: i}), 0)
    log.commit()
    if (i === options.syncedBatches - 1) log.sync()
  }
  const batches = place(partition)
  if (options.close === true) log.close()
  disk.endProcess()
  const syncedEnd = options.close === true ? log.logEndOffset : batches[options.syncedBatches - 1]!.nextOffset
  return {disk, batches, syncedEnd, end: log.logEndOffset}
}

function place({log, filesOnly}: Partition): Placed[] {
  let position = 0
  let base = 0
  return readAll(filesOnly, 0, log.logEndOffset).map(batch => {
    const segment = log.segments.findLast(({baseOffset}) => baseOffset <= batch.baseOffset)!
    if (segment.baseOffset !== base) position = 0
    base = segment.baseOffset
    const placed = {...batch, file: `${DIR}/${String(base).padStart(20, '0')}.log`, position}
    position += batch.bytes.length
    return placed
  })
}

/** The disk with one file changed. */
function changed(disk: MemoryDisk, path: string, change: (bytes: Buffer) => Buffer): MemoryDisk {
  const copy = disk.copy()
  copy.put(path, change(copy.bytes(path)))
  return copy
}

const flip = (at: number, bits: number) => (bytes: Buffer) => {
  bytes[at]! ^= bits
  return bytes
}

/** One bit, or all of them, chosen by the place. */
const bitsAt = (at: number): number => (at % 9 === 8 ? 0xff : 1 << (at % 9))

function refusal(load: () => unknown): OdradekError | undefined {
  try {
    load()
    return undefined
  } catch (error) {
    if (error instanceof OdradekError && error.code === 'LOG_DAMAGED') return error
    throw error
  }
}

/** The log holds exactly these batches, reads and verifies, and takes another one behind them. */
function checkIntact(disk: MemoryDisk, partition: Partition, expected: readonly StoredBatch[]): void {
  const {log, filesOnly, source} = partition
  assert.is(log.logEndOffset, expected.at(-1)?.nextOffset ?? 0)
  assertSame(readAll(filesOnly, 0, log.logEndOffset), expected, 'recovered')
  assert.equal(verifyAll(disk, log.logEndOffset), [])
  const base = log.append(buildBatch({timestamps: [5000], valueBytes: 10}), 0)
  assert.is(base, expected.at(-1)?.nextOffset ?? 0)
  log.commit()
  assert.is(readAll(source, 0, log.logEndOffset).length, expected.length + 1)
  log.abandon()
}

function verifyAll(disk: MemoryDisk, end: number): string[] {
  const bases = [...disk.contents().keys()]
    .filter(path => path.endsWith('.log'))
    .map(path => Number(path.slice(-24, -4)))
  const epochs = readEpochs(disk, DIR)
  return bases.flatMap((baseOffset, i) => {
    const endOffset = bases[i + 1] ?? end
    const verdict = verifySegment(disk, {dir: DIR, baseOffset, endOffset, indexIntervalBytes: 60, epochs}, crc32c)
    return [...verdict.problems, ...verdict.damaged.map(range => `byte ${range.position}: ${range.why}`)]
  })
}

const isUnsynced = (sample: Sample) => (batch: Placed) => batch.baseOffset >= sample.syncedEnd

for (const syncedBatches of [6, 11]) {
  const sample = makeSample({syncedBatches})
  const unsynced = sample.batches.filter(isUnsynced(sample))

  test(`a tail torn at any byte is cut, ${unsynced.length} batches unsynced`, () => {
    for (const [i, batch] of sample.batches.entries()) {
      if (!isUnsynced(sample)(batch)) continue
      for (let length = 0; length < batch.bytes.length; length++) {
        const disk = changed(sample.disk, batch.file, bytes => bytes.subarray(0, batch.position + length))
        checkIntact(disk, loadPartition(disk, OPTIONS), sample.batches.slice(0, i))
      }
    }
  })

  test(`a byte that is wrong above the synced end ends the log before its batch, ${unsynced.length} batches unsynced`, () => {
    for (const [i, batch] of sample.batches.entries()) {
      if (!isUnsynced(sample)(batch)) continue
      for (let at = 0; at < batch.bytes.length; at++) {
        const disk = changed(sample.disk, batch.file, flip(batch.position + at, bitsAt(at)))
        if (at >= LEADER_EPOCH.from && at < LEADER_EPOCH.to) {
          // no crash makes a leader epoch wrong and leaves the rest right
          const refused = refusal(() => loadPartition(disk, OPTIONS))
          assert.match(refused!.message, `byte ${batch.position}: leader epoch`)
        } else {
          checkIntact(disk, loadPartition(disk, OPTIONS), sample.batches.slice(0, i))
        }
      }
    }
  })
}

test('a byte that is wrong below the synced end is refused by name, and nothing changes', () => {
  const sample = makeSample({syncedBatches: 13})
  const last = sample.batches.at(-1)!.file
  for (const batch of sample.batches.filter(({file, nextOffset}) => file === last && nextOffset <= sample.syncedEnd)) {
    for (let at = 0; at < batch.bytes.length; at++) {
      const disk = changed(sample.disk, batch.file, flip(batch.position + at, bitsAt(at)))
      const before = disk.contents()
      const refused = refusal(() => loadPartition(disk, OPTIONS))
      assert.ok(refused, `byte ${at} of the batch at ${batch.baseOffset}`)
      assert.match(refused.message, `segment ${Number(last.slice(-24, -4))} is damaged at byte ${batch.position}`)
      assert.equal(disk.contents(), before)
      assert.is(disk.openFiles, 0)
    }
  }
})

test('damage that is kept hides its own batch and no other, and no offset is given twice', () => {
  const sample = makeSample({syncedBatches: 14})
  const last = sample.batches.at(-1)!.file
  for (const batch of sample.batches.filter(({file}) => file === last)) {
    for (let at = 0; at < batch.bytes.length; at++) {
      const disk = changed(sample.disk, batch.file, flip(batch.position + at, bitsAt(at)))
      const {log, source, filesOnly} = loadPartition(disk, {...OPTIONS, request: {onDamage: 'keep'}})
      assert.is(log.logEndOffset, sample.end)
      const isHidden = at < LEADER_EPOCH.from || at >= LEADER_EPOCH.to
      checkAround(filesOnly, sample, isHidden ? batch : undefined)
      assert.is(log.append(buildBatch({timestamps: [5000], valueBytes: 10}), 0), sample.end)
      log.commit()
      assert.is(readAll(source, sample.end, log.logEndOffset).length, 1)
      assert.is(readAll(filesOnly, sample.end, log.logEndOffset).length, 1)
      log.close()
      const again = loadClosed(disk, log.logEndOffset, {...OPTIONS, request: {onDamage: 'keep'}})
      assert.is(again.log.logEndOffset, sample.end + 1)
      again.log.abandon()
    }
  }
})

/** Every batch but one can be read from each of its offsets, and that one fails from each. */
function checkAround(source: Partition['source'], sample: Sample, hidden: StoredBatch | undefined): void {
  const reader = new LogReader(source, 512)
  for (const batch of sample.batches) {
    for (let offset = batch.baseOffset; offset < batch.nextOffset; offset++) {
      if (batch === hidden) {
        assert.throws(() => reader.read(offset, sample.end), /CORRUPT_MESSAGE/)
      } else {
        assert.ok(reader.read(offset, sample.end), `offset ${offset}`)
        assert.ok(shown(reader)[0]!.bytes.subarray(16).equals(batch.bytes.subarray(16)), `offset ${offset}`)
      }
    }
  }
  reader.close()
}

test('a segment that lies wholly below the synced end is not read at load, but what is damaged in it is not served', () => {
  const sample = makeSample({syncedBatches: 14})
  const first = sample.batches[0]!.file
  for (const batch of sample.batches.filter(({file}) => file === first)) {
    for (let at = 0; at < batch.bytes.length; at++) {
      if (at >= LEADER_EPOCH.from && at < LEADER_EPOCH.to) continue
      const disk = changed(sample.disk, batch.file, flip(batch.position + at, bitsAt(at)))
      const {log, filesOnly} = loadPartition(disk, OPTIONS)
      checkAround(filesOnly, sample, batch)
      log.abandon()
    }
  }
})

test('of every file, no wrong bit is served: the log opens whole, or is refused, or says where it is damaged', () => {
  for (const clean of [true, false]) {
    const sample = makeSample({syncedBatches: 14, close: clean})
    const stride = times(clean ? 11 : 13, 1)
    for (const [path, bytes] of sample.disk.contents()) {
      for (let bit = 0; bit < bytes.length * 8; bit += stride) {
        const disk = changed(sample.disk, path, flip(bit >> 3, 1 << (bit & 7)))
        const request = {clean, recoveryPoint: clean ? sample.end : 0}
        let partition: Partition | undefined
        const refused = refusal(() => {
          partition = loadPartition(disk, {...OPTIONS, request})
        })
        assert.is(refused === undefined, partition !== undefined)
        if (partition === undefined) continue
        const {log, filesOnly, source} = partition
        const where = `${path}, bit ${bit}`
        assert.is(log.logEndOffset, sample.end, where)
        for (const from of [filesOnly, source]) checkPrefix(from, sample, where)
        log.abandon()
      }
    }
  }
})

/** Reading goes on to the end, or to where it says that something is damaged. */
function checkPrefix(source: Partition['source'], sample: Sample, where: string): void {
  const reader = new LogReader(source, 1024)
  const found: StoredBatch[] = []
  try {
    for (let offset = 0; reader.read(offset, sample.end); offset = reader.nextOffset) found.push(...shown(reader))
    assert.is(found.length, sample.batches.length, where)
  } catch (error) {
    assert.ok(error instanceof OdradekError && error.code === 'CORRUPT_MESSAGE', `${where}: ${error}`)
  } finally {
    reader.close()
  }
  const isSame = (batch: StoredBatch, i: number) =>
    batch.baseOffset === sample.batches[i]!.baseOffset &&
    batch.bytes.subarray(16).equals(sample.batches[i]!.bytes.subarray(16))
  assert.ok(found.every(isSame), where)
}

test('recovering twice leaves the same bytes', () => {
  const sample = makeSample({syncedBatches: 9})
  const torn = sample.batches.at(-1)!
  const disk = changed(sample.disk, torn.file, bytes => bytes.subarray(0, torn.position + 30))
  loadPartition(disk, OPTIONS).log.abandon()
  const once = disk.contents()
  loadPartition(disk, OPTIONS).log.abandon()
  assert.equal(disk.contents(), once)
})

test('a recovery that is cut off at any call is put right by the next one', () => {
  const sample = makeSample({syncedBatches: 6})
  const torn = sample.batches[9]!
  const disk = changed(sample.disk, torn.file, bytes => bytes.subarray(0, torn.position + 30))
  const whole = disk.copy()
  loadPartition(whole, OPTIONS).log.abandon()
  let calls = 0
  for (let nth = 1; nth === 1 || calls >= nth - 1; nth++) {
    for (const survives of [0, 1, undefined]) {
      const copy = disk.copy()
      calls = 0
      copy.intercept = (kind, path) => {
        if (kind !== 'close' && ++calls === nth) throw systemError('EIO', path)
        return undefined
      }
      let cutOff: unknown
      try {
        loadPartition(copy, OPTIONS).log.abandon()
      } catch (error) {
        cutOff = error
      }
      copy.intercept = undefined
      assert.is(copy.openFiles, 0, `call ${nth}: ${cutOff}`)
      if (survives !== undefined) copy.losePower({changes: count => Math.min(count, survives), bytes: () => 0})
      const {log, filesOnly} = loadPartition(copy, OPTIONS)
      assertSame(readAll(filesOnly, 0, log.logEndOffset), sample.batches.slice(0, 9), `call ${nth}`)
      log.abandon()
      assert.equal(logFiles(copy), logFiles(whole), `call ${nth}`)
    }
  }
  assert.ok(calls > 30, 'the recovery was cut off many times')
})

function logFiles(disk: MemoryDisk): Map<string, Buffer> {
  return new Map([...disk.contents()].filter(([path]) => /\.(log|index|timeindex)$/.test(path)))
}

test('a full check finds every wrong byte of a segment and its indexes', () => {
  const sample = makeSample({syncedBatches: 14, close: true})
  assert.equal(verifyAll(sample.disk, sample.end), [])
  let indexBytes = 0
  for (const [path, bytes] of logFiles(sample.disk)) {
    if (!path.endsWith('.log')) indexBytes += bytes.length
    for (let at = 0; at < bytes.length; at++) {
      for (const bits of [1, 0x80, bitsAt(at)]) {
        const disk = changed(sample.disk, path, flip(at, bits))
        assert.ok(verifyAll(disk, sample.end).length > 0, `${path}, byte ${at}, bits ${bits}`)
      }
    }
  }
  assert.ok(indexBytes > 100, 'there are entries in the indexes')
})

test.run()

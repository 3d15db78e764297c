import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {MemoryDisk, systemError} from '../../property-tests/simulation/memory-disk.ts'
import {
  DIR,
  loadPartition,
  oneRecord,
  type Partition,
  type PartitionOptions,
  readAll,
  shown,
  stored,
} from '../../property-tests/simulation/partition.ts'
import {crc32c} from '../bytes/crc32c.ts'
import {OdradekError} from '../errors.ts'
import {LogReader, type LogSource} from './log-reader.ts'
import {SUFFIX, segmentFile} from './segment-files.ts'

const ONE = stored(oneRecord(1), 0).length

function open(count: number, options: PartitionOptions = {}): Partition & {disk: MemoryDisk} {
  const disk = new MemoryDisk()
  const partition = loadPartition(disk, options)
  append(partition, count)
  return {disk, ...partition}
}

function append({log}: Partition, count: number, valueBytes = 20): void {
  for (let i = 0; i < count; i++) log.append(oneRecord(1000 + i, valueBytes, i), 0)
  log.commit()
}

/** A segment of these bytes, and a reader over it. */
function sourceOf(files: Record<number, Uint8Array[]>, logStartOffset = 0): LogSource & {disk: MemoryDisk} {
  const disk = new MemoryDisk()
  disk.makeDirectory(DIR)
  for (const [base, parts] of Object.entries(files))
    disk.put(segmentFile(DIR, Number(base), SUFFIX.log), Buffer.concat(parts))
  return {disk, storage: disk, dir: DIR, arena: undefined, crc32c, logStartOffset: () => logStartOffset}
}

const at = (base: number, valueBytes = 20) => stored(oneRecord(1000, valueBytes), base)
const code = (expected: string) => (error: unknown) => error instanceof OdradekError && error.code === expected
const offsets = (reader: LogReader) => shown(reader).map(batch => batch.baseOffset)
const logFile = (base: number) => segmentFile(DIR, base, SUFFIX.log)

/** Counts calls to the disk while something runs. */
function calls(disk: MemoryDisk, run: () => void): string[] {
  const made: string[] = []
  disk.intercept = kind => {
    made.push(kind)
    return undefined
  }
  run()
  disk.intercept = undefined
  return made
}

test('nothing below the limit is nothing, and below the log start is an error', () => {
  const {log, source} = open(5)
  log.moveLogStart(2)
  const reader = new LogReader(source)
  assert.is(reader.read(5, 5), false)
  assert.is(reader.read(9, 5), false)
  assert.throws(() => reader.read(1, 5), code('OFFSET_OUT_OF_RANGE'))
  assert.is(reader.read(2, 3), true)
  assert.equal(offsets(reader), [2])
})

test('from the arena without a call to the disk, and on from there', () => {
  const {disk, source} = open(5)
  const reader = new LogReader(source, 3 * ONE)
  const made = calls(disk, () => {
    assert.ok(reader.read(0, 5))
    assert.equal(offsets(reader), [0, 1, 2])
    assert.ok(reader.read(reader.nextOffset, 5))
    assert.equal(offsets(reader), [3, 4])
    assert.is(reader.read(reader.nextOffset, 5), false)
    assert.ok(reader.read(2, 5))
    assert.equal(offsets(reader), [2])
  })
  assert.equal(made, [])
})

test('readers of one source do not disturb each other', () => {
  const {source} = open(30, {arena: {windows: 4, windowBytes: 5 * ONE, indexEntries: 8}})
  const readers = [0, 7, 19].map(from => ({reader: new LogReader(source, 2 * ONE), next: from, found: [] as number[]}))
  for (let turn = 0; turn < 60; turn++) {
    const one = readers[turn % 3]!
    if (!one.reader.read(one.next, 30)) continue
    one.found.push(...offsets(one.reader))
    one.next = one.reader.nextOffset
  }
  for (const [i, from] of [0, 7, 19].entries()) {
    assert.equal(
      readers[i]!.found,
      Array.from({length: 30 - from}, (_, k) => from + k),
    )
  }
})

test('a batch larger than the bytes at hand makes room for itself, from the arena and from a file', () => {
  const {source, filesOnly} = open(1)
  for (const from of [source, filesOnly]) {
    const reader = new LogReader(from, 70)
    assert.ok(reader.read(0, 1))
    assert.is(reader.end, ONE)
  }
})

test('bytes that were given away are not written to again', () => {
  const {source} = open(2)
  const reader = new LogReader(source, ONE)
  reader.read(0, 2)
  const {bytes, view} = reader.detach()
  const before = Buffer.from(bytes)
  reader.read(1, 2)
  assert.equal(Buffer.from(bytes), before)
  assert.is(view.buffer, bytes.buffer)
  assert.equal(offsets(reader), [1])
})

test('what the arena has given up is read from the file, and what is new from the arena again', () => {
  const partition = open(12, {arena: {windows: 2, windowBytes: 4 * ONE, indexEntries: 8}})
  const reader = new LogReader(partition.source, 4096)
  assert.ok(reader.read(0, 12))
  append(partition, 8)
  const found: number[] = []
  for (let offset = 0; reader.read(offset, 20); offset = reader.nextOffset) found.push(...offsets(reader))
  assert.equal(
    found,
    Array.from({length: 20}, (_, i) => i),
  )
  const made = calls(partition.disk, () => assert.ok(reader.read(19, 20)))
  assert.equal(made, [])
})

test('reading on in a file costs one read, without a search', () => {
  const {disk, filesOnly} = open(9, {config: {indexIntervalBytes: 0}})
  const reader = new LogReader(filesOnly, 3 * ONE)
  reader.read(0, 9)
  assert.equal(
    calls(disk, () => reader.read(reader.nextOffset, 9)),
    ['read'],
  )
  assert.equal(offsets(reader), [3, 4, 5])
})

test('reading goes from segment to segment, through a roll, too', () => {
  const partition = open(5, {config: {segmentBytes: 2 * ONE}})
  const reader = new LogReader(partition.filesOnly)
  const found: number[] = []
  for (let offset = 0; reader.read(offset, 5); offset = reader.nextOffset) found.push(...offsets(reader))
  assert.is(reader.read(5, 5), false)
  append(partition, 4)
  for (let offset = 5; reader.read(offset, 9); offset = reader.nextOffset) found.push(...offsets(reader))
  assert.equal(
    found,
    Array.from({length: 9}, (_, i) => i),
  )
})

test('an index entry is followed only where the batch it names is there', () => {
  const {log, disk, filesOnly} = open(12, {config: {indexIntervalBytes: 0}})
  log.close()
  const path = segmentFile(DIR, 0, SUFFIX.index)
  const whole = disk.bytes(path)
  for (let byte = 0; byte < whole.length; byte++) {
    for (const bits of [1, 0x80]) {
      const wrong = Buffer.from(whole)
      wrong[byte]! ^= bits
      disk.put(path, wrong)
      for (let offset = 0; offset < 12; offset++) {
        const reader = new LogReader(filesOnly)
        assert.ok(reader.read(offset, 12))
        assert.is(offsets(reader)[0], offset, `byte ${byte}`)
        reader.close()
      }
    }
  }
  disk.remove(path)
  assert.is(readAll(filesOnly, 7, 12).length, 5)
})

test('damage is never served and never passed over; what lies around it is', () => {
  const parts = [at(0), at(1), at(2), at(3)]
  for (const spoil of [0, 7, 8, 11, 16, 20, 30, 65]) {
    const wrong = Buffer.from(parts[1]!)
    wrong[spoil]! ^= 4
    const source = sourceOf({0: [parts[0]!, wrong, parts[2]!, parts[3]!]})
    const reader = new LogReader(source)
    assert.ok(reader.read(0, 4))
    assert.equal(offsets(reader), [0], `byte ${spoil}`)
    assert.throws(() => reader.read(1, 4), code('CORRUPT_MESSAGE'))
    assert.ok(reader.read(2, 4))
    assert.equal(offsets(reader), [2, 3])
  }
})

test('damage at the end of a segment, or of the log', () => {
  const source = sourceOf({0: [at(0), at(1).subarray(0, 70)], 2: [at(2), at(3).subarray(0, 30)]})
  const reader = new LogReader(source)
  for (const offset of [1, 3]) assert.throws(() => reader.read(offset, 4), code('CORRUPT_MESSAGE'))
  for (const offset of [0, 2]) assert.ok(reader.read(offset, 4))
})

test('a file that ends before it should, at the edge of a batch', () => {
  const source = sourceOf({0: [at(0)]})
  const reader = new LogReader(source)
  assert.throws(() => reader.read(1, 4), /segment 0 ends before it/)
  // the index led there, so the whole segment is looked through first
  const index = Buffer.alloc(8)
  index.writeInt32BE(5, 0)
  source.disk.put(segmentFile(DIR, 0, SUFFIX.index), index)
  assert.throws(() => reader.read(6, 9), /segment 0 ends before it/)
})

test('gaps that compaction left are passed over, within a segment and behind it', () => {
  const source = sourceOf({0: [at(0), at(4), at(5), at(9), at(12)], 20: [at(23), at(24)]})
  const expected = [0, 4, 5, 9, 12, 23, 24]
  for (const capacity of [70, ONE, ONE + 61, 2 * ONE, 4096]) {
    assert.equal(
      readAll(source, 0, 25, capacity).map(batch => batch.baseOffset),
      expected,
      `${capacity} bytes at a time`,
    )
    for (let offset = 0; offset < 25; offset++)
      assert.is(
        readAll(source, offset, 25, capacity)[0]!.baseOffset,
        expected.find(base => base >= offset),
      )
  }
})

test('a gap that reaches up to the limit is nothing to read', () => {
  const source = sourceOf({0: [at(0), at(8), at(9)], 30: [at(30)]})
  const reader = new LogReader(source)
  assert.is(reader.read(3, 6), false)
  assert.is(reader.read(20, 30), false)
  assert.ok(reader.read(20, 31))
  assert.equal(offsets(reader), [30])
})

test('a batch behind a gap that damage follows is found by what the whole segment tells', () => {
  const source = sourceOf({0: [at(0), at(5), Buffer.alloc(200)], 20: [at(20)]})
  const reader = new LogReader(source)
  assert.ok(reader.read(1, 21))
  assert.equal(offsets(reader), [5])
  assert.throws(() => reader.read(6, 21), code('CORRUPT_MESSAGE'))
  assert.ok(reader.read(20, 21))
})

test('a base offset that went wrong at the end of the log is not served', () => {
  const source = sourceOf({0: [at(0), at(1 + 64)]})
  const reader = new LogReader(source)
  assert.throws(() => reader.read(1, 2), /base offset 65 does not follow 0/)
  assert.throws(() => reader.read(1, 2), code('CORRUPT_MESSAGE'))
  const closed = sourceOf({0: [at(0), at(1 + 64)], 2: [at(2)]})
  assert.throws(() => new LogReader(closed).read(1, 3), code('CORRUPT_MESSAGE'))
})

test('a base offset that went wrong before the batch that follows is not served, though it lies behind what came before', () => {
  const source = sourceOf({0: [at(0), at(7), at(2), at(3)]})
  for (const capacity of [ONE, 2 * ONE, 4096])
    assert.throws(
      () => new LogReader(source, capacity).read(1, 9),
      code('CORRUPT_MESSAGE'),
      `${capacity} bytes at a time`,
    )
})

test('a base offset that went wrong at the end of a segment is not served, though it lies below the limit', () => {
  for (const wrong of [2, 4]) {
    const source = sourceOf({0: [at(0), at(wrong)], 2: [at(2), at(3), at(4)]})
    assert.throws(() => new LogReader(source).read(1, 5), code('CORRUPT_MESSAGE'))
  }
})

test('segments that are gone: deleted, which the log start tells, or lost', () => {
  const partition = open(6, {config: {segmentBytes: 2 * ONE}})
  const {log, disk, filesOnly} = partition
  let logStart = 0
  const reader = new LogReader({...filesOnly, logStartOffset: () => logStart})
  assert.ok(reader.read(0, 6))
  reader.close()
  log.sync()
  log.moveLogStart(4)
  log.dropSegments(2)
  // the start was asked just before retention moved it
  disk.intercept = kind => {
    if (kind === 'open') logStart = 4
    return undefined
  }
  assert.throws(() => reader.read(1, 6), code('OFFSET_OUT_OF_RANGE'))
  disk.intercept = undefined
  assert.ok(reader.read(4, 6))
  logStart = 0
  assert.throws(() => reader.read(1, 6), /there is no segment/)
  disk.remove(logFile(4))
  reader.close()
  assert.throws(() => reader.read(4, 6), code('CORRUPT_MESSAGE'))
  disk.makeDirectory('/none')
  const lost = new LogReader({...filesOnly, dir: '/nowhere', logStartOffset: () => 0})
  assert.throws(() => lost.read(0, 6), /there is no segment/)
})

test('a segment that goes between the look and the opening', () => {
  const {disk, filesOnly} = open(6, {config: {segmentBytes: 2 * ONE}})
  const reader = new LogReader(filesOnly)
  disk.intercept = (kind, path) => {
    if (kind === 'open' && path === logFile(2)) throw systemError('ENOENT', path)
    return undefined
  }
  assert.throws(() => reader.read(3, 6), /segment 2 is missing/)
  disk.intercept = undefined
  assert.ok(reader.read(3, 6))
})

test('an error of the disk is one of ours', () => {
  const {disk, filesOnly} = open(2)
  disk.intercept = (kind, path) => {
    if (kind === 'open') throw systemError('EMFILE', path)
    return undefined
  }
  assert.throws(() => new LogReader(filesOnly).read(0, 2), code('KAFKA_STORAGE_ERROR'))
})

test('a log that was cut and went on is read as it is now', () => {
  const partition = open(9, {config: {segmentBytes: 3 * ONE}})
  const {log, filesOnly} = partition
  const reader = new LogReader(filesOnly)
  // knows of segments 0, 3 and 6
  reader.read(0, 2)
  log.truncateTo(2)
  append(partition, 8, 45)
  assert.equal(
    log.segments.map(({baseOffset}) => baseOffset),
    [0, 2, 4, 6, 8],
  )
  for (const offset of [2, 5, 3, 7, 9]) {
    assert.ok(reader.read(offset, 10))
    assert.is(offsets(reader)[0], offset)
  }
  const found: number[] = []
  for (let offset = 0; reader.read(offset, 10); offset = reader.nextOffset) found.push(...offsets(reader))
  assert.is(found.length, 10)
})

test('a log that was cut and went on: where a reader stood is the middle of a batch now, and what it wants in the next segment', () => {
  const partition = open(5, {config: {segmentBytes: 6 * ONE}})
  const reader = new LogReader(partition.filesOnly)
  assert.ok(reader.read(0, 5))
  partition.log.truncateTo(2)
  append(partition, 4, 20 + Math.floor(0.75 * ONE))
  assert.equal(
    partition.log.segments.map(({baseOffset}) => baseOffset),
    [0, 4],
  )
  assert.ok(partition.log.segments[0]!.size > 5 * ONE)
  assert.ok(reader.read(5, 6))
  assert.is(offsets(reader).at(-1), 5)
})

test('a file that changes at any moment of a search is told as damaged, or was read before', () => {
  const sentences = new Set<string>()
  for (let nth = 1; nth < 9; nth++) {
    const source = sourceOf({0: [at(0), Buffer.from(at(1)).fill(0, 61), at(2)]})
    const reader = new LogReader(source)
    let reads = 0
    source.disk.intercept = (kind, path) => {
      if (kind === 'read' && ++reads === nth) source.disk.open(path, 'write').write(new Uint8Array(400), 0, 400, 0)
      return undefined
    }
    try {
      reader.read(2, 3)
      assert.equal(offsets(reader), [2])
    } catch (error) {
      assert.ok(code('CORRUPT_MESSAGE')(error), String(error))
      sentences.add(String(error).replace(/byte \d+/, 'byte'))
    }
  }
  assert.ok(sentences.size > 1, [...sentences].join('\n'))
})

test('bytes of the arena that do not add up are read from the file', () => {
  const {source, disk} = open(3)
  const bytes = new Uint8Array(source.arena!)
  const last = Buffer.from(bytes).lastIndexOf(stored(oneRecord(1000, 20, 0), 0).subarray(61))
  bytes[last + 10]! ^= 1
  const reader = new LogReader(source)
  assert.ok(calls(disk, () => assert.ok(reader.read(0, 3))).includes('read'))
  assert.equal(offsets(reader), [0, 1, 2])
})

test('a closed reader can read again', () => {
  const {disk, filesOnly} = open(2)
  const open_ = disk.openFiles
  const reader = new LogReader(filesOnly)
  reader.read(0, 2)
  reader.close()
  reader.close()
  assert.is(disk.openFiles, open_)
  assert.ok(reader.read(1, 2))
})

test('a read fills the bytes that are lent, and none where a batch is larger than they are', () => {
  const {source} = open(3)
  const reader = new LogReader(source, 0)
  const lent = Buffer.alloc(2 * ONE + 10)
  reader.lend(lent.subarray(10))
  assert.ok(reader.read(0, 3))
  assert.is(reader.bytes.buffer, lent.buffer)
  assert.equal(offsets(reader), [0, 1])
  reader.lend(lent.subarray(0, 70))
  assert.ok(reader.read(2, 3))
  assert.is.not(reader.bytes.buffer, lent.buffer)
  assert.equal(offsets(reader), [2])
})

test('who checks batches himself gets those of the arena unchecked, and those of the files checked', () => {
  const {source, filesOnly} = open(2)
  const never = {crc32c: () => -1, trustsArena: true}
  const reader = new LogReader({...source, ...never})
  assert.ok(reader.read(0, 2))
  assert.equal(offsets(reader), [0, 1])
  assert.throws(() => new LogReader({...filesOnly, ...never}).read(0, 2), code('CORRUPT_MESSAGE'))
  assert.throws(() => new LogReader({...source, crc32c: () => -1}).read(0, 2), code('CORRUPT_MESSAGE'))
})

test.run()

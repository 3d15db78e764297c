import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {DiskFaults} from '../../property-tests/simulation/disk-faults.ts'
import {MemoryDisk} from '../../property-tests/simulation/memory-disk.ts'
import {buildBatch, oneRecord, stored} from '../../property-tests/simulation/partition.ts'
import {crc32c} from '../bytes/crc32c.ts'
import type {EpochStart} from './leader-epoch-checkpoint.ts'
import {type ScanOptions, scanSegment} from './scan-segment.ts'
import type {StorageFile} from './storage.ts'

const MIB = 1024 * 1024

function fileOf(...parts: Uint8Array[]): {file: StorageFile; disk: MemoryDisk} {
  const disk = new MemoryDisk()
  disk.makeDirectory('/d')
  disk.put('/d/a.log', Buffer.concat(parts))
  return {file: disk.open('/d/a.log', 'read'), disk}
}

function scan(parts: Uint8Array[], options: Partial<ScanOptions> = {}) {
  return scanSegment(fileOf(...parts).file, {baseOffset: 0, indexIntervalBytes: 0, crc32c, ...options})
}

/** A batch of `count` records at `base`. */
function at(base: number, count = 1, timestamp = 1000, epoch = 0): Buffer {
  return stored(buildBatch({timestamps: Array(count).fill(timestamp), valueBytes: 20}), base, epoch)
}

const gapless = [at(0, 2), at(2), at(3, 4)]

test('an intact segment: its end, its counts, its newest record', () => {
  const found = scan([at(0, 2, 1000), at(2, 1, 3000), at(3, 4, 2000)])
  assert.is(found.nextOffset, 7)
  assert.is(found.batches, 3)
  assert.is(found.records, 7)
  assert.is(found.firstTimestamp, 1000)
  assert.is(found.largestTimestamp, 3000)
  assert.is(found.offsetOfLargest, 2)
  assert.equal(found.damaged, [])
})

test('an empty segment', () => {
  const found = scan([], {baseOffset: 40})
  assert.is(found.nextOffset, 40)
  assert.ok(Number.isNaN(found.firstTimestamp))
  assert.is(found.largestTimestamp, -1)
  assert.is(found.timeEntries.length, 0)
})

test('the indexes come out as the log writes them', () => {
  const found = scan([at(0, 1, 1000), at(1, 1, 900), at(2, 1, 1100), at(3, 1, 1100)], {indexIntervalBytes: 100})
  const bytes = at(0).length
  assert.equal([...found.offsetEntries], [2, 2 * bytes])
  assert.equal([...found.timeEntries], [1100, 2])
  assert.is(found.bytesSinceEntry, 2 * bytes)
})

test('a batch is read whole wherever in it, or its header, one read ends and the next begins', () => {
  const overhead = stored(oneRecord(1, MIB - 200), 0).length - (MIB - 200)
  for (const within of [0, 1, 60, 61, 62, 80]) {
    const long = stored(oneRecord(1, MIB - within - overhead), 0)
    assert.is(long.length, MIB - within)
    const found = scan([long, at(1), at(2)])
    assert.equal([found.damaged, found.nextOffset], [[], 3], `${within} bytes`)
    const atEnd = scan([long, at(1)])
    assert.equal([atEnd.damaged, atEnd.nextOffset], [[], 2], `${within} bytes, at the end`)
  }
})

test('what is damaged is told with what it hides, and what lies behind it is read', () => {
  const [first, second, third] = gapless as [Buffer, Buffer, Buffer]
  const wrong = Buffer.from(second)
  wrong[wrong.length - 1]! ^= 1
  const found = scan([first, wrong, third])
  assert.is(found.nextOffset, 7)
  assert.is(found.batches, 2)
  const [range] = found.damaged
  assert.equal({...range, why: ''}, {position: first.length, length: second.length, offset: 2, nextOffset: 3, why: ''})
  assert.match(range!.why, 'CRC')
})

test('a tail without a batch in it', () => {
  const found = scan([...gapless, Buffer.alloc(100)])
  assert.is(found.nextOffset, 7)
  assert.is(found.damaged[0]!.nextOffset, undefined)
  assert.is(found.damaged[0]!.length, 100)
})

test('a batch among the bytes of a damaged one is taken only where its offsets fit', () => {
  const inner = at(2, 1)
  const outer = (base: number) => stored(Buffer.concat([at(base, 1).subarray(0, 61), inner]), base)
  const damaged = outer(1)
  damaged[20]! ^= 1
  assert.is(scan([at(0), damaged, at(2)]).damaged[0]!.nextOffset, 2)
  assert.is(scan([at(0), damaged], {endOffset: 2}).damaged[0]!.nextOffset, undefined)
})

test('compaction leaves gaps: the next batch or the next segment bears them out', () => {
  assert.equal(scan([at(0), at(5), at(9)], {endOffset: 20}).damaged, [])
  assert.equal(scan([at(3), at(5)], {endOffset: 20}).damaged, [])
  assert.is(scan([at(0), at(5), at(9)], {endOffset: 20}).nextOffset, 10)
})

test('a gap at the end of the log is none', () => {
  const found = scan([at(0), at(5)])
  assert.is(found.nextOffset, 1)
  assert.match(found.damaged[0]!.why, 'base offset 5 does not follow 0')
  assert.match(scan([at(0), at(5)], {endOffset: 5}).damaged[0]!.why, 'does not follow')
})

test('where compaction was at work before, a gap at the end of the log is one, but not beyond the next segment', () => {
  const found = scan([at(0), at(5)], {mayEndBehindGap: true})
  assert.equal([found.nextOffset, found.damaged], [6, []])
  assert.match(scan([at(0), at(5)], {mayEndBehindGap: true, endOffset: 5}).damaged[0]!.why, 'does not follow')
})

test('a base offset that went wrong is told from a gap, whichever way it went', () => {
  for (const wrong of [3, 4, 66, 2 ** 40 + 2]) {
    const found = scan([at(0, 2), at(wrong), at(3, 4), at(7)])
    assert.equal(
      found.damaged.map(range => [range.offset, range.nextOffset]),
      [[2, 3]],
      `base offset ${wrong}`,
    )
    assert.is(found.nextOffset, 8)
  }
  const back = scan([at(0, 2), at(0), at(3, 4)])
  assert.match(back.damaged[0]!.why, 'base offset 0 lies before 2')
  assert.is(back.nextOffset, 7)
})

test('a gap before bytes that are no batch stays: they say nothing of it', () => {
  const found = scan([at(0), at(5), Buffer.alloc(70)], {endOffset: 20})
  assert.equal(
    found.damaged.map(range => range.offset),
    [6],
  )
})

test('runs of leader epochs, parted where they change and where they should', () => {
  const epochs: EpochStart[] = [
    {epoch: 1, startOffset: 0},
    {epoch: 4, startOffset: 2},
    {epoch: 5, startOffset: 3},
  ]
  const batches = [at(0, 1, 1, 1), at(1, 1, 1, 1), at(2, 1, 1, 1), at(3, 1, 1, 5)]
  const runs = (options: Partial<ScanOptions>) => scan(batches, options).epochs.map(run => [run.epoch, run.startOffset])
  assert.equal(runs({epochs}), [
    [1, 0],
    [1, 2],
    [5, 3],
  ])
  assert.equal(runs({}), [
    [1, 0],
    [5, 3],
  ])
})

test('from an index entry on, if the batch there is the one it names', () => {
  const position = gapless[0]!.length
  const found = scan(gapless, {from: {position, lastOffset: 2}})
  assert.is(found.nextOffset, 7)
  assert.is(found.batches, 2)
  assert.equal(found.damaged, [])
  assert.match(scan(gapless, {from: {position, lastOffset: 3}}).damaged[0]!.why, 'in the index at 3')
})

test('batches larger than what is read at a time, and headers across its edge', () => {
  const large = (base: number, bytes: number) => stored(oneRecord(1, bytes), base)
  const whole = large(0, 3 * MIB)
  assert.is(scan([whole, at(1)]).nextOffset, 2)
  for (const rest of [0, 1, 30, 60, 61, 62]) {
    const first = large(0, MIB - at(0).length - rest)
    assert.is(scan([first, at(1), at(2), at(3)]).nextOffset, 4, `${rest} bytes before the edge`)
  }
  const damaged = Buffer.from(whole)
  damaged[whole.length - 1]! ^= 1
  assert.is(scan([damaged, large(1, 2 * MIB), at(2)]).nextOffset, 3)
})

test('a length that lies: too small, negative, beyond the file', () => {
  for (const length of [0, 10, -1, -2147483648, 2147483647, 100_000]) {
    const lying = Buffer.from(gapless[1]!)
    lying.writeInt32BE(length, 8)
    const found = scan([gapless[0]!, lying, gapless[2]!])
    assert.is(found.nextOffset, 7, `length ${length}`)
    assert.is(found.damaged.length, 1)
  }
})

test('a file that gets shorter meanwhile ends the scan', () => {
  const {file, disk} = fileOf(...gapless, at(7))
  disk.intercept = new DiskFaults({kind: 'read', nth: 1, fails: 100, times: 9}).intercept
  const found = scanSegment(file, {baseOffset: 0, indexIntervalBytes: 0, crc32c})
  assert.ok(found.damaged.length > 0)
})

test('tells of its progress and of each intact batch', () => {
  const progress: number[] = []
  const positions: number[] = []
  const found = scan(gapless, {
    onProgress: bytes => progress.push(bytes),
    onBatch: (_view, _at, position) => positions.push(position),
  })
  assert.is(progress.at(-1), found.size)
  assert.equal(positions, [0, gapless[0]!.length, gapless[0]!.length + gapless[1]!.length])
})

test.run()

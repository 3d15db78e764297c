import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {MemoryDisk, systemError} from '../../property-tests/simulation/memory-disk.ts'
import {buildBatch, DIR, loadPartition, oneRecord, stored} from '../../property-tests/simulation/partition.ts'
import {crc32c} from '../bytes/crc32c.ts'
import {ENDING, SUFFIX, segmentFile} from '../log/segment-files.ts'
import {baseOffset} from '../record/record-batch.ts'
import {BatchCursor} from './batch-cursor.ts'

const ONE = stored(oneRecord(1), 0).length
const at = (base: number, valueBytes = 20) => stored(oneRecord(1000, valueBytes), base)
const logFile = (base: number) => segmentFile(DIR, base, SUFFIX.log)

/** A disk with segments of these bytes. */
function diskOf(files: Record<number, Uint8Array[]>): MemoryDisk {
  const disk = new MemoryDisk()
  disk.makeDirectory(DIR)
  for (const [base, parts] of Object.entries(files)) disk.put(logFile(Number(base)), Buffer.concat(parts))
  return disk
}

function cursorOn(disk: MemoryDisk, from = 0, syncedEnd: () => number = () => 0): BatchCursor {
  return new BatchCursor({storage: disk, dir: DIR, crc32c, syncedEnd}, from)
}

/** Gives a file other contents in place, as its writer does: who has it open sees them. */
function rewrite(disk: MemoryDisk, base: number, ...parts: Uint8Array[]): void {
  const bytes = Buffer.concat(parts)
  const file = disk.open(logFile(base), 'write')
  file.truncate(0)
  file.write(bytes, 0, bytes.length, 0)
  file.close()
}

/** What the cursor tells until the end: base offsets, and everything else in short. */
function walk(cursor: BatchCursor): (number | string)[] {
  const told: (number | string)[] = []
  for (;;) {
    const step = cursor.next()
    if (step.kind === 'batch') told.push(baseOffset(cursor.view, cursor.at))
    else if (step.kind === 'gap') told.push(`${step.why} ${step.from}-${step.to}`)
    else if (step.kind === 'damage') told.push(`damage ${step.range.offset}-${step.range.nextOffset}`)
    else {
      if (step.torn !== undefined) told.push(`torn ${step.torn.offset}, ${step.torn.length} bytes`)
      return told
    }
  }
}

const flipped = (bytes: Buffer, byte: number): Buffer => {
  const copy = Buffer.from(bytes)
  copy[byte]! ^= 1
  return copy
}

test('it walks from segment to segment, and goes on where more was written', () => {
  const disk = diskOf({0: [at(0), at(1)], 2: [at(2)]})
  const cursor = cursorOn(disk)
  assert.equal(walk(cursor), [0, 1, 2])
  assert.equal([cursor.position, cursor.baseOffset, cursor.nextOffset], [0, 2, 3])
  rewrite(disk, 2, at(2), at(3))
  assert.equal(walk(cursor), [3])
  disk.put(logFile(4), at(4))
  assert.equal(walk(cursor), [4])
  assert.equal(walk(cursor), [])
})

test('it begins with the batch that holds the offset, found by the index', () => {
  const disk = new MemoryDisk()
  const {log} = loadPartition(disk, {config: {indexIntervalBytes: 0}})
  for (let i = 0; i < 20; i++) log.append(buildBatch({timestamps: [1, 2], valueBytes: 30, seed: i}), 0)
  log.close()
  let reads = 0
  disk.intercept = kind => {
    if (kind === 'read') reads++
    return undefined
  }
  const cursor = cursorOn(disk, 31)
  assert.is(cursor.next().kind, 'batch')
  assert.is(baseOffset(cursor.view, cursor.at), 30)
  assert.ok(reads < 12, `${reads} reads`)
  disk.intercept = undefined
  // an index that leads nowhere only costs time
  for (const entry of [Buffer.from([0, 0, 0, 5, 0, 0, 0, 7]), Buffer.from([0, 0, 0, 5, 255, 0, 0, 7])]) {
    disk.put(segmentFile(DIR, 0, SUFFIX.index), entry)
    assert.equal(walk(cursorOn(disk, 38)), [38])
  }
})

test('a log that is not there yet is empty; one that is deleted under the reader is an error', () => {
  const disk = diskOf({})
  const cursor = cursorOn(disk)
  assert.equal(walk(cursor), [])
  disk.put(logFile(0), at(0))
  assert.equal(walk(cursor), [0])
  disk.remove(logFile(0))
  assert.throws(() => cursor.next(), /removed or replaced/)
  assert.throws(
    () => new BatchCursor({storage: disk, dir: '/nowhere', crc32c, syncedEnd: () => 0}, 0).next(),
    /removed/,
  )
})

test('half a batch at the end is in the making, and is shown when it is whole', () => {
  const disk = diskOf({0: [at(0), at(1).subarray(0, 30)]})
  const cursor = cursorOn(disk)
  assert.equal(walk(cursor), [0, 'torn 1, 30 bytes'])
  rewrite(disk, 0, at(0), at(1).subarray(0, ONE - 1))
  assert.equal(walk(cursor), [`torn 1, ${ONE - 1} bytes`])
  rewrite(disk, 0, at(0), at(1))
  assert.equal(walk(cursor), [1])
})

test('the same bytes are damage once they are synced, or followed by a segment', () => {
  const torn = [at(0), flipped(at(1), ONE - 1), at(2)]
  assert.equal(walk(cursorOn(diskOf({0: torn}))), [0, `torn 1, ${2 * ONE} bytes`])
  assert.equal(walk(cursorOn(diskOf({0: torn}), 0, () => 2)), [0, 'damage 1-2', 2])
  assert.equal(walk(cursorOn(diskOf({0: torn, 3: [at(3)]}))), [0, 'damage 1-2', 2, 3])
  assert.equal(walk(cursorOn(diskOf({0: [at(0), flipped(at(1), 70)]}), 0, () => 2)), [0, 'damage 1-undefined'])
  const last = [at(0), at(1).subarray(0, 40)]
  assert.equal(walk(cursorOn(diskOf({0: last, 2: [at(2)]}))), [0, 'damage 1-undefined', 2])
})

test('what fails its check is looked at once more before it is called damage', () => {
  for (const half of [at(1).subarray(0, 30), at(1).subarray(0, ONE - 1), flipped(at(1), ONE - 1)]) {
    const disk = diskOf({0: [at(0), half]})
    // between the two looks the owner completes the batch, rolls, and syncs
    const cursor = cursorOn(disk, 0, () => {
      rewrite(disk, 0, at(0), at(1))
      disk.put(logFile(2), at(2))
      return 3
    })
    assert.equal(walk(cursor), [0, 1, 2])
  }
})

test('a base offset that does not follow is damage; a gap counts where what comes next bears it out', () => {
  assert.equal(walk(cursorOn(diskOf({0: [at(0), at(0), at(1)]}), 0, () => 2)), [0, 'damage 1-1', 1])
  assert.equal(walk(cursorOn(diskOf({0: [at(0), at(5), at(7)], 9: [at(9)]}))), [0, 5, 7, 'missing 8-9', 9])
  assert.equal(walk(cursorOn(diskOf({0: [at(0), at(5), at(1)]}), 0, () => 2)), [0, 'damage 1-1', 1])
  assert.equal(walk(cursorOn(diskOf({0: [at(0), at(5)]}))), [0, `torn 1, ${ONE} bytes`])
})

test('segments that are deleted while they are read are read to their end; what is gone before is told', () => {
  const disk = diskOf({0: [at(0), at(1)], 2: [at(2)], 3: [at(3)], 4: [at(4)]})
  const cursor = cursorOn(disk)
  assert.is(cursor.next().kind, 'batch')
  for (const base of [0, 2, 3]) disk.remove(logFile(base))
  assert.equal(walk(cursor), [1, 'deleted 2-4', 4])
  assert.equal(walk(cursorOn(disk, 1)), ['deleted 1-4', 4])
})

test('a segment that goes between the list and the opening is looked for again', () => {
  const disk = diskOf({0: [at(0)], 1: [at(1)], 2: [at(2)]})
  let left = 1
  disk.intercept = (kind, path) => {
    if (kind === 'open' && path === logFile(1) && left-- > 0) {
      disk.remove(logFile(0))
      disk.remove(logFile(1))
    }
    return undefined
  }
  assert.equal(walk(cursorOn(disk)), [0, 'deleted 1-2', 2])
  const gone = diskOf({0: [at(0)], 1: [at(1)]})
  gone.intercept = (kind, path) => {
    if (kind === 'open' && path === logFile(0)) gone.remove(logFile(0))
    return undefined
  }
  assert.equal(walk(cursorOn(gone)), ['deleted 0-1', 1])
  gone.intercept = (kind, path) => {
    if (kind === 'open') throw systemError('EACCES', path)
    return undefined
  }
  assert.throws(() => cursorOn(gone).next(), /PERMISSION_DENIED/)
})

test('batches whose write failed after they were seen are taken back, and the next ones shown', () => {
  const disk = diskOf({0: [at(0), at(1), at(2)]})
  const cursor = cursorOn(disk)
  assert.equal(walk(cursor), [0, 1, 2])
  rewrite(disk, 0, at(0))
  assert.equal(walk(cursor), ['withdrawn 1-3'])
  rewrite(disk, 0, at(0), at(1, 77))
  assert.equal(walk(cursor), [1])
  // cut back and grown beyond the place before anybody looked
  rewrite(disk, 0, at(0), at(1, 5), at(2, 300))
  assert.equal(walk(cursor), [2])
})

test('a batch larger than what is read at a time is shown whole; a length nobody can believe is not waited for', () => {
  const large = at(1, 3_000_000)
  const cursor = cursorOn(diskOf({0: [at(0), large, at(2)]}))
  assert.equal(walk(cursor), [0, 1, 2])
  assert.ok(cursor.bytes.length >= large.length)
  const wrong = Buffer.from(at(1))
  wrong.writeInt32BE(0x7ffffff0, 8)
  assert.equal(walk(cursorOn(diskOf({0: [at(0), wrong]}))), [0, `torn 1, ${ONE} bytes`])
})

test('a segment that is taking the place of the next one may hold what is in both', () => {
  const files = {0: [at(0), at(6)], 5: [at(5), at(6)], 7: [at(7)]}
  assert.equal(walk(cursorOn(diskOf(files))), [0, 'damage 1-undefined', 5, 6, 7])
  const disk = diskOf(files)
  disk.put(segmentFile(DIR, 0, SUFFIX.index) + ENDING.swap, new Uint8Array())
  assert.equal(walk(cursorOn(disk)), [0, 6, 7])
})

test('a closed cursor has let go of its file', () => {
  const disk = diskOf({0: [at(0)]})
  const cursor = cursorOn(disk)
  cursor.next()
  cursor.close()
  cursor.close()
  assert.equal(walk(cursor), [0])
})

test.run()

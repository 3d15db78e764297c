import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {MemoryDisk, systemError} from '../../property-tests/simulation/memory-disk.ts'
import {DIR, loadPartition, oneRecord, stored} from '../../property-tests/simulation/partition.ts'
import {crc32c} from '../bytes/crc32c.ts'
import {SUFFIX, segmentFile} from '../log/segment-files.ts'
import {SyncedEnd} from '../log/synced-end.ts'
import {LogView} from './log-view.ts'
import {type SegmentOutcome, type ViewVerdict, verifyView} from './verify-view.ts'

const ONE = stored(oneRecord(1), 0).length
const logFile = (base: number) => segmentFile(DIR, base, SUFFIX.log)

/** Twelve records, four a segment, synced up to `synced`; its owner went without a word. */
function sample(synced = 0): MemoryDisk {
  const disk = new MemoryDisk()
  const {log} = loadPartition(disk, {config: {segmentBytes: 4 * ONE, indexIntervalBytes: 0}})
  for (let i = 0; i < 12; i++) log.append(oneRecord(1000 + i), 0)
  log.commit()
  const record = new SyncedEnd(disk, DIR)
  if (synced > 0) record.write(synced)
  record.close()
  return disk
}

function change(disk: MemoryDisk, path: string, edit: (bytes: Buffer) => Buffer): void {
  disk.put(path, edit(disk.bytes(path)))
}

const flip = (at: number) => (bytes: Buffer) => {
  bytes[at]! ^= 1
  return bytes
}

function verify(
  disk: MemoryDisk,
  isOwned: () => boolean = () => false,
): {outcomes: SegmentOutcome[]; log: ViewVerdict} {
  const check = verifyView(viewOf(disk), {isOwned, onProgress() {}})
  const outcomes: SegmentOutcome[] = []
  for (;;) {
    const {value, done} = check.next()
    if (!done) outcomes.push(value)
    else return {outcomes, log: value}
  }
}

const told = ({outcomes}: {outcomes: SegmentOutcome[]}) =>
  outcomes.map(outcome =>
    outcome.deleted
      ? `${outcome.baseOffset} deleted`
      : `${outcome.verdict.baseOffset} ${outcome.ok ? 'ok' : 'damaged'}`,
  )

test('an intact log, whoever has it open', () => {
  for (const isOwned of [true, false]) {
    const {outcomes, log} = verify(sample(8), () => isOwned)
    assert.equal(told({outcomes}), ['0 ok', '4 ok', '8 ok'])
    assert.equal(log, {logStartOffset: 0, logEndOffset: 12, syncedEnd: 8, torn: undefined, problems: []})
  }
})

test('a look writes nothing', () => {
  const disk = sample(5)
  change(disk, logFile(4), flip(ONE + 70))
  disk.intercept = (kind, path) => {
    assert.ok(['open', 'read', 'stat', 'list', 'size', 'close'].includes(kind), `${kind} of ${path}`)
    return undefined
  }
  for (const isOwned of [true, false]) verify(disk, () => isOwned)
})

test('half a batch behind the end is no damage', () => {
  const disk = sample(8)
  change(disk, logFile(8), bytes => Buffer.concat([bytes, bytes.subarray(0, 30)]))
  for (const isOwned of [true, false]) {
    const {outcomes, log} = verify(disk, () => isOwned)
    assert.equal(told({outcomes}), ['0 ok', '4 ok', '8 ok'])
    assert.equal([log.logEndOffset, log.torn?.position, log.torn?.length], [12, 4 * ONE, 30])
  }
})

test('bad bytes above the synced end are a torn tail where nobody has the log open, and damage where somebody has', () => {
  const disk = sample(5)
  change(disk, logFile(4), flip(ONE + 70))
  const left = verify(disk)
  assert.equal(told(left), ['0 ok', '4 ok'])
  assert.equal([left.log.logEndOffset, left.log.torn?.offset, left.log.torn?.length], [5, 5, 3 * ONE + 4 * ONE])
  assert.equal(told(verify(disk, () => true)), ['0 ok', '4 damaged', '8 ok'])
})

test('bad bytes below the synced end are damage', () => {
  const disk = sample(6)
  change(disk, logFile(4), flip(ONE + 70))
  const {outcomes, log} = verify(disk)
  assert.equal(told({outcomes}), ['0 ok', '4 damaged', '8 ok'])
  assert.is(log.torn, undefined)
})

test('records that are missing before a segment are damage if they were synced, else what a crash took', () => {
  for (const [synced, segments, end] of [
    [8, ['0 ok', '4 damaged', '8 ok'], 12],
    [7, ['0 ok', '4 ok'], 7],
  ] as const) {
    const disk = sample(synced)
    change(disk, logFile(4), bytes => bytes.subarray(0, 3 * ONE))
    const {outcomes, log} = verify(disk)
    assert.equal(told({outcomes}), segments)
    assert.equal([log.logEndOffset, log.torn?.length], [end, synced === 7 ? 4 * ONE : undefined])
  }
})

test('a log that ends before its synced end, or that has lost its epochs, is damaged as a whole', () => {
  const disk = sample(12)
  change(disk, logFile(8), bytes => bytes.subarray(0, 3 * ONE))
  const {outcomes, log} = verify(disk)
  assert.equal(told({outcomes}), ['0 ok', '4 ok', '8 damaged'])
  assert.match(log.problems.join(), 'ends at offset 11, but everything below 12 had been synced')
  disk.remove(`${DIR}/leader-epoch-checkpoint`)
  assert.match(verify(disk).log.problems.join(), 'leader-epoch-checkpoint')
})

test('what looks wrong while somebody has the log open is read again before it is called so', () => {
  const disk = sample()
  const path = segmentFile(DIR, 8, SUFFIX.index)
  const whole = disk.bytes(path)
  disk.put(path, Buffer.concat([whole, Buffer.from([1])]))
  let asked = 0
  const {outcomes} = verify(disk, () => {
    // the owner goes on meanwhile
    if (++asked === 3) disk.put(path, whole)
    return true
  })
  assert.equal(told({outcomes}), ['0 ok', '4 ok', '8 ok'])
})

test('a segment that is deleted before its turn, or while it is read, is told as such', () => {
  const disk = sample()
  disk.intercept = (kind, path) => {
    if (kind === 'open' && path === logFile(0)) {
      disk.intercept = undefined
      for (const suffix of [SUFFIX.index, SUFFIX.timeIndex, SUFFIX.log]) disk.remove(segmentFile(DIR, 0, suffix))
    }
    return undefined
  }
  const check = verifyView(viewOf(disk), {isOwned: () => true, onProgress() {}})
  assert.equal(check.next().value, {deleted: true, baseOffset: 0})
  disk.remove(segmentFile(DIR, 4, SUFFIX.index))
  disk.intercept = (kind, path) => {
    if (kind === 'stat' && path === segmentFile(DIR, 4, SUFFIX.timeIndex)) {
      disk.intercept = kind => {
        if (kind !== 'list') return undefined
        disk.intercept = undefined
        disk.remove(logFile(4))
        return undefined
      }
    }
    return undefined
  }
  assert.equal(check.next().value, {deleted: true, baseOffset: 4})
  disk.intercept = (kind, path) => {
    if (kind === 'open') throw systemError('EACCES', path)
    return undefined
  }
  assert.throws(() => check.next(), /PERMISSION_DENIED/)
})

function viewOf(disk: MemoryDisk): LogView {
  return new LogView({storage: disk, crc32c, dir: DIR, dataDir: undefined, key: 'topic 0'})
}

test('a time index that lost its last entries is noticed in a segment that is closed, and in no other', () => {
  for (const base of [0, 4, 8]) {
    const disk = sample(12)
    change(disk, segmentFile(DIR, base, SUFFIX.timeIndex), bytes => bytes.subarray(0, 0))
    assert.is(told(verify(disk)).includes(`${base} damaged`), base < 8, String(base))
  }
})

test.run()

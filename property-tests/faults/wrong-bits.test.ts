/**
 * Any bit of any file of a dir is wrong, or a file ends too early. Opening refuses with a typed error, or reading does, or all
 * is read as it was stored: never anything else, and never less than had been synced.
 *
 * Two things only `verify` finds, and here it must: a time index that ends too early and so leads a look-up by time astray,
 * and a closed segment that ends too early, exactly between two batches (what compaction leaves looks the same).
 *
 *   RUNS=1000000                  every bit, not only one of some
 *   SEED=7                        which ones
 */
import {suite} from 'uvu'
import * as assert from 'uvu/assert'
import {crc32c} from '../../engine/bytes/crc32c.ts'
import {OdradekError} from '../../engine/errors.ts'
import {readEpochs} from '../../engine/log/leader-epoch-checkpoint.ts'
import {LogReader, type LogSource} from '../../engine/log/log-reader.ts'
import {segmentBases} from '../../engine/log/segment-files.ts'
import type {Storage} from '../../engine/log/storage.ts'
import {offsetForTimestamp} from '../../engine/log/timestamp-lookup.ts'
import {verifySegment} from '../../engine/log/verify-segment.ts'
import {RecordWalker} from '../../engine/record/record-walker.ts'
import type {MemoryDisk} from '../simulation/memory-disk.ts'
import {buildBatch, readAll, type StoredBatch, shown} from '../simulation/partition.ts'
import {Reached} from '../simulation/reached.ts'
import {openWholeDir, PARTITION_DIR, type WholeDir} from '../simulation/whole-dir.ts'
import {replayCommand, tries} from './chance.ts'
import {DirHistory, SMALL} from './dir-history.ts'

const test = suite('wrong bits')
const {count, seed} = tries(6000)
/** Codes that may be the answer to damage. */
const TYPED = ['LOG_DAMAGED', 'CORRUPT_MESSAGE', 'FOREIGN_DIR']
/** Kafka's format of it has no check, and nothing else tells where a log starts within its first segment. */
const LOG_START = '/data/log-start-offset-checkpoint'

const reached = new Reached(['refused at opening', 'refused at reading', 'read as it was', 'found by verify'])

/** A dir and what it holds. */
interface Sample {
  readonly disk: MemoryDisk
  readonly batches: readonly StoredBatch[]
  readonly start: number
  readonly end: number
  /** By time, the first record that is not older. */
  readonly offsetAt: ReadonlyMap<number, number | undefined>
}

async function makeSample(how: 'closed' | 'killed'): Promise<Sample> {
  const run = new DirHistory()
  await run.open()
  for (const step of ['b', 'r', 'b', 'a'] as const) await run.step(step)
  const {partition} = run.dir
  // times that fall now and then, so that a time index has something to say
  for (let i = 0; i < 6; i++) {
    partition.replica.log.append(buildBatch({timestamps: [2000 + ((i * 7) % 5) * 40], valueBytes: 60, seed: i}), 0)
    partition.replica.log.commit()
  }
  const {log} = partition.replica
  const batches = readAll(run.dir.files, 0, log.logEndOffset, 1 << 16)
  partition.checkpointLogStart(partition.replica.deleteRecordsBefore(2))
  log.sync()
  const times = new Set(batches.flatMap(batch => [batch.maxTimestamp - 1, batch.maxTimestamp, batch.maxTimestamp + 1]))
  const offsetAt = new Map([...times].map(time => [time, firstNotOlder(batches, log.logStartOffset, time)]))
  if (how === 'closed') partition.close()
  run.disk.endProcess()
  return {disk: run.disk, batches, start: log.logStartOffset, end: log.logEndOffset, offsetAt}
}

/** The answer by reading everything. */
function firstNotOlder(batches: readonly StoredBatch[], start: number, timestamp: number): number | undefined {
  for (const {bytes} of batches) {
    const walker = new RecordWalker(bytes)
    walker.enter(0)
    while (walker.next()) if (walker.timestamp >= timestamp && walker.offset >= start) return walker.offset
  }
  return undefined
}

/** What `act` gives, or undefined where it is refused in a way that is foreseen. */
async function unlessRefused<T>(act: () => Promise<T> | T, state: 'refused at opening' | 'refused at reading') {
  try {
    return await act()
  } catch (error) {
    assert.ok(error instanceof OdradekError && TYPED.includes(error.code), `${error}`)
    reached.add(state)
    return undefined
  }
}

/** Opens a dir in which something is wrong, and looks at all of it. */
async function look(disk: MemoryDisk, path: string, sample: Sample): Promise<void> {
  const dir = await unlessRefused(() => openWholeDir(disk, SMALL), 'refused at opening')
  if (dir === undefined) {
    assert.is(disk.openFiles, 0)
    return
  }
  const {log} = dir.partition.replica
  assert.is(log.logEndOffset, sample.end, 'all that was synced is there')
  if (path !== LOG_START) assert.is(log.logStartOffset, sample.start, 'and nothing that was deleted')
  let isWhole = true
  for (const source of [dir.files, dir.source]) {
    for (const {baseOffset, nextOffset} of sample.batches) {
      if (nextOffset <= log.logStartOffset) continue
      const from = Math.max(baseOffset, log.logStartOffset)
      const found = await unlessRefused(() => readFrom(source, from, {path, sample}), 'refused at reading')
      isWhole &&= found !== undefined
    }
  }
  if (isWhole && path !== LOG_START && !looksByTimeRight(dir, sample)) {
    assert.match(path, /\.(timeindex|log)$/, 'nothing else leads a look-up by time astray')
    mustBeFound(disk, sample, path)
  }
  if (isWhole) reached.add('read as it was')
  disk.endProcess()
}

/** The batches from that offset on are those that were stored; their header up to the leader epoch lies outside the CRC. */
function readFrom(source: LogSource, offset: number, {path, sample}: {path: string; sample: Sample}): true {
  const reader = new LogReader(source, 300)
  try {
    assert.ok(reader.read(offset, sample.end), `nothing at offset ${offset}`)
    for (const batch of shown(reader)) {
      const expected = sample.batches.find(({baseOffset}) => baseOffset === batch.baseOffset)
      assert.ok(expected?.bytes.subarray(16).equals(batch.bytes.subarray(16)), `wrong bytes at ${batch.baseOffset}`)
    }
    if (shown(reader)[0]!.baseOffset > offset) mustBeFound(source.storage, sample, path)
    return true
  } finally {
    reader.close()
  }
}

function looksByTimeRight({files, source}: WholeDir, {offsetAt, end}: Sample): boolean {
  return [...offsetAt].every(([time, offset]) =>
    [files, source].every(from => offsetForTimestamp(from, time, end) === offset),
  )
}

/** A full check tells of the segment of that file. */
function mustBeFound(storage: Storage, sample: Sample, path: string): void {
  const bases = segmentBases((storage.list(PARTITION_DIR) ?? []).map(({name}) => name))
  const epochs = readEpochs(storage, PARTITION_DIR)
  const base = Number(/(\d{20})\.\w+$/.exec(path)![1])
  const next = bases.find(other => other > base)
  const endOffset = next ?? sample.end
  const isClosed = next !== undefined
  const request = {dir: PARTITION_DIR, baseOffset: base, endOffset, indexIntervalBytes: 60, epochs, isClosed}
  const {problems, damaged} = verifySegment(storage, request, crc32c)
  assert.ok(problems.length + damaged.length > 0, 'a full check finds it')
  reached.add('found by verify')
}

function annotated(where: string): (error: Error) => never {
  return error => {
    error.message = `${where}: ${error.message}. Again: ${replayCommand('wrong-bits', {SEED: seed, RUNS: count})}`
    throw error
  }
}

for (const how of ['closed', 'killed'] as const) {
  test(`a dir that was ${how}, one bit wrong`, async () => {
    const sample = await makeSample(how)
    const files = [...sample.disk.contents()]
    const bits = 8 * files.reduce((sum, [, bytes]) => sum + bytes.length, 0)
    const stride = Math.max(1, Math.floor((2 * bits) / count))
    let done = 0
    for (const [path, bytes] of files) {
      // of small files every bit
      const step = bytes.length < 128 ? 1 : stride
      for (let bit = seed % step; bit < bytes.length * 8; bit += step, done++) {
        const wrong = Buffer.from(bytes)
        wrong[bit >> 3]! ^= 1 << (bit & 7)
        const disk = sample.disk.copy()
        disk.put(path, wrong)
        await look(disk, path, sample).catch(annotated(`${path}, bit ${bit}`))
      }
    }
    console.log(`\n${how}: ${done} of ${bits} bits in ${files.length} files, seed ${seed}, 0 served; ${reached}`)
  })

  test(`a dir that was ${how}, one file too short`, async () => {
    const sample = await makeSample(how)
    let done = 0
    for (const [path, bytes] of sample.disk.contents()) {
      for (let length = 0; length < bytes.length; length += bytes.length < 128 ? 1 : 3, done++) {
        const disk = sample.disk.copy()
        disk.put(path, bytes.subarray(0, length))
        await look(disk, path, sample).catch(annotated(`${path} ends after ${length} bytes`))
      }
    }
    console.log(`\n${how}: ${done} truncations, 0 served`)
  })
}

test('all of that was met', () => {
  assert.equal(reached.missing(100), [])
})

test.run()

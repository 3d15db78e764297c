/**
 * Random histories of a log that is compacted (T25): whatever happens, and wherever a job or the swap of what it made is cut off, the last value of
 * each key is there, in order and under its offset; nothing above what had come to rest is touched; and a deletion lives as long as it must.
 */
import fc from 'fast-check'
import {suite} from 'uvu'
import * as assert from 'uvu/assert'
import {runs} from './runs.ts'
import {CompactionBed, type KeyedRecord, type NewRecord} from './simulation/compaction-bed.ts'
import type {MemoryDisk} from './simulation/memory-disk.ts'
import type {PartitionOptions} from './simulation/partition.ts'
import {Reached} from './simulation/reached.ts'

const test = suite('compaction')
/** As many as `npm test` has time for; `npm run test:faults` runs them longer. */
const RUNS = 100
const RUNS_EVERYWHERE = 4

const EVENTS = [
  'a job is done',
  'a job was overtaken by a cut',
  'segments are put together',
  'the keys do not fit',
  'a deletion is gone',
  'the process ends in the middle',
  'power is lost in the middle',
] as const
const reached = new Reached<(typeof EVENTS)[number]>(EVENTS)

type Step =
  | {
      readonly type: 'append'
      readonly records: readonly {key: number; value: number}[]
      readonly producer: number
      readonly ageMs: number
    }
  | {readonly type: 'roll' | 'sync' | 'close'}
  | {readonly type: 'pass'; readonly ms: number}
  | {readonly type: 'read'; readonly at: number; readonly usesArena: boolean}
  | {readonly type: 'readOn'; readonly steps: number}
  | {readonly type: 'lookUp'; readonly timestamp: number}
  | {readonly type: 'clean'; readonly watermark: number}
  | {readonly type: 'cut'; readonly at: number; readonly cleans: boolean}
  | {readonly type: 'crash'; readonly calls: number; readonly losesPower: boolean; readonly keeps: number}

const part = fc.double({min: 0, max: 1, noNaN: true})
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('append' as const),
      records: fc.array(fc.record({key: fc.nat(5), value: fc.nat(40)}), {minLength: 1, maxLength: 5}),
      producer: fc.integer({min: -1, max: 2}),
      ageMs: fc.nat(30),
    }),
  },
  {weight: 3, arbitrary: fc.record({type: fc.constantFrom('roll' as const, 'sync' as const, 'close' as const)})},
  {weight: 2, arbitrary: fc.record({type: fc.constant('pass' as const), ms: fc.nat(120)})},
  {weight: 2, arbitrary: fc.record({type: fc.constant('read' as const), at: part, usesArena: fc.boolean()})},
  {weight: 3, arbitrary: fc.record({type: fc.constant('readOn' as const), steps: fc.integer({min: 1, max: 5})})},
  {
    weight: 1,
    arbitrary: fc.record({type: fc.constant('lookUp' as const), timestamp: fc.integer({min: 900, max: 2500})}),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant('clean' as const),
      watermark: fc.oneof({weight: 3, arbitrary: fc.constant(1)}, part),
    }),
  },
  {weight: 1, arbitrary: fc.record({type: fc.constant('cut' as const), at: part, cleans: fc.boolean()})},
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('crash' as const),
      calls: fc.nat(80),
      losesPower: fc.boolean(),
      keeps: fc.constantFrom(0, 0.3, 0.7, 1),
    }),
  },
)

const anyBed = fc.record({
  segmentBytes: fc.constantFrom(600, 900, 2000),
  indexIntervalBytes: fc.constantFrom(0, 100, 4096),
  minCleanableDirtyRatio: fc.constantFrom(0, 0, 0.5),
  deleteRetentionMs: fc.constantFrom(0, 50, 100),
  mapBytes: fc.constantFrom(1, 200, 1 << 20),
  isAppendTime: fc.boolean(),
})

function optionsOf(bed: {
  segmentBytes: number
  indexIntervalBytes: number
  minCleanableDirtyRatio: number
  deleteRetentionMs: number
}): PartitionOptions {
  const {mapBytes: _, isAppendTime: __, ...config} = {mapBytes: 0, isAppendTime: false, ...bed}
  return {config: {...config, cleanupPolicy: 'compact'}}
}

function recordsOf(step: Step & {type: 'append'}, nowMs: number): NewRecord[] {
  return step.records.map(({key, value}, i) => ({
    key: 'key '.repeat(key) + key,
    // one in five deletes
    value: value < 8 ? null : `${'v'.repeat(value)}${i}`,
    timestamp: nowMs - step.ageMs + i,
  }))
}

class Killed extends Error {}

/** Ends the process at a call to the disk. */
function killAt(disk: MemoryDisk, calls: number): void {
  let left = calls
  disk.intercept = () => {
    if (--left < 0) throw new Killed('the process ends')
    return undefined
  }
}

function apply(bed: CompactionBed, step: Step): void {
  const {model, log} = bed
  switch (step.type) {
    case 'append':
      bed.append(recordsOf(step, model.nowMs), step.producer)
      return
    case 'roll':
      log.roll()
      log.sync()
      return
    case 'sync':
      log.sync()
      return
    case 'close':
      bed.close()
      bed.checkTidy()
      return
    case 'pass':
      model.nowMs += step.ms
      return
    case 'read':
      bed.addReader(Math.floor(model.logStartOffset + step.at * (model.end - model.logStartOffset)), step.usesArena)
      return
    case 'readOn':
      bed.readOn(model.end, step.steps)
      return
    case 'lookUp':
      bed.checkLookUps(step.timestamp)
      return
    case 'clean':
      clean(bed, step.watermark)
      return
    case 'cut':
      cut(bed, step)
      return
    case 'crash':
      crash(bed, step)
  }
}

function clean(bed: CompactionBed, watermark: number): void {
  const {model} = bed
  const before = bed.log.segmentCount
  const job = bed.begin(Math.floor(watermark * model.end))
  if (job === undefined) return
  const result = bed.run(job)
  // whoever reads, reads on at any moment
  const isDone = withReads(bed, () => bed.end(job, result))
  assert.ok(isDone)
  reached.add('a job is done')
  if (bed.log.segmentCount < before) reached.add('segments are put together')
  if (result.endOffset < job.endOffset) reached.add('the keys do not fit')
  assert.ok(result.endOffset > job.firstDirtyOffset, 'a job comes further')
  bed.checkUnique(result.endOffset)
  bed.checkTidy()
}

/** At each call to the disk all readers take a step first, and who looks from outside does, too. */
function withReads<T>(bed: CompactionBed, run: () => T): T {
  const {disk, model} = bed
  const cursor = bed.cursor()
  const seen: KeyedRecord[] = []
  const intercept = () => {
    disk.intercept = undefined
    bed.readOn(model.end)
    model.check(bed.readNow(), model.logStartOffset, bed.deleteRetentionMs, 'in the middle of a swap')
    bed.stepOn(cursor, seen)
    const now = bed.cursor()
    const outside: KeyedRecord[] = []
    while (bed.stepOn(now, outside));
    now.close()
    model.check(outside, model.logStartOffset, bed.deleteRetentionMs, 'from outside, in the middle of a swap')
    disk.intercept = intercept
    return undefined
  }
  disk.intercept = intercept
  try {
    const result = run()
    disk.intercept = undefined
    while (bed.stepOn(cursor, seen));
    return result
  } finally {
    disk.intercept = undefined
    cursor.close()
  }
}

/** What is not committed is cut, as of a follower that finds another leader; a job that is at work above it counts for nothing. */
function cut(bed: CompactionBed, {at, cleans}: {at: number; cleans: boolean}): void {
  const {model, log} = bed
  const wanted = Math.floor(model.touchedEnd + at * (model.end - model.touchedEnd))
  const job = cleans ? bed.begin(model.end) : undefined
  const result = job && bed.run(job)
  log.truncateTo(wanted)
  bed.cutTo(log.logEndOffset)
  if (job === undefined) return
  const isVoid = log.logEndOffset < job.endOffset || wanted < job.endOffset
  if (isVoid) reached.add('a job was overtaken by a cut')
  bed.end(job, result!)
  bed.checkTidy()
}

/** The process, or the machine, ends in the middle of a job or of the swap. */
function crash(bed: CompactionBed, {calls, losesPower, keeps}: Step & {type: 'crash'}): void {
  const {model, log} = bed
  // what is not stored goes with power; here it is another matter that is looked at
  if (losesPower) log.sync()
  const job = bed.begin(model.end)
  if (job === undefined) return
  killAt(bed.disk, calls)
  try {
    bed.end(job, bed.run(job))
  } catch (error) {
    if (!(error instanceof Killed) && !(error as Error).message.includes('the process ends')) throw error
    reached.add(losesPower ? 'power is lost in the middle' : 'the process ends in the middle')
  }
  bed.crash(losesPower, keeps)
  bed.reload()
  bed.checkTidy()
}

test('the last value of each key survives, in order, whatever happens', () => {
  fc.assert(
    fc.property(anyBed, fc.array(anyStep, {minLength: 25, maxLength: 60, size: 'max'}), (shape, steps) => {
      const bed = new CompactionBed(optionsOf(shape), shape.mapBytes)
      for (const step of steps) {
        apply(bed, step)
        bed.check()
        if (bed.hasLostDeletion()) reached.add('a deletion is gone')
      }
      bed.readOn(bed.model.end, 1000)
      bed.log.abandon()
    }),
    {...runs(RUNS), includeErrorInReport: true},
  )
  console.log(reached.toString())
  assert.equal(reached.missing(1), [])
})

test('a job or a swap that is cut off at any call to the disk, and a power cut there, lose nothing and bring nothing back', () => {
  fc.assert(
    fc.property(anyBed, fc.array(anyStep, {minLength: 20, maxLength: 40, size: 'max'}), (shape, steps) => {
      const options = optionsOf({...shape, minCleanableDirtyRatio: 0})
      const first = new CompactionBed(options, shape.mapBytes)
      for (const step of steps) if (step.type !== 'crash' && step.type !== 'cut') apply(first, step)
      first.log.roll()
      first.close()
      first.log.abandon()
      first.disk.endProcess()
      for (const ending of [undefined, 0, 0.5, 1])
        for (let calls = 0; ; calls++) {
          const bed = first.copy()
          const job = bed.begin(bed.model.end)
          if (calls > 5000) throw new Error('endless')
          if (job === undefined) return
          killAt(bed.disk, calls)
          let isCutOff = false
          try {
            bed.end(job, bed.run(job))
          } catch {
            isCutOff = true
          }
          bed.crash(ending !== undefined, ending)
          // and the end of the swap may be cut off as well
          killAt(bed.disk, calls % 17)
          try {
            bed.reload()
          } catch {
            bed.crash(ending !== undefined, ending)
            bed.reload()
          }
          bed.disk.intercept = undefined
          bed.check()
          bed.checkTidy()
          const again = bed.begin(bed.model.end)
          if (again !== undefined) bed.end(again, bed.run(again))
          bed.check()
          bed.log.abandon()
          if (!isCutOff) break
        }
    }),
    {...runs(RUNS_EVERYWHERE), includeErrorInReport: true, endOnFailure: true},
  )
})

test.run()

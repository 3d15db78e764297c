/**
 * Producers that retry, skip, go back and begin new epochs, on a log that is rolled, cut, closed, killed and cannot always write (T05): what it
 * says of any batch is what a model says that keeps every batch and knows nothing of windows in memory.
 */
import fc from 'fast-check'
import {suite} from 'uvu'
import * as assert from 'uvu/assert'
import {OdradekError} from '../engine/errors.ts'
import {INT32_MAX, PRODUCER_BATCHES_MAX} from '../engine/limits.ts'
import type {Log} from '../engine/log/log.ts'
import {offsetOfFile, SUFFIX} from '../engine/log/segment-files.ts'
import {runs} from './runs.ts'
import {MemoryDisk} from './simulation/memory-disk.ts'
import {batchOf, DIR, loadPartition} from './simulation/partition.ts'
import {Reached} from './simulation/reached.ts'

const test = suite('producers and their model')
const RUNS = 300
const HITS_MIN = 5
const CONFIG = {segmentBytes: 20_000, indexIntervalBytes: 200, retentionMs: -1}

const reached = new Reached([
  'new',
  'duplicate',
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'DUPLICATE_SEQUENCE_NUMBER',
  'INVALID_PRODUCER_EPOCH',
  'sequences wrapped',
  'cut',
  'not written',
  'loaded after a close',
  'loaded after a kill',
])

interface Sent {
  readonly producerId: number
  readonly epoch: number
  readonly first: number
  readonly records: number
}

interface Stored extends Sent {
  readonly last: number
  readonly baseOffset: number
}

const next = (sequence: number): number => (sequence === INT32_MAX ? 0 : sequence + 1)

const previous = (sequence: number): number => (sequence === 0 ? INT32_MAX : sequence - 1)

function lastOf({first, records}: Sent): number {
  let last = first
  for (let i = 1; i < records; i++) last = next(last)
  return last
}

/** Every batch of the log, and how far back it may look: a snapshot has only the last batch of a producer. */
class NaiveProducers {
  stored: Stored[] = []
  snapshot = 0

  get end(): number {
    const last = this.stored.at(-1)
    return last === undefined ? 0 : last.baseOffset + last.records
  }

  /** The batches of a producer's newest epoch that the log can know. */
  known(producerId: number): Stored[] {
    const all = this.stored.filter(batch => batch.producerId === producerId)
    const behind = all.filter(batch => batch.baseOffset >= this.snapshot)
    const known = [...all.slice(0, all.length - behind.length).slice(-1), ...behind]
    return known.slice(known.findLastIndex(batch => batch.epoch !== known.at(-1)!.epoch) + 1)
  }

  expected(sent: Sent): number | string | undefined {
    const known = this.known(sent.producerId)
    const newest = known.at(-1)
    if (newest === undefined) return undefined
    if (sent.epoch < newest.epoch) return 'INVALID_PRODUCER_EPOCH'
    if (sent.epoch > newest.epoch) return sent.first === 0 ? undefined : 'OUT_OF_ORDER_SEQUENCE_NUMBER'
    if (sent.first === next(newest.last)) return undefined
    const same = known
      .slice(-PRODUCER_BATCHES_MAX)
      .findLast(batch => batch.first === sent.first && batch.last === lastOf(sent))
    if (same !== undefined) return same.baseOffset
    const sequences: number[] = []
    for (const batch of known) {
      if (sequences.length > 0 && batch.first !== next(sequences.at(-1)!)) sequences.length = 0
      for (let i = 0, sequence = batch.first; i < batch.records; i++, sequence = next(sequence))
        sequences.push(sequence)
    }
    // below the last batch of a snapshot everything is stored: what is known begins with it
    if (known[0]!.baseOffset < this.snapshot && sequences[0] === known[0]!.first)
      for (let i = 0, sequence = known[0]!.first; i < 10_000; i++) sequences.unshift((sequence = previous(sequence)))
    const from = sequences.lastIndexOf(sent.first)
    const isStored = from >= 0 && from + sent.records <= sequences.length
    return isStored ? 'DUPLICATE_SEQUENCE_NUMBER' : 'OUT_OF_ORDER_SEQUENCE_NUMBER'
  }
}

const bytesOf = ({producerId, epoch, first, records}: Sent) =>
  batchOf({producerId, producerEpoch: epoch, baseSequence: first}, records)

function answer(log: Log, sent: Sent): number | string | undefined {
  try {
    return log.duplicateOf(bytesOf(sent))?.baseOffset
  } catch (error) {
    if (error instanceof OdradekError) return error.code
    throw error
  }
}

/** A log, its model, and producers that know what they sent last. */
class Bed {
  readonly disk = new MemoryDisk()
  log = loadPartition(this.disk, {config: CONFIG, read: false}).log
  readonly model = new NaiveProducers()
  #written: Stored[] = []

  send(sent: Sent): void {
    const {log, model} = this
    const expected = model.expected(sent)
    assert.is(answer(log, sent), expected, JSON.stringify(sent))
    reached.add(expected === undefined ? 'new' : typeof expected === 'number' ? 'duplicate' : (expected as 'new'))
    if (expected !== undefined) return
    const stored = {...sent, last: lastOf(sent), baseOffset: model.end}
    if (stored.last < stored.first) reached.add('sequences wrapped')
    assert.is(log.append(bytesOf(sent), 0), stored.baseOffset)
    model.stored.push(stored)
  }

  commit(fails: boolean): void {
    if (fails) {
      this.#written = this.model.stored.filter(batch => batch.baseOffset < this.log.logEndOffset)
      if (this.#written.length < this.model.stored.length) reached.add('not written')
      this.disk.intercept = (kind, path) => (kind === 'write' && path.endsWith('.log') ? 0 : undefined)
      try {
        this.log.commit()
      } catch {
        // the model loses it as well
      }
      this.disk.intercept = undefined
      this.model.stored = this.#written
    } else this.log.commit()
  }

  cut(batches: number): void {
    const {log, model} = this
    log.commit()
    const kept = model.stored.slice(0, Math.max(0, model.stored.length - batches))
    if (kept.length === model.stored.length) return
    log.truncateTo(model.stored[kept.length]!.baseOffset)
    model.stored = kept
    model.snapshot = this.#newestSnapshot()
    reached.add('cut')
  }

  reload(how: 'close' | 'kill'): void {
    this.log.commit()
    if (how === 'close') this.log.close()
    else this.disk.endProcess()
    const {end} = this.model
    const request = {exactProducers: true, ...(how === 'close' ? {clean: true, recoveryPoint: end} : {})}
    this.log = loadPartition(this.disk, {config: CONFIG, read: false, request}).log
    assert.is(this.log.logEndOffset, end)
    this.model.snapshot = this.#newestSnapshot()
    reached.add(how === 'close' ? 'loaded after a close' : 'loaded after a kill')
  }

  #newestSnapshot(): number {
    const offsets = this.disk.list(DIR)!.map(({name}) => offsetOfFile(name, SUFFIX.snapshot) ?? 0)
    assert.ok(Math.max(...offsets) <= this.model.end, 'no snapshot lies above the end')
    return Math.max(...offsets)
  }

  /** A batch as producer `producerId` may send one: `skip` sequences beyond its last one, or one it sent before. */
  batch(producerId: number, records: number, skip: number, epochs: number): Sent {
    const all = this.model.stored.filter(batch => batch.producerId === producerId)
    const newest = all.at(-1)
    if (newest === undefined) return {producerId, epoch: 0, first: INT32_MAX - 6 * producerId, records}
    if (epochs !== 0)
      return {producerId, epoch: Math.max(0, newest.epoch + epochs), first: skip === 0 ? 0 : next(newest.last), records}
    return {producerId, epoch: newest.epoch, first: (newest.last + 1 + skip) & INT32_MAX, records}
  }

  retry(producerId: number, back: number): Sent | undefined {
    return this.model.stored.filter(batch => batch.producerId === producerId).at(-back)
  }
}

/** What a step does, by its name, so that a counterexample can be read. */
const ACTS = {
  send: (bed: Bed, producerId: number, records: number, times: number) => {
    for (let i = 0; i < times; i++) bed.send(bed.batch(producerId, records, 0, 0))
  },
  skip: (bed: Bed, producerId: number, records: number, skip: number) =>
    bed.send(bed.batch(producerId, records, skip, 0)),
  changeEpoch: (bed: Bed, producerId: number, records: number, by: number) =>
    bed.send(bed.batch(producerId, records, records % 2, by)),
  retry: (bed: Bed, producerId: number, back: number) => {
    const sent = bed.retry(producerId, back)
    if (sent !== undefined) bed.send(sent)
  },
  commit: (bed: Bed) => bed.commit(false),
  failToCommit: (bed: Bed) => bed.commit(true),
  roll: (bed: Bed) => bed.log.roll(),
  sync: (bed: Bed) => bed.log.sync(),
  cut: (bed: Bed, batches: number) => bed.cut(batches),
  close: (bed: Bed) => bed.reload('close'),
  kill: (bed: Bed) => bed.reload('kill'),
}

const producer = fc.constantFrom(1, 2, 3)
const records = fc.integer({min: 1, max: 4})
const few = fc.integer({min: 1, max: 6})

function step(weight: number, act: keyof typeof ACTS, ...numbers: fc.Arbitrary<number>[]) {
  return {weight, arbitrary: fc.tuple(fc.constant(act), ...numbers)}
}

const anyStep = fc.oneof(
  step(16, 'send', producer, records, few),
  step(1, 'send', producer, fc.constant(1), fc.integer({min: 100, max: 150})),
  step(8, 'skip', producer, records, fc.integer({min: -8, max: 3})),
  step(12, 'changeEpoch', producer, records, fc.constantFrom(-1, -1, 1)),
  step(12, 'retry', producer, fc.oneof(few, fc.integer({min: 100, max: 200}))),
  step(8, 'commit'),
  step(2, 'failToCommit'),
  step(2, 'roll'),
  step(2, 'sync'),
  step(3, 'cut', fc.nat(20)),
  step(1, 'close'),
  step(1, 'kill'),
)

test('a batch is stored once, and the answer to any is what all batches of the log say', () => {
  const parameters = runs(RUNS)
  fc.assert(
    fc.property(fc.array(anyStep, {maxLength: 30, size: 'max'}), steps => {
      const bed = new Bed()
      for (const [act, ...numbers] of steps) (ACTS[act] as (bed: Bed, ...numbers: number[]) => void)(bed, ...numbers)
    }),
    parameters,
  )
  console.log(reached.toString())
  if (parameters.numRuns >= RUNS) assert.equal(reached.missing(HITS_MIN), [])
})

test.run()

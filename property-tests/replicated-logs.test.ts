/**
 * Two logs of one partition that take turns in leading: appends, epochs, a deposed leader that goes on writing, crashes, cuts and deleted
 * records. After the follower has reconciled by leader epoch and copied the rest, both are the same, byte by byte (I4).
 */
import fc from 'fast-check'
import {suite} from 'uvu'
import * as assert from 'uvu/assert'
import {crc32c} from '../engine/bytes/crc32c.ts'
import {readEpochs} from '../engine/log/leader-epoch-checkpoint.ts'
import {endOffsetFor} from '../engine/log/leader-epochs.ts'
import type {Log} from '../engine/log/log.ts'
import {LogReader} from '../engine/log/log-reader.ts'
import {verifySegment} from '../engine/log/verify-segment.ts'
import {baseOffset} from '../engine/record/record-batch.ts'
import {runs} from './runs.ts'
import {MemoryDisk} from './simulation/memory-disk.ts'
import {batchOf, DIR, loadPartition, type Partition, readAll} from './simulation/partition.ts'
import {Reached} from './simulation/reached.ts'

const test = suite('a leader and its follower')
const RUNS = 300
const HITS_MIN = 5
const CONFIG = {segmentBytes: 600, indexIntervalBytes: 60, retentionMs: -1}

const reached = new Reached([
  'same',
  'cut by epoch',
  'cut in several steps',
  'adopted',
  'not adopted',
  'deposed leader wrote',
  'follower killed',
  'follower lost power',
  'leader restarted',
  'records deleted',
  'follower began anew',
])

class Replica {
  readonly disk = new MemoryDisk()
  partition: Partition = loadPartition(this.disk, {config: CONFIG})

  get log(): Log {
    return this.partition.log
  }

  load(logStartOffset: number): void {
    this.partition = loadPartition(this.disk, {config: CONFIG, request: {logStartOffset}})
  }

  /** Cuts what the leader does not have, as Kafka's followers do: an epoch at a time. */
  reconcile(leader: Replica): void {
    const {log} = this
    const {logEndOffset: end} = log
    for (let steps = 1; log.lastEpoch >= 0; steps++) {
      const theirs = endOffsetFor(readEpochs(leader.disk, DIR), log.lastEpoch, leader.log.logEndOffset)
      assert.ok(theirs !== undefined, 'a leader knows of a later epoch than its follower')
      const own = endOffsetFor(log.epochs.starts, theirs!.epoch, log.logEndOffset)
      const target = Math.min(theirs!.endOffset, own?.endOffset ?? log.logEndOffset, log.logEndOffset)
      // nothing of it is the leader's, and where the leader's batches begin is not known here
      if (target < log.logStartOffset) log.restartAt(leader.log.firstBaseOffset)
      else log.truncateTo(target)
      if (steps > 1) reached.add('cut in several steps')
      if (own === undefined || own.epoch === theirs!.epoch) break
    }
    if (log.logEndOffset < end) reached.add('cut by epoch')
  }

  /** Takes what the leader has, up to so many reads. */
  copy(leader: Replica, reads: number): void {
    const reader = new LogReader(leader.partition.source, 500)
    const start = leader.log.logStartOffset
    // a leader whose records are all deleted has no batch to begin at
    if (start === leader.log.logEndOffset && this.log.logEndOffset < start) this.log.restartAt(start)
    for (let i = 0; i < reads; i++) {
      const isBehind = this.log.logEndOffset < start
      if (!reader.read(Math.max(start, this.log.logEndOffset), leader.log.logEndOffset)) break
      if (isBehind) {
        this.log.restartAt(baseOffset(reader.view, reader.start))
        reached.add('follower began anew')
      }
      this.log.appendAsFollower(reader.bytes, reader.start, reader.end)
      this.log.commit()
      if (isBehind) this.log.moveLogStart(start)
    }
    reader.close()
  }

  verify(): void {
    const {segments} = this.log
    for (const [i, {baseOffset: base}] of segments.entries()) {
      const endOffset = segments[i + 1]?.baseOffset ?? this.log.logEndOffset
      const request = {dir: DIR, baseOffset: base, endOffset, indexIntervalBytes: 60}
      const verdict = verifySegment(this.disk, {...request, epochs: readEpochs(this.disk, DIR)}, crc32c)
      assert.equal([verdict.damaged, verdict.problems], [[], []])
    }
  }
}

class Bed {
  readonly replicas = [new Replica(), new Replica()] as const
  leads: 0 | 1 = 0
  epoch = 0
  isReconciled = false
  #sequences = [0, 0, 0]

  get leader(): Replica {
    return this.replicas[this.leads]
  }

  get follower(): Replica {
    return this.replicas[1 - this.leads]!
  }

  append(batches: number, records: number): void {
    for (let i = 0; i < batches; i++) {
      const id = i % this.#sequences.length
      const batch = batchOf({producerId: id, producerEpoch: 0, baseSequence: this.#sequences[id]!}, records, this.epoch)
      this.#sequences[id]! += records
      this.leader.log.append(batch, 0)
    }
    this.leader.log.commit()
  }

  /** The other one leads from here on; it may first take what the old leader has written. */
  change(adopts: boolean, deposedWrites: number): void {
    const [old, next] = [this.leader, this.follower]
    if (adopts) {
      next.reconcile(old)
      next.copy(old, 1000)
      reached.add('adopted')
    } else reached.add('not adopted')
    this.leads = this.leads === 0 ? 1 : 0
    this.#reign()
    for (let i = 0; i < deposedWrites; i++) {
      old.log.append(batchOf({producerId: 9, producerEpoch: 0, baseSequence: i}, 1, -1), 0)
      reached.add('deposed leader wrote')
    }
    old.log.commit()
  }

  #reign(): void {
    this.epoch++
    this.leader.log.startEpoch(this.epoch)
    this.isReconciled = false
  }

  copy(reads: number): void {
    if (!this.isReconciled) this.follower.reconcile(this.leader)
    this.isReconciled = true
    this.follower.copy(this.leader, reads)
  }

  restartLeader(): void {
    this.leader.disk.endProcess()
    this.leader.load(this.leader.log.logStartOffset)
    this.#reign()
    reached.add('leader restarted')
  }

  killFollower(powerIsLost: boolean): void {
    const {disk, log} = this.follower
    if (powerIsLost) disk.losePower({changes: count => Math.ceil(count / 2), bytes: of => Math.ceil(of / 2)})
    else disk.endProcess()
    this.follower.load(log.logStartOffset)
    this.isReconciled = false
    reached.add(powerIsLost ? 'follower lost power' : 'follower killed')
  }

  deleteRecords(share: number): void {
    const {log} = this.leader
    log.sync()
    const start = log.logStartOffset + Math.floor((log.logEndOffset - log.logStartOffset) * share)
    log.moveLogStart(start)
    log.dropSegments(log.segments.filter((_, i, all) => i + 1 < all.length && all[i + 1]!.baseOffset <= start).length)
    reached.add('records deleted')
  }

  /** Everything is copied, and both logs are the same. */
  check(): void {
    this.copy(1000)
    const [a, b] = [this.leader, this.follower]
    const start = Math.max(a.log.logStartOffset, b.log.logStartOffset)
    const end = a.log.logEndOffset
    assert.is(b.log.logEndOffset, end)
    const bytes = ({partition}: Replica) =>
      Buffer.concat(readAll(partition.filesOnly, start, end).map(batch => batch.bytes))
    assert.ok(bytes(a).equals(bytes(b)), 'the same bytes')
    if (start < end) assert.is(b.log.lastEpoch, a.log.lastEpoch)
    for (let offset = start; offset < end; offset++) assert.is(b.log.epochs.at(offset), a.log.epochs.at(offset))
    for (const batch of readAll(a.partition.filesOnly, start, end).slice(-1))
      assert.equal(b.log.duplicateOf(batch.bytes), a.log.duplicateOf(batch.bytes))
    a.verify()
    b.verify()
    reached.add('same')
  }
}

/** What a step does, by its name, so that a counterexample can be read. */
const ACTS = {
  append: (bed: Bed, batches: number, records: number) => bed.append(batches, records),
  rollLeader: (bed: Bed) => bed.leader.log.roll(),
  rollFollower: (bed: Bed) => bed.follower.log.roll(),
  syncFollower: (bed: Bed) => bed.follower.log.sync(),
  copy: (bed: Bed, reads: number) => bed.copy(reads),
  change: (bed: Bed, adopts: number, deposedWrites: number) => bed.change(adopts > 0, deposedWrites),
  restartLeader: (bed: Bed) => bed.restartLeader(),
  killFollower: (bed: Bed, power: number) => bed.killFollower(power > 0),
  deleteRecords: (bed: Bed, tenths: number) => bed.deleteRecords(tenths / 10),
  check: (bed: Bed) => bed.check(),
}

function step(weight: number, act: keyof typeof ACTS, ...numbers: fc.Arbitrary<number>[]) {
  return {weight, arbitrary: fc.tuple(fc.constant(act), ...numbers)}
}

const anyStep = fc.oneof(
  step(8, 'append', fc.integer({min: 1, max: 6}), fc.integer({min: 1, max: 3})),
  step(1, 'rollLeader'),
  step(1, 'rollFollower'),
  step(1, 'syncFollower'),
  step(5, 'copy', fc.nat(4)),
  step(4, 'change', fc.nat(1), fc.nat(3)),
  step(1, 'restartLeader'),
  step(2, 'killFollower', fc.nat(1)),
  step(1, 'deleteRecords', fc.nat(10)),
  step(1, 'check'),
)

test('a follower that reconciled has the leader’s bytes', () => {
  const parameters = runs(RUNS)
  fc.assert(
    fc.property(fc.array(anyStep, {maxLength: 30, size: 'max'}), steps => {
      const bed = new Bed()
      for (const [act, ...numbers] of steps) (ACTS[act] as (bed: Bed, ...numbers: number[]) => void)(bed, ...numbers)
      bed.check()
    }),
    parameters,
  )
  console.log(reached.toString())
  if (parameters.numRuns >= RUNS) assert.equal(reached.missing(HITS_MIN), [])
})

test.run()

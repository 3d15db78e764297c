/** Two logs on disks of their own, one of which follows the other. */
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {MemoryDisk, systemError} from '../../property-tests/simulation/memory-disk.ts'
import {DIR, loadPartition, oneRecord, readAll, stored} from '../../property-tests/simulation/partition.ts'
import {READ_BYTES} from '../limits.ts'
import {readEpochs} from '../log/leader-epoch-checkpoint.ts'
import type {Log} from '../log/log.ts'
import {Follower} from './follower.ts'
import {Replica} from './replica.ts'

const OPTIONS = {
  durability: 'written',
  flushMessages: -1,
  flushMs: -1,
  retentionCheckMs: 1e9,
  cleanerBackoffMs: 1e9,
} as const
const ALWAYS = () => true

class Side {
  readonly disk = new MemoryDisk()
  readonly partition = loadPartition(this.disk)
  readonly replica = new Replica(this.log, OPTIONS, 0)

  get log(): Log {
    return this.partition.log
  }

  /** Has batches of one record at these offsets, written in `epoch`. */
  has(epoch: number, ...offsets: number[]): this {
    for (const offset of offsets) {
      const batch = stored(oneRecord(1), offset, epoch)
      this.log.appendAsFollower(batch, 0, batch.length)
    }
    this.log.commit()
    return this
  }

  get offsets(): number[] {
    const {log, partition} = this
    return readAll(partition.filesOnly, log.logStartOffset, log.logEndOffset).map(({baseOffset}) => baseOffset)
  }
}

function pair() {
  const [leader, own] = [new Side(), new Side()]
  const follower = new Follower(
    {source: leader.partition.filesOnly, epochs: () => readEpochs(leader.disk, DIR)},
    {replica: own.replica, open: () => own.replica},
  )
  const reconcile = (counts = ALWAYS) =>
    follower.reconcile({end: leader.log.logEndOffset, logStartOffset: leader.log.logStartOffset}, counts)
  const fetch = (counts = ALWAYS) => follower.fetch(leader.log.logEndOffset, 0, counts)
  return {leader, own, follower, reconcile, fetch}
}

test('a follower has what its leader has, over the gaps that compaction left', () => {
  const {leader, own, follower, reconcile, fetch} = pair()
  leader.has(0, 0, 1, 4, 9)
  own.has(0, 0, 1)
  assert.ok(reconcile())
  assert.ok(follower.agrees)
  while (fetch() > 0);
  assert.equal(own.offsets, [0, 1, 4, 9])
  assert.equal([own.log.logStartOffset, own.log.logEndOffset], [0, 10])
})

test('what lies before the leader’s start is given up only where this log ends before it', () => {
  for (const [has, offsets] of [
    [
      [0, 1, 2],
      [0, 1, 2, 3],
    ],
    [
      [0, 1],
      [0, 1, 2, 3],
    ],
    [[0], [2, 3]],
  ] as const) {
    const {leader, own, reconcile, fetch} = pair()
    leader.has(0, 0, 1, 2, 3).log.moveLogStart(2)
    own.has(0, ...has)
    reconcile()
    while (fetch() > 0);
    assert.equal(own.offsets, offsets)
  }
})

test('a leadership that is over cuts nothing, and what is read under it is not taken', () => {
  const {leader, own, follower, reconcile, fetch} = pair()
  leader.has(1, 0, 1)
  own.has(0, 0)
  assert.not(reconcile(() => false))
  assert.not(follower.agrees)
  assert.equal(own.offsets, [0])
  assert.ok(reconcile())
  assert.equal(own.offsets, [])
  assert.is(
    fetch(() => false),
    1,
    'there may be more to do',
  )
  assert.equal(own.offsets, [])
  assert.is(fetch(), 1)
  assert.equal(own.offsets, [0, 1])
})

test('what a leader has beyond the last epoch in common is its own', () => {
  const {leader, own, reconcile, fetch} = pair()
  leader.has(0, 0, 1).has(2, 2)
  own.has(0, 0, 1).has(1, 2, 3)
  reconcile()
  assert.equal(own.offsets, [0, 1])
  while (fetch() > 0);
  assert.equal(own.offsets, [0, 1, 2])
  assert.equal(own.log.epochs.starts, leader.log.epochs.starts)
})

test('a round ends after eight reads, so that others get their turn', () => {
  const {leader, own, reconcile, fetch} = pair()
  for (let offset = 0; offset < 10; offset++) {
    const batch = stored(oneRecord(1, READ_BYTES), offset, 0)
    leader.log.appendAsFollower(batch, 0, batch.length)
    leader.log.commit()
  }
  reconcile()
  assert.is(fetch(), 8)
  assert.is(own.log.logEndOffset, 8)
  assert.is(fetch(), 2)
  assert.is(fetch(), 0)
})

test('what cannot be read of a dead leader is left, what cannot be written is told', () => {
  for (const side of ['leader', 'own'] as const) {
    const {leader, own, follower} = pair()
    leader.has(0, 0, 1)
    own.has(0, 0)
    const broken = {leader, own}[side].disk
    broken.intercept = (kind, path) => {
      if (path.endsWith('.log') && kind === (side === 'own' ? 'write' : 'read')) throw systemError('EIO', path)
      return undefined
    }
    const adopt = () => follower.adopt(2, 0, ALWAYS)
    if (side === 'own') assert.throws(adopt, /^KAFKA_STORAGE_ERROR/)
    else adopt()
    assert.is(own.log.logEndOffset, 1, side)
  }
})

test.run()

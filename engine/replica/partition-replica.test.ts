/** What a replica does beside its records: whom it rings, what it lets go of. Its histories are in property-tests/replication.test.ts. */
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {keyedBatch} from '../../property-tests/simulation/compaction-bed.ts'
import {oneRecord} from '../../property-tests/simulation/partition.ts'
import {ReplicaSet} from '../../property-tests/simulation/replica-set.ts'
import {NO_EPOCH, STATE} from '../cluster/replica-line.ts'

const THREAD = 0

function led({isr = 0b11, records = 0} = {}): ReplicaSet {
  const set = new ReplicaSet({replicas: 2})
  set.lead({leader: 0, isr})
  set.settle()
  for (let n = 1; n <= records; n++) set.append(0, oneRecord(n))
  set.settle()
  return set
}

/** Whether the application thread that waits for the row is rung by `act`. */
function isRung(set: ReplicaSet, act: () => void): boolean {
  set.row.waiters.add(THREAD)
  const doorbell = set.map.threads.doorbell(THREAD)
  const before = doorbell.count()
  act()
  return doorbell.count() > before
}

test('a replica that follows tells its leader, though it has nothing to fetch', () => {
  const set = led({isr: 0b01})
  set.grant()
  set.settle()
  assert.is(set.row.leadership.isr, 0b11)
})

test('who waits is rung when the high watermark moves', () => {
  const set = led()
  set.append(0, oneRecord(1))
  set.step(0)
  assert.is(set.row.replica(0).highWatermark, 0)
  assert.ok(isRung(set, () => set.settle()))
  assert.is(set.row.replica(0).highWatermark, 1)
})

test('who waits is left alone while nothing moves', () => {
  const set = led({records: 2})
  assert.not(
    isRung(set, () => {
      for (const host of [0, 1]) {
        set.map.ringHost(host, 0)
        set.step(host)
      }
    }),
  )
})

test('what is only written counts for nothing that is synced', () => {
  const {highWatermark, syncedWatermark} = led({records: 1}).row.replica(0)
  assert.equal([highWatermark, syncedWatermark], [1, 0])
})

test('a leader looks at who is not with it now and then, and rests when all are', () => {
  for (const [replicaLagTimeMaxMs, dueInMs] of [
    [600, 300],
    [9000, 500],
  ] as const) {
    const set = new ReplicaSet({replicas: 2, replicaLagTimeMaxMs})
    set.lead({leader: 0, isr: 0b01})
    set.settle()
    assert.is(set.hosts[0]!.dueInMs(), dueInMs)
    set.grant()
    set.settle()
    assert.is(set.row.leadership.isr, 0b11)
    set.nowMs += dueInMs
    set.settle()
    assert.ok(set.hosts[0]!.dueInMs() > 10_000)
  }
})

test('who finds the leader’s bytes wrong wakes it', () => {
  const set = led({isr: 0b01})
  set.kill(1)
  set.append(0, oneRecord(1))
  set.step(0)
  set.step(0)
  const path = `${set.dirOf(0)}/orders-0/${'0'.repeat(20)}.log`
  const bytes = set.disk.bytes(path)
  bytes[70]! ^= 4
  set.disk.put(path, bytes)
  set.start(1)
  const {doorbell} = set.map.host(0)
  let isDoubted = false
  for (let i = 0; i < 10 && !isDoubted; i++) {
    const before = doorbell.count()
    set.step(1)
    isDoubted = set.row.replica(0).doubtedAt >= 0
    assert.ok(!isDoubted || doorbell.count() > before)
  }
  assert.ok(isDoubted)
})

test('a sync that somebody waits for is wanted of all, and only for what was there by then', () => {
  const set = led()
  const line = set.row.replica(0)
  set.append(0, oneRecord(1))
  set.settle()
  assert.equal([line.wantedSyncEnd, line.syncedEnd, set.row.replica(1).syncedEnd], [0, 0, 0])
  set.append(0, oneRecord(2), false, true)
  set.settle()
  assert.equal([line.wantedSyncEnd, line.syncedEnd, set.row.replica(1).syncedEnd], [2, 2, 2])
  set.append(0, oneRecord(3))
  set.settle()
  assert.equal([line.wantedSyncEnd, line.syncedEnd, set.row.replica(1).syncedEnd], [2, 2, 2])
})

test('leader and follower compact what both have synced, whoever of them knows more', () => {
  const set = new ReplicaSet({
    replicas: 2,
    config: {cleanupPolicy: 'compact', segmentBytes: 150, minCleanableDirtyRatio: 0},
  })
  set.lead({leader: 0, isr: 0b11})
  set.settle()
  for (let n = 1; n <= 5; n++) set.append(0, keyedBatch([{key: 'a', value: '', timestamp: n}]))
  set.settle()
  const {syncedWatermark} = set.row.replica(0)
  assert.ok(syncedWatermark > 0 && syncedWatermark < 5, `${syncedWatermark}`)
  set.nowMs = 20_000
  set.settle()
  for (const host of [0, 1])
    assert.equal(
      set.sentBy(host, 'clean').map(body => (body as unknown as {job: {endOffset: number}}).job.endOffset),
      [syncedWatermark],
      `host ${host}`,
    )
})

test('a replica that begins anew has no file of its bad log open, is in doubt no more, and rings who waits', () => {
  const set = led({records: 3})
  const files = set.disk.openFiles
  const path = `${set.dirOf(1)}/orders-0/${'0'.repeat(20)}.log`
  const bytes = set.disk.bytes(path)
  bytes[70]! ^= 4
  const file = set.disk.open(path, 'write')
  file.write(bytes, 0, bytes.length, 0)
  file.close()
  const line = set.row.replica(1)
  line.doubt(0)
  set.map.ringHost(1, 0)
  set.settle()
  assert.equal([line.state, line.doubtedAt], [STATE.failed, 0])
  set.lead({isr: 0b01})
  assert.ok(isRung(set, () => set.settle()))
  assert.equal([line.state, line.doubtedAt, line.writtenEnd], [STATE.running, -1, 3])
  assert.equal([set.disk.openFiles, set.logOf(1)], [files, set.logOf(0)])
})

test('who waits is rung when somebody leads, and when the replica is let go', () => {
  const set = led()
  assert.ok(
    isRung(set, () => {
      set.lead({leader: 1})
      set.settle()
    }),
  )
  assert.ok(
    isRung(set, () => {
      set.tell(1, {type: 'release', row: 0})
      set.step(1)
    }),
  )
})

test('a replica that is let go leaves no file open, and shows nothing any more', () => {
  const set = led({records: 1})
  for (const slot of [0, 1]) {
    assert.ok(set.disk.openFiles > 0)
    set.tell(slot, {type: 'release', row: 0})
    set.step(slot)
    const {host, state, followedEpoch} = set.row.replica(slot)
    assert.equal([host, state, followedEpoch], [-1, STATE.closed, NO_EPOCH])
  }
  assert.is(set.disk.openFiles, 0)
})

test('what was open of another’s log to follow it is closed with that reign', () => {
  for (const ends of ['leads', 'is let go'] as const) {
    const set = led({isr: 0b01})
    set.kill(1)
    for (let n = 1; n <= 3; n++) set.append(0, oneRecord(n))
    set.settle()
    set.start(1)
    set.settle()
    assert.is(set.row.replica(1).writtenEnd, 3)
    if (ends === 'leads') {
      set.lead({leader: 1, isr: 0b11})
      set.settle()
    }
    for (const slot of [1, 0]) {
      set.tell(slot, {type: 'release', row: 0})
      set.step(slot)
    }
    assert.is(set.disk.openFiles, 0, ends)
  }
})

test('whoever holds the lease is told of a replica that is there, and of one that has begun to lead', () => {
  const set = new ReplicaSet({replicas: 1})
  set.map.lease.take(set.map.lease.read(), 1)
  const {doorbell} = set.map.coordinator(1)
  for (const act of [() => {}, () => set.lead({leader: 0, isr: 0b1})]) {
    const before = doorbell.count()
    act()
    set.settle()
    assert.ok(doorbell.count() > before)
  }
})

test('somebody who lags is looked at again, whoever is in sync is left alone', () => {
  const set = new ReplicaSet({replicas: 2, replicaLagTimeMaxMs: 1000})
  set.lead({leader: 0, isr: 0b11})
  set.settle()
  set.append(0, oneRecord(1))
  set.step(0)
  set.nowMs = 2000
  set.step(0)
  assert.is(set.row.proposal(0).isr, 0b01)
})

test.run()

/** Replicas of one partition, in one thread: what a leader takes comes to be the same everywhere, whoever leads. */
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {STATE} from '../engine/cluster/replica-line.ts'
import {MemoryDisk, systemError} from './simulation/memory-disk.ts'
import {oneRecord} from './simulation/partition.ts'
import {ReplicaSet} from './simulation/replica-set.ts'

test('followers copy what the leader takes, byte for byte, and the high watermark follows the least of them', () => {
  const set = new ReplicaSet({replicas: 3})
  set.settle()
  set.lead({leader: 0, isr: 0b111})
  set.settle()
  const answers = [1, 2, 3].map(n => set.append(0, oneRecord(n)))
  set.step(0)
  assert.equal(
    answers.map(answer => answer()),
    [0, 1, 2],
  )
  assert.is(set.row.replica(0).highWatermark, 0)
  set.settle()
  assert.is(set.row.replica(0).highWatermark, 3)
  assert.ok(set.logOf(0).length > 0)
  assert.equal(set.logOf(1), set.logOf(0))
  assert.equal(set.logOf(2), set.logOf(0))
})

test('a new leader takes over what the dead one had written', () => {
  const set = new ReplicaSet({replicas: 3})
  set.lead({leader: 0, isr: 0b111})
  set.settle()
  set.append(0, oneRecord(1))
  set.settle()
  const answer = set.append(0, oneRecord(2))
  set.step(0)
  assert.is(answer(), 1)
  set.kill(0)
  set.lead({leader: 1, isr: 0b110})
  set.settle()
  assert.is(set.row.replica(1).writtenEnd, 2)
  set.append(1, oneRecord(3))
  set.settle()
  assert.is(set.row.replica(1).highWatermark, 3)
  assert.equal(set.logOf(2), set.logOf(1))
  set.start(0)
  set.settle()
  assert.equal(set.logOf(0), set.logOf(1))
  set.nowMs += 1000
  set.settle()
  set.grant()
  set.settle()
  assert.is(set.row.leadership.isr, 0b111)
})

test('a leader whose directory is gone is no reason to give up one’s own log', () => {
  const set = new ReplicaSet({replicas: 3})
  set.lead({leader: 0, isr: 0b111})
  set.settle()
  for (const n of [1, 2]) set.append(0, oneRecord(n))
  set.settle()
  const before = set.logOf(1)
  assert.ok(before.length > 0)
  for (const {name} of set.disk.list(`${set.dirOf(0)}/orders-0`)!) set.disk.remove(`${set.dirOf(0)}/orders-0/${name}`)
  set.kill(2)
  set.start(2)
  for (let i = 0; i < 20; i++) for (const host of [0, 1, 2]) set.step(host)
  assert.equal(set.logOf(2), before, 'as a follower')
  set.kill(0)
  set.lead({leader: 1, isr: 0b110})
  set.settle()
  assert.equal(set.logOf(1), before, 'as the next leader')
  assert.is(set.row.replica(1).writtenEnd, 2)
})

test('a log that the disk does not let it open is not an empty one', () => {
  const set = new ReplicaSet({replicas: 2})
  set.lead({leader: 0, isr: 0b11})
  set.settle()
  set.append(0, oneRecord(1))
  set.settle()
  set.kill(1)
  set.disk.intercept = (kind, path) => {
    if (kind === 'open' && path.startsWith(`${set.dirOf(1)}/`)) throw systemError('EIO', path)
    return undefined
  }
  set.start(1)
  set.append(0, oneRecord(2))
  set.settle()
  // it may come yet, and is waited for where nobody leads
  assert.is(set.row.replica(1).state, STATE.starting)
  set.lead({leader: 1, isr: 0b10})
  set.settle()
  assert.is.not(set.row.replica(1).followedEpoch, set.row.leadership.leaderEpoch)
  set.disk.intercept = undefined
  set.nowMs += 1000
  set.settle()
  assert.is(set.row.replica(1).state, STATE.running)
  assert.is(set.row.replica(1).followedEpoch, set.row.leadership.leaderEpoch)
  assert.equal(set.logOf(1), set.logOf(0))
  assert.is(set.row.replica(1).writtenEnd, 2)
})

test('who cannot store what the leader before had written does not lead without it', () => {
  const set = new ReplicaSet({replicas: 2})
  set.lead({leader: 0, isr: 0b11})
  set.settle()
  const answer = set.append(0, oneRecord(1))
  set.step(0)
  assert.is(answer(), 0)
  set.kill(0)
  set.disk.intercept = (kind, path) => {
    if (kind === 'write' && path.startsWith(`${set.dirOf(1)}/`)) throw systemError('ENOSPC', path)
    return undefined
  }
  set.lead({leader: 1, isr: 0b10})
  set.settle()
  assert.is.not(set.row.replica(1).followedEpoch, set.row.leadership.leaderEpoch)
  set.disk.intercept = undefined
  set.nowMs += 1000
  set.settle()
  assert.is(set.row.replica(1).followedEpoch, set.row.leadership.leaderEpoch)
  assert.is(set.row.replica(1).writtenEnd, 1)
})

test('who is deposed while it takes over what others have does not begin that reign', () => {
  const set = new ReplicaSet({replicas: 3})
  set.lead({leader: 0, isr: 0b111})
  set.settle()
  set.append(0, oneRecord(1))
  set.settle()
  set.append(0, oneRecord(2))
  // the second reaches one follower only
  for (let i = 0; i < 5; i++) for (const host of [0, 2]) set.step(host)
  set.kill(0)
  const stale = set.row.leadership.leaderEpoch + 1
  set.disk.intercept = (kind, path) => {
    if (kind === 'read' && path.startsWith(`${set.dirOf(0)}/orders-0/`) && set.row.leadership.leader === 1)
      set.lead({leader: 2, isr: 0b100})
    return undefined
  }
  set.lead({leader: 1, isr: 0b110})
  const followed = new Set<number>()
  for (let i = 0; i < 20; i++) {
    set.step(1)
    followed.add(set.row.replica(1).followedEpoch)
  }
  assert.equal([set.row.leadership.leader, followed.has(stale)], [2, false])
  set.settle()
  assert.equal(set.logOf(1), set.logOf(2))
})

test('a reign whose beginning the disk refuses is begun anew', () => {
  const set = new ReplicaSet({replicas: 2})
  set.lead({leader: 0, isr: 0b11})
  set.settle()
  set.append(0, oneRecord(1))
  set.settle()
  set.disk.intercept = (kind, path) => {
    if (kind === 'rename' && path.startsWith(`${set.dirOf(1)}/`)) throw systemError('EIO', path)
    return undefined
  }
  set.lead({leader: 1, isr: 0b11})
  set.settle()
  assert.is.not(set.row.replica(1).followedEpoch, set.row.leadership.leaderEpoch)
  set.disk.intercept = undefined
  set.nowMs += 1000
  set.settle()
  assert.is(set.row.replica(1).followedEpoch, set.row.leadership.leaderEpoch)
  set.append(1, oneRecord(2))
  set.settle()
  assert.equal(set.logOf(0), set.logOf(1))
})

test('a deposed leader cuts what it alone has', () => {
  const set = new ReplicaSet({replicas: 3})
  set.lead({leader: 0, isr: 0b111})
  set.settle()
  set.append(0, oneRecord(1))
  set.settle()
  // stalled: it does not see that it was deposed, takes a record, and wakes up
  set.lead({leader: 1, isr: 0b110})
  set.step(1)
  set.append(1, oneRecord(2))
  for (let i = 0; i < 5; i++) for (const host of [1, 2]) set.step(host)
  const late = set.append(0, oneRecord(3))
  set.settle()
  assert.is(late(), 'NOT_LEADER_OR_FOLLOWER')
  assert.equal(set.logOf(0), set.logOf(1))
  assert.is(set.row.replica(0).writtenEnd, 2)
})

/** A wrong bit in the first batch of a replica's log. */
function damage(set: ReplicaSet, host: number): void {
  const path = `${set.dirOf(host)}/orders-0/00000000000000000000.log`
  const bytes = set.disk.bytes(path)
  const file = set.disk.open(path, 'write')
  file.write(Uint8Array.of(bytes[70]! ^ 4), 0, 1, 70)
  file.close()
}

test('a leader whose bytes fail their check is replaced, and has them again from its successor', () => {
  const set = new ReplicaSet({replicas: 3})
  set.lead({leader: 0, isr: 0b111})
  set.settle()
  for (const n of [1, 2, 3]) set.append(0, oneRecord(n))
  set.settle()
  damage(set, 0)
  assert.is.not(set.logOf(0).equals(set.logOf(1)), true)
  set.row.replica(0).doubt(2)
  set.map.ringHost(0, 0)
  set.settle()
  assert.equal([set.row.replica(0).doubtedAt, set.row.replica(0).state], [-1, STATE.running], 'that one is whole')
  set.row.replica(0).doubt(0)
  set.map.ringHost(0, 0)
  set.settle()
  assert.is(set.row.replica(0).state, STATE.failed)
  const late = set.append(0, oneRecord(4))
  for (let i = 0; i < 5; i++) set.step(0)
  set.lead({leader: 1, isr: 0b110})
  // it waits until the new leader has taken over what it alone has
  for (let i = 0; i < 5; i++) set.step(0)
  assert.is(set.row.replica(0).writtenEnd, 4)
  set.settle()
  assert.equal([late(), set.row.replica(1).writtenEnd], [3, 4])
  assert.equal([set.row.replica(0).doubtedAt, set.row.replica(0).state], [-1, STATE.running])
  assert.equal(set.logOf(0), set.logOf(1))
  assert.ok(set.disk.list('/quarantine/broker-1')!.some(({name}) => name.startsWith('orders-0.')))
})

test('a log that is bad and cannot be moved aside now is moved aside once the disk allows it', () => {
  const set = new ReplicaSet({replicas: 2})
  set.lead({leader: 0, isr: 0b11})
  set.settle()
  for (const n of [1, 2]) set.append(0, oneRecord(n))
  set.settle()
  damage(set, 0)
  set.row.replica(0).doubt(0)
  set.map.ringHost(0, 0)
  set.settle()
  set.disk.intercept = (kind, path) => {
    if (kind === 'rename' && path.endsWith('/broker-1/orders-0')) throw systemError('EIO', path)
    return undefined
  }
  set.lead({leader: 1, isr: 0b10})
  set.settle()
  assert.is(set.row.replica(0).state, STATE.failed)
  set.disk.intercept = undefined
  set.nowMs += 1000
  set.settle()
  assert.equal([set.row.replica(0).state, set.logOf(0)], [STATE.running, set.logOf(1)])
})

test('a follower that cannot read what the leader has makes it look', () => {
  const set = new ReplicaSet({replicas: 3})
  set.lead({leader: 0, isr: 0b011})
  for (const host of [0, 1]) for (let i = 0; i < 5; i++) set.step(host)
  set.append(0, oneRecord(1))
  for (let i = 0; i < 5; i++) for (const host of [0, 1]) set.step(host)
  damage(set, 0)
  set.settle()
  assert.is(set.row.replica(0).state, STATE.failed)
  set.lead({leader: 1, isr: 0b010})
  set.settle()
  set.nowMs += 100
  set.settle()
  assert.equal([set.logOf(0), set.logOf(2)], [set.logOf(1), set.logOf(1)])
})

test('a leader with nobody in its place goes on, and says where its bytes are bad', () => {
  const set = new ReplicaSet({replicas: 2})
  set.lead({leader: 0, isr: 0b01})
  set.step(0)
  for (const n of [1, 2]) set.append(0, oneRecord(n))
  set.step(0)
  damage(set, 0)
  const line = set.row.replica(0)
  line.doubt(0)
  set.map.ringHost(0, 0)
  for (let i = 0; i < 5; i++) set.step(0)
  assert.equal([line.doubtedAt, line.damagedAt, line.state], [-1, 0, STATE.running])
  // with others in the ISR it may be another matter
  set.lead({isr: 0b11})
  for (let i = 0; i < 5; i++) set.step(0)
  assert.is(line.damagedAt, -1)
})

test('what was visible before the process ended is visible once somebody leads, before anybody follows', () => {
  const before = new ReplicaSet({replicas: 2})
  before.lead({leader: 0, isr: 0b11})
  before.settle()
  for (const n of [1, 2, 3]) before.append(0, oneRecord(n))
  before.settle()
  const set = new ReplicaSet({replicas: 2, left: {disk: before.disk, highWatermark: 2}})
  set.lead({leader: 0, isr: 0b11})
  for (let i = 0; i < 5; i++) set.step(0)
  assert.is(set.row.replica(0).followedEpoch, 0)
  assert.is(set.row.replica(0).highWatermark, 2)
})

test('who had a directory, and has none, has lost it: it is not there to lead', () => {
  const set = new ReplicaSet({replicas: 2, left: {disk: new MemoryDisk(), highWatermark: 0}})
  set.settle()
  assert.is(set.row.replica(0).state, STATE.failed)
})

/** Lets the time pass to the moment a host says it is due, again and again, with nobody ringing it. */
function idle(set: ReplicaSet, host: number, ms: number): void {
  const endMs = set.nowMs + ms
  for (;;) {
    const dueMs = set.nowMs + set.hosts[host]!.dueInMs()
    if (dueMs > endMs) break
    set.nowMs = dueMs
    set.step(host)
  }
  set.nowMs = endMs
}

test('what a coordinator refused is proposed again, though nothing else happens', () => {
  const set = new ReplicaSet({replicas: 2})
  set.lead({leader: 0, isr: 0b01})
  set.settle()
  set.append(0, oneRecord(1))
  set.settle()
  assert.is(set.row.proposal(0).isr, 0b11)
  // a refusal: the ISR as it was, in a new version
  set.lead({isr: 0b01})
  set.settle()
  set.grant()
  assert.is(set.row.leadership.isr, 0b01)
  idle(set, 0, 1000)
  set.grant()
  assert.is(set.row.leadership.isr, 0b11)
})

test('who was proposed once counts as a member until the coordinator has spoken, whatever is proposed after', () => {
  const set = new ReplicaSet({replicas: 3, replicaLagTimeMaxMs: 100})
  set.lead({leader: 0, isr: 0b001})
  for (let i = 0; i < 5; i++) for (const host of [0, 1]) set.step(host)
  set.append(0, oneRecord(1))
  for (let i = 0; i < 5; i++) for (const host of [0, 1]) set.step(host)
  const first = set.row.proposal(0).isr
  set.kill(1)
  set.row.replica(1).leaveEpoch()
  for (let i = 0; i < 10; i++) for (const host of [0, 2]) set.step(host)
  set.append(0, oneRecord(2))
  for (let i = 0; i < 40; i++) {
    set.nowMs += 50
    for (const host of [0, 2]) set.step(host)
  }
  assert.equal([first, set.row.proposal(0).isr], [0b011, 0b101])
  assert.is(set.row.replica(0).highWatermark, 1)
  // it was let in by the first
  set.lead({isr: 0b011})
  for (let i = 0; i < 5; i++) set.step(0)
  assert.is(set.row.replica(0).highWatermark, 1)
})

test('a member that stands still leaves the ISR, though nothing else happens', () => {
  const set = new ReplicaSet({replicas: 2, replicaLagTimeMaxMs: 10_000})
  set.settle()
  set.lead({leader: 0, isr: 0b11})
  set.settle()
  set.append(0, oneRecord(1))
  for (let i = 0; i < 5; i++) set.step(0)
  assert.is(set.row.replica(0).highWatermark, 0)
  idle(set, 0, 20_000)
  set.grant()
  assert.is(set.row.leadership.isr, 0b01)
})

test.run()

import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {AssertionFailed} from '../engine/assert.ts'
import {ClusterMap} from '../engine/cluster/cluster-map.ts'
import {HostInboxes} from '../engine/cluster/host-inboxes.ts'
import {LeftSlots} from '../engine/cluster/left-slots.ts'
import {GroupCoordinator} from '../engine/group/group-coordinator.ts'
import type {Storage} from '../engine/log/storage.ts'
import {allocateInbox} from '../engine/memory/inbox.ts'
import {GroupPartitionHost} from './group-partition-host.ts'

const LEADERSHIP = {leaderEpoch: 3, version: 0, leader: 0, isr: 0b1, deleted: false}

/** A partition with 100 offsets in its log, of which no segment is left; how its dir is listed is said by `list`. */
function loading(list: () => [] | undefined) {
  const map = ClusterMap.allocate({coordinators: 1, brokers: 1, hostsABroker: 1})
  const row = map.row(0)
  const line = row.replica(0)
  map.host(0).startAnew(0)
  row.exchangeLeadership(row.word, LEADERSHIP)
  line.publishHost(0)
  line.publishWrittenEnd(100)
  const mailbox = {address: 'broker-1', send: () => undefined, receive: () => undefined}
  const partition = new GroupPartitionHost({
    ...{map, row, durability: 'written', maxBatchBytes: 1 << 20, place: 0, rowNumber: 0, slot: 0, leaderEpoch: 3},
    left: new LeftSlots(),
    inboxes: new HostInboxes({map, mailbox, thread: 0}, allocateInbox),
    source: {
      ...{dir: '/d', arena: undefined, row: 0, crc32c: () => 0, logStartOffset: () => 0},
      storage: {list} as unknown as Storage,
    },
    world: {newMemberId: () => '', rebalancing: () => undefined, topic: () => undefined},
    whereabouts: {inProcess: () => false, hasEnded: () => false},
  })
  return {partition, line, row}
}

const at = (nowMs: number) => ({nowMs, wallMs: 0})

test('what cannot be read is tried again, after a while, and its host is told to look', () => {
  let reads = 0
  const {partition, line} = loading(() => {
    reads++
    throw Object.assign(new Error('EIO: i/o error'), {code: 'EIO'})
  })
  line.publishHighWatermark(100)
  partition.round(at(1000))
  assert.equal([reads, partition.coordinator], [1, 'COORDINATOR_LOAD_IN_PROGRESS'])
  assert.is(line.doubtedAt, 0)
  assert.is(partition.dueInMs(1000), 100)
  partition.round(at(1099))
  assert.is(reads, 1)
  partition.round(at(1100))
  assert.is(reads, 2)
})

test('a bug of ours goes through', () => {
  const {partition, line} = loading(() => {
    throw new AssertionFailed('no such thing')
  })
  line.publishHighWatermark(100)
  assert.throws(() => partition.round(at(1000)), /no such thing/)
})

test('until the followers have what the leader found it waits for a ring', () => {
  const {partition, row, line} = loading(() => [])
  partition.round(at(1000))
  assert.ok(partition.dueInMs(1000) > 1)
  assert.not.instance(partition.coordinator, GroupCoordinator)
  assert.is(row.waiters.take(0), 1)
  line.publishHighWatermark(100)
  assert.is(partition.dueInMs(1000), 1)
})

test.run()

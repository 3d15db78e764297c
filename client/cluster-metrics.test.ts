import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {ClusterMap} from '../engine/cluster/cluster-map.ts'
import {THREAD} from '../engine/cluster/thread-line.ts'
import type {TopicImage} from '../engine/ensemble/metadata.ts'
import {clusterMetrics} from './cluster-metrics.ts'

function topic(slots: readonly number[]): TopicImage {
  const partition = {row: 3, slots, replicas: [], isr: [], leader: -1, leaderEpoch: 0, version: 0, target: []}
  return {name: 't', topicId: 'id', config: {}, partitions: [partition]}
}

function mapped(): ClusterMap {
  const map = ClusterMap.allocate({coordinators: 1, brokers: 3, hostsABroker: 2})
  map.growTo(4)
  return map
}

test('threads run, have closed or are down; hosts count while they have not ended', () => {
  const map = mapped()
  map.lease.take(map.lease.read(), 1)
  map.coordinator(1).startAnew(40)
  map.coordinator(1).publishServed(9)
  for (const id of [1, 2]) map.broker(id).startAnew(90)
  map.broker(2).publishState(THREAD.closed)
  for (const host of [0, 1, 2]) map.host(host).startAnew(0)
  map.host(1).publishEnded(1)
  const {coordinator, epoch, coordinators, brokers, partitions, mapBytes} = clusterMetrics(map, [], 50)
  assert.equal([coordinator, epoch, partitions], [1, 1, []])
  assert.equal(coordinators, [{state: 'running', idleMs: 10, incarnation: 1, served: 9}])
  assert.equal(
    brokers.map(({state, threads}) => [state, threads]),
    [
      ['running', 1],
      ['closed', 1],
      ['down', 0],
    ],
  )
  // a beat from after `nowMs` was read
  assert.is(brokers[0]!.idleMs, 0)
  assert.is(mapBytes, map.memory.byteLength)
})

test('a partition is told of as its leader shows it, with each replica beside it; free slots are passed over', () => {
  const map = mapped()
  const row = map.row(3)
  row.exchangeLeadership(0n, {leaderEpoch: 4, version: 0, leader: 2, isr: 0b101, deleted: false})
  for (const [slot, end] of [
    [0, 7],
    [2, 10],
  ] as const) {
    row.replica(slot).publishWrittenEnd(end)
    row.replica(slot).publishSyncedEnd(end - 2)
  }
  row.replica(2).publishHighWatermark(7)
  row.replica(2).publishLogStartOffset(1)
  row.replica(2).count({batches: 5, appendedBytes: 600, syncs: 3, segments: 1, sizeBytes: 500})
  const [told] = clusterMetrics(map, [topic([3, -1, 1])], 0).partitions
  assert.equal(told, {
    topic: 't',
    partition: 0,
    leader: 1,
    leaderEpoch: 4,
    isr: [3, 1],
    logStartOffset: 1,
    highWatermark: 7,
    logEndOffset: 10,
    batches: 5,
    appendedBytes: 600,
    syncs: 3,
    sizeBytes: 500,
    replicas: [
      {broker: 3, logEndOffset: 7, syncedOffset: 5, lag: 3},
      {broker: 1, logEndOffset: 10, syncedOffset: 8, lag: 0},
    ],
  })
})

test('a partition that nobody leads, or of which older news is known than the map has, is told of as far as that goes', () => {
  const map = mapped()
  assert.is(clusterMetrics(map, [topic([1])], 0).partitions[0]!.leader, -1)
  map.row(3).exchangeLeadership(0n, {leaderEpoch: 1, version: 0, leader: 1, isr: 0b11, deleted: false})
  const {leader, isr} = clusterMetrics(map, [topic([1])], 0).partitions[0]!
  assert.equal([leader, isr], [-1, [1, -1]])
})

test.run()

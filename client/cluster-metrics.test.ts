import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {ClusterMap} from '../engine/cluster/cluster-map.ts'
import {THREAD} from '../engine/cluster/thread-line.ts'
import type {TopicImage} from '../engine/ensemble/metadata.ts'
import {errorNumber} from '../engine/errors.ts'
import {clusterMetrics, type MetricsSource} from './cluster-metrics.ts'
import {Rates} from './rates.ts'

function topic(slots: readonly number[]): TopicImage {
  const partition = {row: 3, slots, replicas: [], isr: [], leader: -1, leaderEpoch: 0, version: 0, target: []}
  return {name: 't', topicId: 'id', config: {}, partitions: [partition]}
}

function mapped(): ClusterMap {
  const map = ClusterMap.allocate({coordinators: 1, brokers: 3, hostsABroker: 2})
  map.growTo(4)
  return map
}

function source(map: ClusterMap, nowMs = 0): MetricsSource {
  return {map, nowMs, rates: new Rates(), arenas: [], inboxBytes: 0}
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
  const {coordinator, epoch, coordinators, brokers, partitions, memory} = clusterMetrics(
    {
      ...source(map, 50),
      arenas: [new SharedArrayBuffer(8), new SharedArrayBuffer(16), new SharedArrayBuffer(32)],
      inboxBytes: 7,
    },
    [],
  )
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
  // the second host has ended
  assert.equal(memory, {mapBytes: map.memory.byteLength, arenaBytes: 40, inboxBytes: 7})
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
  row.replica(0).publishCleaningFailure(1007)
  row.replica(2).publishHighWatermark(7)
  row.replica(2).publishLogStartOffset(1)
  row.replica(2).count({batches: 5, appendedBytes: 600, syncs: 3, segments: 1, sizeBytes: 500})
  row.replica(2).countCompaction({cleanedBytes: 700, lastRunMs: 5, dirtyRatio: 0.25})
  const [told] = clusterMetrics(source(map), [topic([3, -1, 1])]).partitions
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
    compaction: {cleanedBytes: 700, lastRunMs: 5, dirtyRatio: 0.25},
    recordsPerSecond: 0,
    bytesPerSecond: 0,
    replicas: [
      {broker: 3, logEndOffset: 7, syncedOffset: 5, lag: 3, compactionError: 'DISK_FULL'},
      {broker: 1, logEndOffset: 10, syncedOffset: 8, lag: 0, compactionError: undefined},
    ],
  })
})

test('rates are those since the metrics before', () => {
  const map = mapped()
  const row = map.row(3)
  row.exchangeLeadership(0n, {leaderEpoch: 0, version: 0, leader: 0, isr: 1, deleted: false})
  const line = row.replica(0)
  const first = source(map, 1000)
  const rates = (nowMs: number) => {
    const {recordsPerSecond, bytesPerSecond} = clusterMetrics({...first, nowMs}, [topic([1])]).partitions[0]!
    return [recordsPerSecond, bytesPerSecond]
  }
  assert.equal(rates(1000), [0, 0])
  line.publishWrittenEnd(300)
  line.count({batches: 1, appendedBytes: 5000, syncs: 0, segments: 1, sizeBytes: 5000})
  assert.equal(rates(3000), [150, 2500])
})

test('a partition that nobody leads, or of which older news is known than the map has, is told of as far as that goes', () => {
  const map = mapped()
  assert.is(clusterMetrics(source(map), [topic([1])]).partitions[0]!.leader, -1)
  map.row(3).exchangeLeadership(0n, {leaderEpoch: 1, version: 0, leader: 1, isr: 0b11, deleted: false})
  const {leader, isr} = clusterMetrics(source(map), [topic([1])]).partitions[0]!
  assert.equal([leader, isr], [-1, [1, -1]])
})

test('replicas that have moved are told of where they are; partitions of a deleted topic are not told of', () => {
  const map = mapped()
  const row = map.row(3)
  row.exchangeLeadership(0n, {leaderEpoch: 4, version: 0, leader: 1, isr: 0b10, deleted: false})
  // slot 0 was left, slot 1 is on broker 3, of which the topic as it was asked for knows nothing
  row.replica(1).publishHost(4)
  const [told] = clusterMetrics(source(map), [topic([1])]).partitions
  assert.equal([told!.leader, told!.isr, told!.replicas.map(({broker}) => broker)], [3, [3], [3]])
  row.exchangeLeadership(row.word, {leaderEpoch: 5, version: 0, leader: -1, isr: 0, deleted: true})
  assert.equal(clusterMetrics(source(map), [topic([1])]).partitions, [])
})

test('a broker that cannot open its dir is down, and why, until it has opened it', () => {
  const map = mapped()
  map.broker(1).startAnew(0)
  map.broker(1).failure.writeNote(errorNumber('FOREIGN_DIR'), 'of another cluster')
  const told = () => clusterMetrics(source(map), []).brokers[0]!
  assert.equal([told().state, told().error?.message], ['down', 'FOREIGN_DIR: of another cluster'])
  map.broker(1).failure.writeNote(0, '')
  assert.equal([told().state, told().error], ['running', undefined])
})

test.run()

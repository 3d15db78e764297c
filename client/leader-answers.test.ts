import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {ClusterMap} from '../engine/cluster/cluster-map.ts'
import {REQUEST} from '../engine/memory/inbox.ts'
import {LeaderAnswers} from './leader-answers.ts'
import type {Durability} from './log-options.ts'
import {type Acks, ProducerBatch} from './producer-batch.ts'

const LEADER = {leaderEpoch: 3, version: 0, leader: 1, isr: 0b11, deleted: false}

/** A partition under its leader, and a batch that this one has stored as offset 4. */
function setUp(acks: Acks, durability: Durability) {
  const map = ClusterMap.allocate({coordinators: 1, brokers: 2, hostsABroker: 1})
  const row = map.row(0)
  row.exchangeLeadership(row.word, LEADER)
  const asked = {
    kind: REQUEST.append,
    argument: 0,
    length: 100,
    records: 1,
    settled: [],
    appended: false,
    deadlineMs: 1e6,
  }
  const batch = new ProducerBatch({...asked, acks, durability, bytes: undefined})
  batch.leaderEpoch = LEADER.leaderEpoch
  batch.stored = {baseOffset: 4, timestamp: 1}
  batch.end = 5
  const line = row.replica(LEADER.leader)
  const isSafe = () => new LeaderAnswers(map, row).isSafe(batch)
  return {row, line, isSafe}
}

test('a batch is safe once that end of the leader has passed it which was asked for', () => {
  for (const [acks, durability, publish] of [
    [-1, 'written', 'publishHighWatermark'],
    [-1, 'synced', 'publishSyncedWatermark'],
    [1, 'synced', 'publishSyncedEnd'],
  ] as const) {
    const {line, isSafe} = setUp(acks, durability)
    line.publishWrittenEnd(9)
    for (const other of ['publishHighWatermark', 'publishSyncedWatermark', 'publishSyncedEnd'] as const)
      if (other !== publish) line[other](9)
    assert.not(isSafe(), `${acks} ${durability}`)
    line[publish](4)
    assert.not(isSafe())
    line[publish](5)
    assert.ok(isSafe())
  }
  assert.ok(setUp(1, 'written').isSafe(), 'the leader has said so')
})

test('what a leader has stored is not safe under another one, nor while nobody leads', () => {
  for (const [acks, durability] of [
    [-1, 'written'],
    [1, 'written'],
  ] as const) {
    const {row, line, isSafe} = setUp(acks, durability)
    line.publishWrittenEnd(9)
    line.publishHighWatermark(9)
    assert.ok(isSafe())
    row.exchangeLeadership(row.word, {...LEADER, leaderEpoch: 4, leader: -1})
    assert.not(isSafe())
    row.exchangeLeadership(row.word, {...LEADER, leaderEpoch: 5, leader: 0})
    row.replica(0).publishWrittenEnd(9)
    row.replica(0).publishHighWatermark(9)
    assert.not(isSafe())
    // not even when the same one leads again
    row.exchangeLeadership(row.word, {...LEADER, leaderEpoch: 6})
    assert.not(isSafe())
  }
})

test.run()

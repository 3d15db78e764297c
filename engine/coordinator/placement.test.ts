import fc from 'fast-check'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {place, refuseAssignments, refuseReplicationFactor} from './placement.ts'

test('leaders go round robin, followers one further each round', () => {
  const brokers = [0, 1, 2, 3, 4]
  // the table in the comment of Kafka's AdminUtils.assignReplicasToBrokers
  assert.equal(place({partitions: 10, replicationFactor: 3, brokers, start: 0}), [
    [0, 1, 2],
    [1, 2, 3],
    [2, 3, 4],
    [3, 4, 0],
    [4, 0, 1],
    [0, 2, 3],
    [1, 3, 4],
    [2, 4, 0],
    [3, 0, 1],
    [4, 1, 2],
  ])
})

test('partitions that are added go on where the others ended', () => {
  const given = {replicationFactor: 2, brokers: [1, 2, 3], start: 4}
  const whole = place({...given, partitions: 9})
  assert.equal(place({...given, partitions: 5, existing: 4}), whole.slice(4))
})

test('one broker takes all', () => {
  assert.equal(place({partitions: 2, replicationFactor: 1, brokers: [7], start: 3}), [[7], [7]])
})

test('replicas of a partition are on different brokers, and brokers have equally many, give or take one a round', () => {
  const anyPlacement = fc.record({
    partitions: fc.integer({min: 1, max: 60}),
    brokers: fc.integer({min: 1, max: 9}).map(n => Array.from({length: n}, (_, i) => i + 1)),
    start: fc.nat(10_000),
    wanted: fc.integer({min: 1, max: 7}),
  })
  fc.assert(
    fc.property(anyPlacement, ({partitions, brokers, start, wanted}) => {
      const replicationFactor = Math.min(wanted, brokers.length)
      const assignments = place({partitions, replicationFactor, brokers, start})
      assert.is(
        refuseAssignments(assignments, broker => brokers.includes(broker)),
        undefined,
      )
      const leads = brokers.map(broker => assignments.filter(([leader]) => leader === broker).length)
      assert.ok(Math.max(...leads) - Math.min(...leads) <= 1)
      assert.is(assignments.length, partitions)
    }),
    {numRuns: 50},
  )
})

test('a replication factor is at least 1, and no more than there are brokers, or slots', () => {
  for (const [factor, brokers] of [
    [1, 1],
    [3, 3],
    [7, 9],
  ] as const)
    assert.is(refuseReplicationFactor(factor, brokers), undefined)
  for (const [factor, brokers] of [
    [0, 3],
    [4, 3],
    [8, 9],
    [1.5, 3],
    [1, 0],
    [-1, 3],
  ] as const)
    assert.is(refuseReplicationFactor(factor, brokers)!.error, 'INVALID_REPLICATION_FACTOR')
})

test('listed replicas are checked', () => {
  const isKnown = (broker: number) => broker <= 8
  assert.is(
    refuseAssignments(
      [
        [1, 2],
        [2, 3],
      ],
      isKnown,
    ),
    undefined,
  )
  const bad: [number[][], string][] = [
    [[[]], 'at least one'],
    [[[1, 2, 3, 4, 5, 6, 7, 8]], 'at most 7'],
    [[[1, 1]], 'listed twice'],
    [[[1, 9]], 'no broker 9'],
    [[[1, 2], [3]], 'equally many'],
  ]
  for (const [assignments, message] of bad) {
    const refusal = refuseAssignments(assignments, isKnown)!
    assert.is(refusal.error, 'INVALID_REPLICA_ASSIGNMENT')
    assert.match(refusal.message, message)
  }
})

test.run()

import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {momentsOf, PARTITIONS, partitionOf, planOf, recordsOf} from './plan.ts'

test('half at full speed and half at a rate, or all at a rate of its own', () => {
  assert.equal(planOf(300_000, undefined), {fullSpeed: 150_000, paced: 150_000, pacedPerSecond: 20_000})
  assert.equal(planOf(1001, undefined), {fullSpeed: 501, paced: 500, pacedPerSecond: 20_000})
  assert.equal(planOf(1000, 7), {fullSpeed: 0, paced: 1000, pacedPerSecond: 7})
  assert.is(recordsOf(planOf(1001, undefined)), 1001)
})

test('what fails does so while records stream at their rate', () => {
  assert.equal(momentsOf({fullSpeed: 100, paced: 100, pacedPerSecond: 1}), {
    killBroker: 125,
    killCoordinator: 145,
    restart: 165,
  })
})

test('an airport has one partition, and every partition has airports', () => {
  const airports = [
    'ATL',
    'ORD',
    'DFW',
    'LAX',
    'PHX',
    'STL',
    'DTW',
    'MSP',
    'LAS',
    'BOS',
    'DEN',
    'IAH',
    'EWR',
    'SFO',
    'LGA',
  ]
  // FNV-1a of `ATL` is 0x559c294c
  assert.is(partitionOf('ATL'), 0x559c294c % PARTITIONS)
  assert.is(new Set(airports.map(partitionOf)).size, PARTITIONS)
})

test.run()

import {test} from 'uvu'
import * as assert from 'uvu/assert'
import type {Flight} from './flights.ts'
import {PartitionOrder} from './partition-order.ts'
import {partitionOf} from './plan.ts'

/** Of one partition: the first two are the first producer's, the others the second's. */
const airports = [
  'ATL',
  'BOS',
  'CLE',
  'DAL',
  'DEN',
  'DFW',
  'EWR',
  'FLL',
  'HNL',
  'ORD',
  'PDX',
  'PHL',
  'SEA',
  'SFO',
  'SLC',
  'TPA',
]
const home = partitionOf('ATL')
const second = airports.find(key => key > 'LAX' && partitionOf(key) === home)!
const elsewhere = airports.find(key => partitionOf(key) !== home)!
const flight = (key: string, timestamp: number): Flight => ({key, timestamp, value: `${key} ${timestamp}`})
const FLIGHTS = [flight('ATL', 10), flight(second, 20), flight(elsewhere, 25), flight('ATL', 30), flight(second, 40)]
const orderOf = (producers: readonly number[]) => new PartitionOrder(home, FLIGHTS, producers)

test("each producer's flights keep their order, wherever the other's come between", () => {
  assert.equal(
    [0, 1, 2, 3, 4].map(offset => orderOf([1, 1, 0, 0]).at(offset)?.timestamp),
    [20, 40, 10, 30, undefined],
  )
})

test('a time is found at the first flight that is not older, though older ones follow', () => {
  assert.equal(
    [0, 20, 21, 40, 41].map(timestamp => orderOf([1, 1, 0, 0]).firstNotOlder(timestamp)),
    [0, 0, 1, 1, undefined],
  )
})

test('where a partition has more records than it should, nothing is expected', () => {
  const order = orderOf([0, 0, 0, 1, 1])
  assert.is(order.at(2), undefined)
  assert.is(order.firstNotOlder(40), 4)
})

test('acknowledgements name the offsets at which their records stand', () => {
  const ack = (records: number, firstOffset: number, lastOffset: number, partition = home) => ({
    partition,
    records,
    firstOffset,
    lastOffset,
    ackedMs: 0,
  })
  const order = orderOf([0, 1, 0, 1])
  assert.is(order.firstBrokenAck(0, [ack(2, 0, 2)]), undefined)
  assert.is(order.firstBrokenAck(1, [ack(1, 1, 1), ack(7, 5, 6, home + 1), ack(1, 3, 3)]), undefined)
  assert.match(order.firstBrokenAck(1, [ack(1, 1, 1), ack(1, 2, 2)]) ?? '', /acknowledged at 2 to 2, stored at 3 to 3$/)
  assert.match(order.firstBrokenAck(0, [ack(3, 0, 4)]) ?? '', /stored at 0 to undefined$/)
})

test.run()

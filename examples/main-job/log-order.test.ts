import {test} from 'uvu'
import * as assert from 'uvu/assert'
import type {Flight} from './flights.ts'
import {LogOrder} from './log-order.ts'

const flight = (key: string, timestamp: number): Flight => ({key, timestamp, value: `${key} ${timestamp}`})
const FLIGHTS = [flight('ATL', 10), flight('ORD', 20), flight('DFW', 30), flight('SEA', 40)]

test("each producer's flights keep their order, wherever the other's come between", () => {
  const order = new LogOrder(FLIGHTS, [1, 1, 0, 0])
  assert.equal(
    [0, 1, 2, 3, 4].map(offset => order.at(offset)?.timestamp),
    [20, 40, 10, 30, undefined],
  )
})

test('a time is found at the first flight that is not older, though older ones follow', () => {
  const order = new LogOrder(FLIGHTS, [1, 1, 0, 0])
  assert.equal(
    [0, 20, 21, 40, 41].map(timestamp => order.firstNotOlder(timestamp)),
    [0, 0, 1, 1, undefined],
  )
})

test('where a log has more records than it should, nothing is expected', () => {
  const order = new LogOrder(FLIGHTS, [0, 0, 0, 1, 1])
  assert.is(order.at(2), undefined)
  assert.is(order.firstNotOlder(40), 4)
})

test.run()

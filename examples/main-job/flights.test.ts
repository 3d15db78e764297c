import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {FLIGHTS, readFlights} from './flights.ts'

test('all flights, in the order of their departure', () => {
  let count = 0
  let last = 0
  const airports = new Set<string>()
  for (const {key, timestamp, value} of readFlights()) {
    if (count === 0) assert.equal({key, value}, {key: 'LAS', value: '2001-01-01T00:01,33,2176,LAS,PHL'})
    if (timestamp < last) assert.unreachable(`${value} is out of order`)
    last = timestamp
    airports.add(key)
    count++
  }
  assert.is(count, FLIGHTS)
  assert.is(airports.size, 223)
  assert.is(new Date(last).toISOString(), '2001-01-19T09:23:00.000Z')
})

test.run()

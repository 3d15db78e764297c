import {test} from 'uvu'
import * as assert from 'uvu/assert'
import type {ErrorCode} from '../errors.ts'
import {ProducerIds} from './producer-ids.ts'

function ids() {
  const asks: ((block: {firstProducerId: number; count: number} | ErrorCode) => void)[] = []
  const told: (number | ErrorCode)[] = []
  const all = new ProducerIds(answer => asks.push(answer))
  return {asks, told, next: () => all.next(id => told.push(id))}
}

test('ids come in their order, block after block, and a block is asked for once', () => {
  const {asks, told, next} = ids()
  next()
  next()
  next()
  assert.is(asks.length, 1)
  asks.shift()!({firstProducerId: 10, count: 2})
  assert.equal(told, [10, 11])
  asks.shift()!({firstProducerId: 50, count: 2})
  next()
  assert.equal(told, [10, 11, 50, 51])
  assert.is(asks.length, 0)
})

test('where there is no block, whoever waits is told so, and the next asks again', () => {
  const {asks, told, next} = ids()
  next()
  next()
  asks.shift()!('REQUEST_TIMED_OUT')
  assert.equal(told, ['REQUEST_TIMED_OUT', 'REQUEST_TIMED_OUT'])
  next()
  asks.shift()!({firstProducerId: 0, count: 1})
  assert.is(told.at(-1), 0)
})

test.run()

import {test} from 'uvu'
import * as assert from 'uvu/assert'
import type {BrokerCalls} from './broker-calls.ts'
import {ProducerIds} from './producer-ids.ts'

/** Ids, and the hands of who gives the blocks. */
function open() {
  const asked: {resolve: (block: unknown) => void; reject: (error: Error) => void}[] = []
  const calls = {call: () => new Promise((resolve, reject) => asked.push({resolve, reject}))} as unknown as BrokerCalls
  return {ids: new ProducerIds(calls), asked}
}

test('who asks at the same time shares a block, and each gets an id of its own', async () => {
  const {ids, asked} = open()
  const next = Promise.all([ids.next(), ids.next(), ids.next()])
  assert.is(asked.length, 1)
  asked[0]!.resolve({firstProducerId: 40, count: 3})
  assert.equal(await next, [40, 41, 42])
})

test('with a block used up the next one is asked for, once', async () => {
  const {ids, asked} = open()
  const next = Promise.all([ids.next(), ids.next(), ids.next(), ids.next()])
  asked[0]!.resolve({firstProducerId: 0, count: 2})
  while (asked.length < 2) await Promise.resolve()
  asked[1]!.resolve({firstProducerId: 1000, count: 2})
  assert.equal(await next, [0, 1, 1000, 1001])
  assert.is(asked.length, 2)
  const last = ids.next()
  while (asked.length < 3) await Promise.resolve()
  asked[2]!.resolve({firstProducerId: 2000, count: 2})
  assert.is(await last, 2000)
})

test('a block that cannot be had fails those who wait for it; who asks later gets another', async () => {
  const {ids, asked} = open()
  const failing = [ids.next(), ids.next()]
  asked[0]!.reject(new Error('no'))
  for (const each of failing) assert.is(await each.catch(error => error.message), 'no')
  const next = ids.next()
  assert.is(asked.length, 2)
  asked[1]!.resolve({firstProducerId: 5, count: 1})
  assert.is(await next, 5)
})

test.run()

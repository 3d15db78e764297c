import {test} from 'uvu'
import * as assert from 'uvu/assert'
import type {Reply} from '../engine/memory/inbox.ts'
import {Send, type SendResult} from './send.ts'
import type {Sender, Settled} from './sender.ts'

const record = {key: null, value: 'v', timestamp: undefined, headers: []}
const reply = (baseOffset: number): Reply => ({status: 0, baseOffset, timestamp: 7})

test('a record that is answered while it is handed over does not end the send before the others', () => {
  const results: SendResult[] = []
  const send = new Send('written', {
    resolve: result => results.push(result),
    reject: error => assert.unreachable(String(error)),
    awaitSynced: () => assert.unreachable('not asked for'),
  })
  const told: Settled[] = []
  const places = [-1, 0, 1, -1]
  const sender = {
    add(_key: unknown, _value: unknown, _time: unknown, _headers: unknown, settled: Settled): number {
      const place = places.shift()!
      if (place < 0) settled(reply(places.length === 3 ? 10 : 20))
      return place
    },
    whenSettled: (settled: Settled) => told.push(settled),
  } as unknown as Sender
  for (let i = 0; i < 4; i++) send.add(sender, record)
  send.complete()
  assert.equal([results, told.length], [[], 1])
  told[0]!(reply(11))
  assert.is(results.length, 1)
  assert.is(results[0]!.baseOffset, 10)
})

test('what is stored, though nobody knows where, is told without offsets', () => {
  const results: SendResult[] = []
  const rejected: string[] = []
  const send = new Send('written', {
    resolve: result => results.push(result),
    reject: error => rejected.push(error.code),
    awaitSynced: () => assert.unreachable('not asked for'),
  })
  const unknown = {status: 0, baseOffset: -1, timestamp: -1}
  const answers = [unknown, reply(20)]
  const sender = {
    add(_key: unknown, _value: unknown, _time: unknown, _headers: unknown, settled: Settled): number {
      settled(answers.shift()!)
      return -1
    },
    whenSettled: () => {},
  } as unknown as Sender
  send.add(sender, record)
  send.add(sender, record)
  send.complete()
  assert.equal(results, [{baseOffset: -1, lastOffset: 20, timestamp: -1, durability: 'written'}])
  assert.equal(rejected, [])
})

test.run()

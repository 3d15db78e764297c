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

test.run()

import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {subscribedTopics} from './subscribed-topics.ts'

const bytes = (hex: string): Uint8Array => Buffer.from(hex.replaceAll(' ', ''), 'hex')

test('topics of a subscription, of whatever version', () => {
  assert.equal(subscribedTopics(bytes('0000 00000002 0001 61 0002 6262 ffffffff')), ['a', 'bb'])
  assert.equal(subscribedTopics(bytes('0003 00000000 ffffffff 00000000 00000001 ffff')), [])
})

test('other bytes are no subscription', () => {
  for (const hex of ['', '0000', '0000 00000001', '0000 00000001 0005 61', 'ffff 00000000', '0000 ffffffff'])
    assert.is(subscribedTopics(bytes(hex)), undefined, hex)
})

test.run()

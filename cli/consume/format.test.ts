import {test} from 'uvu'
import * as assert from 'uvu/assert'
import type {KafkaMessage} from '../../doors/kafkajs.ts'
import {UsageError} from '../failure.ts'
import {formatOf, lineFormat} from './format.ts'
import {toEnvelope, toRecordJson} from './message-json.ts'

const place = {topic: 't', partition: 3}
const message: KafkaMessage = {
  key: Buffer.from('k'),
  value: Buffer.from('v\u00fc'),
  timestamp: '1700000000000',
  attributes: 0,
  offset: '12',
  headers: {a: Buffer.from('1'), b: [Buffer.from('2'), Buffer.from([255])]},
  offsetBigInt: 12n,
}
const empty: KafkaMessage = {...message, key: null, value: null, headers: {}}

test("kcat's tokens and escapes", () => {
  const print = (text: string, of = message) => Buffer.from(formatOf(text)(place, of)).toString()
  assert.is(print('%t[%p]@%o %T: %k=%s\\n'), 't[3]@12 1700000000000: k=v\u00fc\n')
  assert.is(print('%K %S %% \\x41\\t\\\\ \\q'), '1 3 % A\t\\ \\q')
  assert.is(print('%K %S|%k%s|%h', empty), '-1 -1||')
  assert.is(print('%h').slice(0, 8), 'a=1,b=2,')
  for (const wrong of ['%x', '%', '%constructor'])
    assert.throws(
      () => formatOf(wrong),
      (error: Error) => error instanceof UsageError && error.message.includes('there are %s %S %k'),
    )
})

test('bytes are printed as they are', () => {
  const bytes = {...message, value: Buffer.from([0xff, 0])}
  assert.equal([...lineFormat(undefined)(place, bytes)], [0xff, 0, 10])
  assert.equal([...lineFormat('::')(place, bytes)], [107, 58, 58, 0xff, 0, 10])
  assert.equal([...formatOf('\\xff%s')(place, bytes)], [0xff, 0xff, 0])
})

test('JSON in our words, and in those of kcat', () => {
  assert.equal(toRecordJson(place, message), {
    topic: 't',
    partition: 3,
    offset: 12,
    timestamp: 1_700_000_000_000,
    key: 'k',
    value: 'v\u00fc',
    headers: [
      ['a', '1'],
      ['b', '2'],
      ['b', {base64: '/w=='}],
    ],
  })
  assert.equal(toEnvelope(place, message), {
    topic: 't',
    partition: 3,
    offset: 12,
    ts: 1_700_000_000_000,
    headers: ['a', '1', 'b', '2', 'b', {base64: '/w=='}],
    key: 'k',
    payload: 'v\u00fc',
  })
  assert.is(
    JSON.stringify(toRecordJson(place, empty)),
    '{"topic":"t","partition":3,"offset":12,"timestamp":1700000000000,"key":null,"value":null}',
  )
})

test.run()

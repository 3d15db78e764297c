import {test} from 'uvu'
import * as assert from 'uvu/assert'
import type {KafkaMessage} from '../../doors/kafkajs.ts'
import {toEnvelope, toRecordJson} from '../consume/message-json.ts'
import {LineError} from '../parse-record.ts'
import {type LineForm, messageOf, messageOfEnvelope} from './parse-message.ts'

const PLAIN: LineForm = {
  delimiter: undefined,
  key: undefined,
  partition: undefined,
  headers: undefined,
  emptyIsNull: false,
}
const line = Buffer.from

test('a line is a value, or a key and a value', () => {
  const texts = (text: string, form: Partial<LineForm>) => {
    const {key, value} = messageOf(line(text), {...PLAIN, ...form})
    return [key?.toString(), value?.toString()]
  }
  assert.equal(texts('a:b:c', {}), [undefined, 'a:b:c'])
  assert.equal(texts('a:b:c', {delimiter: ':'}), ['a', 'b:c'])
  assert.equal(texts('a=>b', {delimiter: '=>'}), ['a', 'b'])
  assert.equal(texts('plain', {delimiter: ':'}), [undefined, 'plain'])
  assert.equal(texts('plain', {delimiter: ':', key: 'k'}), ['k', 'plain'])
  assert.equal(texts(':', {delimiter: ':'}), ['', ''])
  assert.equal(texts(':', {delimiter: ':', emptyIsNull: true}), [undefined, undefined])
  assert.equal(messageOf(line('v'), {...PLAIN, partition: 2, headers: {a: 'b'}}), {
    value: line('v'),
    partition: 2,
    headers: {a: 'b'},
  })
})

test('an envelope, ours or that of kcat, is the message it was made of', () => {
  const message: KafkaMessage = {
    key: Buffer.from([0xff, 1]),
    value: null,
    timestamp: '1700000000000',
    attributes: 0,
    offset: '12',
    headers: {a: Buffer.from('1'), b: [Buffer.from('2'), Buffer.from('3')]},
    offsetBigInt: 12n,
  }
  const place = {topic: 't', partition: 3}
  for (const made of [toRecordJson(place, message), toEnvelope(place, message)])
    assert.equal(messageOfEnvelope(line(JSON.stringify(made)), PLAIN), {
      key: Buffer.from([0xff, 1]),
      value: null,
      timestamp: '1700000000000',
      headers: {a: '1', b: ['2', '3']},
    })
  assert.equal(messageOfEnvelope(line('{"value":"v"}'), {...PLAIN, key: 'k', partition: 1}), {
    key: 'k',
    value: 'v',
    partition: 1,
  })
})

test('a line that is none says why', () => {
  for (const [text, words] of [
    ['{"key":"a"}', 'there is no field value'],
    ['[]', 'not a JSON object'],
    ['nothing', 'not JSON'],
    ['{"value":"v","timestamp":"now"}', 'the timestamp is a whole number'],
    ['{"value":7}', 'value is text, null or'],
    ['{"value":"v","headers":{"a":1}}', 'headers are a list'],
    ['{"payload":"v","headers":["a"]}', 'header a is text'],
  ] as const)
    assert.throws(
      () => messageOfEnvelope(line(text), PLAIN),
      (error: Error) => error instanceof LineError && error.message.includes(words),
      text,
    )
})

test.run()

import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {
  KafkaJSAggregateError,
  KafkaJSCreateTopicError,
  KafkaJSDeleteGroupsError,
  KafkaJSNumberOfRetriesExceeded,
  KafkaJSProtocolError,
} from '../doors/kafkajs.ts'
import {OdradekError} from '../engine/errors.ts'
import {Failure, failureText} from './failure.ts'

test('errors of kafkajs become a line, with what each of them is about', () => {
  const refused = {message: 'refused', type: 'INVALID_CONFIG', code: 40, retriable: false}
  const protocol = new KafkaJSProtocolError(refused)
  for (const [error, text] of [
    [protocol, 'INVALID_CONFIG: refused'],
    [
      new KafkaJSAggregateError('several', [new KafkaJSCreateTopicError(refused, 'a'), protocol]),
      'INVALID_CONFIG: a: refused; INVALID_CONFIG: refused',
    ],
    [
      new KafkaJSDeleteGroupsError('groups', [{groupId: 'g', errorCode: 40, error: protocol}]),
      'g: INVALID_CONFIG: refused',
    ],
    [new KafkaJSNumberOfRetriesExceeded(protocol, {retryCount: 1, retryTime: 1}), 'INVALID_CONFIG: refused'],
    [new KafkaJSProtocolError(refused, {cause: new OdradekError('INVALID_CONFIG', 'ours')}), 'INVALID_CONFIG: ours'],
    [new Failure('in words'), 'in words'],
  ] as const)
    assert.is(failureText(error), text)
  assert.match(failureText(new TypeError('a bug')), /TypeError: a bug\n +at /)
})

test.run()

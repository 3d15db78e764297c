/** What kafkajs' own declarations say: ours fit wherever a program names theirs. It is the compiler that looks; the run finds the names at run time. */
import {createRequire} from 'node:module'
import type * as theirs from 'kafkajs'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import * as ours from '../../doors/kafkajs.ts'

type Fits<Ours extends Theirs, Theirs> = [Ours, Theirs]

export type Clients = [
  Fits<ours.Kafka, theirs.Kafka>,
  Fits<ours.Producer, theirs.Producer>,
  Fits<ours.Consumer, theirs.Consumer>,
  Fits<ours.Admin, theirs.Admin>,
  Fits<theirs.KafkaConfig['brokers'], ours.KafkaConfig['brokers']>,
  Fits<theirs.ProducerConfig, ours.ProducerConfig>,
  Fits<theirs.ConsumerRunConfig, ours.ConsumerRunConfig>,
  Fits<ours.KafkaMessage, theirs.KafkaMessage>,
  Fits<ours.Logger, theirs.Logger>,
  Fits<theirs.Message, ours.Message>,
  Fits<ours.RecordMetadata, theirs.RecordMetadata>,
]

const their = createRequire(import.meta.url)('kafkajs') as Record<string, unknown>

test('every name that kafkajs exports is exported here', () => {
  const missing = Object.keys(their).filter(name => !(name in ours))
  assert.equal(missing, [])
})

test('enums have the same names and numbers', () => {
  for (const name of [
    'logLevel',
    'CompressionTypes',
    'ConfigResourceTypes',
    'ConfigSource',
    'AclResourceTypes',
    'AclOperationTypes',
    'AclPermissionTypes',
    'ResourcePatternTypes',
  ])
    assert.equal((ours as Record<string, unknown>)[name], their[name], name)
})

test('errors have the same classes above them, names and fields', () => {
  const args = ['a text', {topic: 't', partition: 1, partitions: [], memberId: 'm', retryCount: 1, retryTime: 2}]
  type ErrorClass = new (...args: unknown[]) => Error & Record<string, unknown>
  const names = Object.keys(their).filter(name => /^KafkaJS/.test(name))
  assert.ok(names.length > 25)
  for (const name of names) {
    const given = name === 'KafkaJSDeleteTopicRecordsError' ? [args[1]] : args
    const theirError = new (their[name] as ErrorClass)(...given)
    const ourError = new ((ours as Record<string, unknown>)[name] as ErrorClass)(...given)
    assert.is(ourError.name, theirError.name, name)
    // where theirs is a sentence about the text, ours is the text
    assert.ok(theirError.message.startsWith(ourError.message), name)
    for (const field of ['retriable', 'topic', 'partition', 'memberId', 'retryCount', 'retryTime', 'partitions'])
      assert.equal(ourError[field], theirError[field], `${name}.${field}`)
    for (const above of names)
      assert.is(
        ourError instanceof ((ours as Record<string, unknown>)[above] as ErrorClass),
        theirError instanceof (their[above] as ErrorClass),
        `${name} of ${above}`,
      )
  }
})

test.run()

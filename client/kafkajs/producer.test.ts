import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {OdradekError} from '../../engine/errors.ts'
import type {Cluster} from '../cluster.ts'
import {createLogger} from './logger.ts'
import {KafkaProducer} from './producer.ts'

test('a send that took too long tells how often it was sent again, whatever retry says', async () => {
  for (const retries of [0, 3]) {
    const topic = async () => {
      throw new OdradekError('REQUEST_TIMED_OUT', 'not taken', {retries})
    }
    const cluster = {requireOpen() {}, topic} as unknown as Cluster
    const source = {open: async () => cluster, release: async () => {}}
    const producer = new KafkaProducer(source, {retry: {retries: 7}}, createLogger(0))
    await producer.connect()
    const error = await producer.send({topic: 't', messages: [{value: 'a'}]}).catch(error => error)
    assert.equal([error.name, error.retryCount], ['KafkaJSNumberOfRetriesExceeded', retries])
  }
})

test('a partition of a topic that is gone by now makes it anew only where topics are made on demand', async () => {
  for (const allowAutoTopicCreation of [true, false]) {
    const opened: unknown[] = []
    const cluster = {
      requireOpen() {},
      topic: async () => ({name: 't', partitions: [{replicas: [1], isr: [1], leader: 1}]}),
      async openPartition(...asked: unknown[]) {
        opened.push(asked)
        throw new OdradekError('UNKNOWN_TOPIC_OR_PARTITION')
      },
    } as unknown as Cluster
    const source = {open: async () => cluster, release: async () => {}}
    const producer = new KafkaProducer(source, {allowAutoTopicCreation}, createLogger(0))
    await producer.connect()
    const error = await producer.send({topic: 't', messages: [{value: 'a'}]}).catch(error => error)
    assert.equal([error.type, opened], ['UNKNOWN_TOPIC_OR_PARTITION', [['t', 0, allowAutoTopicCreation]]])
  }
})

test.run()

/** Which cluster a `Kafka` talks to, and its logger. */
import path from 'node:path'
import {pathToFileURL} from 'node:url'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {Kafka, KafkaJSNonRetriableError, type LogEntry, logLevel} from '../../doors/kafkajs.ts'
import {openCluster} from '../../index.ts'
import {tempDir} from '../door/temp-dir.ts'

test('a file: URL opens its cluster once for all clients, and the last one closes it', async () => {
  const dir = path.join(tempDir(), 'events')
  const {href} = pathToFileURL(dir)
  const kafka = new Kafka({brokers: [href], logLevel: 0, cluster: {numPartitions: 3}})
  const producer = kafka.producer()
  const admin = new Kafka({brokers: new URL(`${href}/`), logLevel: 0}).admin()
  await Promise.all([producer.connect(), admin.connect(), admin.connect()])
  await producer.send({topic: 'kept', messages: [{value: 'v', partition: 2}]})
  const inUse = await openCluster({dir}).catch(error => error)
  assert.is(inUse.code, 'LOG_IN_USE')
  await producer.disconnect()
  assert.equal(await admin.listTopics(), ['kept'])
  // whoever connects while it is being closed has it opened again
  const [, again] = await Promise.all([
    admin.disconnect(),
    kafka
      .admin()
      .connect()
      .then(() => kafka.producer()),
  ])
  await again.connect()
  const [metadata] = await again.send({topic: 'kept', messages: [{value: 'w', partition: 2}]})
  assert.is(metadata!.baseOffset, '1')
  await again.disconnect()
})

test('a dir that cannot be opened is told, and can be tried again', async () => {
  const dir = tempDir()
  const owner = await openCluster({dir})
  const producer = new Kafka({brokers: pathToFileURL(dir), logLevel: 0}).producer()
  const error = await producer.connect().catch(error => error)
  assert.equal([error.name, error.cause.code], ['KafkaJSError', 'LOG_IN_USE'])
  await owner.close()
  await producer.connect()
  await producer.disconnect()
})

test('host:port goes to the installed kafkajs', () => {
  const kafka = new Kafka({brokers: ['localhost:9092', '10.0.0.1:9093'], clientId: 'c', logLevel: logLevel.NOTHING})
  const producer = kafka.producer({idempotent: true})
  assert.is(producer.isIdempotent(), true)
  assert.type(kafka.admin().fetchTopicOffsets, 'function')
  assert.type(kafka.logger().info, 'function')
  new Kafka({brokers: () => ['localhost:9092'], logLevel: logLevel.NOTHING})
})

test('brokers that are nothing of these', () => {
  for (const brokers of [
    [],
    ['nonsense'],
    'file:data',
    'file:',
    'http://a',
    new URL('http://a/b'),
    ['file:///a', 'file:///b'],
    [5 as never],
  ])
    assert.throws(
      () => new Kafka({brokers}),
      (error: Error) => error instanceof KafkaJSNonRetriableError && /openCluster gave/.test(error.message),
    )
})

test('entries go to the creator’s logger, with level, namespace and what is extra', async () => {
  const cluster = await openCluster()
  const entries: LogEntry[] = []
  const levels: number[] = []
  const kafka = new Kafka({
    brokers: cluster,
    logLevel: logLevel.WARN,
    logCreator: level => {
      levels.push(level)
      return entry => entries.push(entry)
    },
  })
  const logger = kafka.logger()
  logger.info('not this')
  logger.error('this', {why: 'because'})
  const producer = kafka.producer()
  producer.logger().warn('that')
  logger.setLogLevel(logLevel.DEBUG)
  logger.debug('now')
  producer.logger().info('now too')
  logger.namespace('Quiet', logLevel.NOTHING).error('never')
  assert.equal(levels, [logLevel.WARN])
  assert.equal(
    entries.map(({namespace, level, label, log}) => [namespace, level, label, log.message]),
    [
      ['', logLevel.ERROR, 'ERROR', 'this'],
      ['Producer', logLevel.WARN, 'WARN', 'that'],
      ['', logLevel.DEBUG, 'DEBUG', 'now'],
      ['Producer', logLevel.INFO, 'INFO', 'now too'],
    ],
  )
  const {timestamp, logger: name, why} = entries[0]!.log
  assert.equal([name, why, new Date(timestamp).toISOString()], ['kafkajs', 'because', timestamp])
  await cluster.close()
})

test.run()

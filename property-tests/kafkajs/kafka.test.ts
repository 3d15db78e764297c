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

test('a dir that is open already is not opened with other options', async () => {
  const brokers = pathToFileURL(tempDir())
  const options = {numPartitions: 3, topicConfigs: {'retention.ms': 5}}
  const first = new Kafka({brokers, logLevel: 0, cluster: options}).admin()
  await first.connect()
  const same = new Kafka({brokers, logLevel: 0, cluster: {coordinators: 1, ...options}}).admin()
  await same.connect()
  const other = new Kafka({brokers, logLevel: 0, cluster: {brokers: 1, numPartitions: 4}}).admin()
  const error = await other.connect().catch(error => error)
  assert.is(error.name, 'KafkaJSNonRetriableError')
  assert.match(error.message, /open already, with numPartitions 3, not 4/)
  await first.disconnect()
  await same.disconnect()
  await other.connect()
  await other.disconnect()
})

test('brokers as a function may give any of these, at once or later', async () => {
  const cluster = await openCluster()
  const dir = pathToFileURL(tempDir())
  for (const brokers of [() => cluster, async () => cluster, () => dir, async () => [dir.href]]) {
    let calls = 0
    const kafka = new Kafka({
      brokers: () => {
        calls++
        return brokers()
      },
      logLevel: 0,
    })
    const [producer, consumer, admin] = [kafka.producer(), kafka.consumer({groupId: 'g'}), kafka.admin()]
    assert.is(calls, 0)
    const told: string[] = []
    const {CONNECT, DISCONNECT} = consumer.events
    const off = consumer.on(CONNECT, ({type}) => told.push(type))
    consumer.on(DISCONNECT, ({type}) => told.push(type))
    assert.throws(() => consumer.pause([{topic: 'a'}]), /run comes first/)
    assert.is(producer.isIdempotent(), false)
    await Promise.all([producer.connect(), consumer.connect(), admin.connect()])
    assert.is(calls, 1)
    await producer.send({topic: 'fn', messages: [{value: 'v'}]})
    await consumer.subscribe({topic: 'fn', fromBeginning: true})
    for await (const {value} of consumer.messages()) {
      assert.is(String(value), 'v')
      break
    }
    assert.ok((await admin.listTopics()).includes('fn'))
    off()
    for (const client of [producer, consumer, admin]) await client.disconnect()
    assert.equal(told, [CONNECT, DISCONNECT])
  }
  await cluster.close()
  const hosts = new Kafka({brokers: async () => ['localhost:1'], retry: {retries: 0}, logLevel: logLevel.NOTHING})
  const refused = await hosts
    .producer()
    .connect()
    .catch(error => error)
  assert.match(refused.message, 'ECONNREFUSED')
  assert.not(refused instanceof KafkaJSNonRetriableError)
  let tries = 0
  const failing = new Kafka({
    brokers: () => {
      if (++tries === 1) throw new Error('not yet')
      return ['nonsense']
    },
  }).admin()
  assert.is(await failing.connect().catch(error => error.message), 'not yet')
  assert.match(await failing.connect().catch(error => error.message), /openCluster gave/)
  await failing.disconnect()
})

test('whoever connects to a cluster that is closed is told so', async () => {
  const cluster = await openCluster()
  const kafka = new Kafka({brokers: cluster, logLevel: 0})
  const admin = kafka.admin()
  await admin.connect()
  await cluster.close()
  for (const client of [admin, kafka.producer(), kafka.consumer({groupId: 'g'})]) {
    const error = await client.connect().then(
      () => assert.unreachable('it connected'),
      error => error,
    )
    assert.equal([error.name, error.cause?.code], ['KafkaJSConnectionError', 'LOG_CLOSED'])
  }
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

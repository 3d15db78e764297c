/** A producer of `odradek/kafkajs` on a cluster: what it stores, where, in which order, and what it says of it. */
import {once} from 'node:events'
import fs from 'node:fs'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {CompressionTypes, Kafka, type KafkaConfig, KafkaJSError, type Producer} from '../../doors/kafkajs.ts'
import {type Cluster, openCluster} from '../../index.ts'

let cluster: Cluster
const silent = {logLevel: 0} as const

/** A program that only waits for events of its cluster is not kept up by them. */
const up = setInterval(() => {}, 1000)

test.before(async () => {
  // few threads: each topic would start some of its own
  cluster = await openCluster({brokers: 3, replicationFactor: 1, replicaThreads: 2})
})

test.after(async () => {
  clearInterval(up)
  await cluster.close()
})

async function producerOf(config: Parameters<Kafka['producer']>[0] = {}, more: Partial<KafkaConfig> = {}) {
  const producer = new Kafka({brokers: cluster, ...silent, ...more}).producer(config)
  await producer.connect()
  return producer
}

async function stored(topic: string, partition = 0) {
  await using door = await cluster.partition(topic, partition)
  const records = []
  for await (const batch of door.reader().batches()) records.push(...batch)
  return records
}

const texts = async (topic: string, partition = 0) => (await stored(topic, partition)).map(record => record.text())

async function fails(doing: Promise<unknown>): Promise<KafkaJSError & {type?: string; code?: number}> {
  try {
    await doing
  } catch (error) {
    return error as KafkaJSError
  }
  throw new Error('it did not fail')
}

test('messages are stored as given, in a topic that is made at the first', async () => {
  await using producer = await producerOf()
  const messages = [
    {key: 'k1', value: 'text', headers: {one: 'a', two: ['b', Buffer.from('c')], none: undefined}, timestamp: '1000'},
    {key: Buffer.from('k2'), value: Buffer.from('bytes')},
    {key: null, value: null},
    {value: 5 as never, key: 7 as never},
  ]
  const [metadata, ...others] = await producer.send({topic: 'as-given', messages})
  assert.equal(others, [])
  assert.equal(
    {...metadata},
    {
      topicName: 'as-given',
      partition: 0,
      errorCode: 0,
      baseOffset: '0',
      logAppendTime: '-1',
      logStartOffset: '0',
    },
  )
  assert.is(metadata!.baseOffsetBigInt, 0n)
  const records = await stored('as-given')
  assert.equal(
    records.map(record => [record.key?.toString(), record.value?.toString()]),
    [
      ['k1', 'text'],
      ['k2', 'bytes'],
      [undefined, undefined],
      ['7', '5'],
    ],
  )
  assert.is(records[0]!.timestamp, 1000)
  assert.ok(Date.now() - records[1]!.timestamp < 60_000)
  assert.equal(records[0]!.headers, {one: Buffer.from('a'), two: [Buffer.from('b'), Buffer.from('c')], none: null})
})

test('a key has its partition, as in Kafka; a message can name one; without either it goes where others went', async () => {
  await cluster.admin.createTopics([{name: 'keyed', numPartitions: 10}])
  await using producer = await producerOf()
  // murmur2 of 'foobar' is -790332482
  const metadata = await producer.send({
    topic: 'keyed',
    messages: [
      {key: 'foobar', value: '1'},
      {key: 'foobar', value: '2'},
      {key: 'foobar', value: '3', partition: 3},
    ],
  })
  const expected = (-790332482 & 0x7fffffff) % 10
  assert.equal(
    metadata.map(({partition}) => partition),
    [expected, 3],
  )
  assert.equal(await texts('keyed', expected), ['1', '2'])
  const unkeyed = await Promise.all(
    Array.from({length: 20}, () => producer.send({topic: 'keyed', messages: [{value: 'v'}]})),
  )
  assert.is(new Set(unkeyed.map(([each]) => each!.partition)).size, 1)
})

test('a partitioner of the program’s own', async () => {
  await cluster.admin.createTopics([{name: 'own', numPartitions: 4}])
  const seen: unknown[] = []
  await using producer = await producerOf({
    createPartitioner: () => args => {
      seen.push(args)
      return Number(args.message.key)
    },
  })
  const metadata = await producer.send({
    topic: 'own',
    messages: [
      {key: '2', value: 'a'},
      {key: '0', value: 'b'},
    ],
  })
  assert.equal(
    metadata.map(({partition}) => partition),
    [2, 0],
  )
  assert.is(seen.length, 2, 'asked once for each message, though doors had to be opened')
  const {topic, partitionMetadata, message} = seen[0] as {topic: string; partitionMetadata: object[]; message: object}
  assert.equal([topic, message, partitionMetadata.length], ['own', {key: '2', value: 'a'}, 4])
  assert.equal(Object.keys(partitionMetadata[0]!), [
    'partitionErrorCode',
    'partitionId',
    'leader',
    'replicas',
    'isr',
    'offlineReplicas',
  ])
  const outside = await fails(producer.send({topic: 'own', messages: [{key: '4', value: 'c'}]}))
  assert.equal([outside.name, outside.type, outside.code], ['KafkaJSProtocolError', 'UNKNOWN_TOPIC_OR_PARTITION', 3])
  const nothing = await fails(producer.send({topic: 'own', messages: [{value: 'c'}]}))
  assert.is(nothing.name, 'KafkaJSNonRetriableError')
})

test('several topics in one go, and one that is there twice', async () => {
  await using producer = await producerOf()
  const metadata = await producer.sendBatch({
    topicMessages: [
      {topic: 'batch-a', messages: [{value: '1'}]},
      {topic: 'batch-b', messages: [{value: '2'}]},
      {topic: 'batch-a', messages: [{value: '3'}]},
      {topic: 'batch-c', messages: []},
    ],
  })
  assert.equal(
    metadata.map(({topicName, baseOffset}) => [topicName, baseOffset]),
    [
      ['batch-a', '0'],
      ['batch-b', '0'],
    ],
  )
  assert.equal(await texts('batch-a'), ['1', '3'])
  assert.equal(await producer.sendBatch({topicMessages: []}), [])
  assert.equal(await producer.sendBatch({}), [])
})

test('sends that nobody waits for keep their order, also while topics are made and doors opened', async () => {
  await using producer = await producerOf()
  const sends = Array.from({length: 100}, (_, i) =>
    producer.send({topic: i % 3 === 0 ? 'order-a' : 'order-b', messages: [{value: String(i)}]}),
  )
  await producer.flush()
  const all = (await Promise.all([texts('order-a'), texts('order-b')])).flat()
  assert.equal(all.map(Number), [
    ...Array.from({length: 34}, (_, i) => 3 * i),
    ...Array.from({length: 100}, (_, i) => i).filter(i => i % 3 > 0),
  ])
  const metadata = (await Promise.all(sends)).map(([each]) => [each!.topicName, Number(each!.baseOffset)])
  assert.equal(metadata.slice(0, 4), [
    ['order-a', 0],
    ['order-b', 0],
    ['order-b', 1],
    ['order-a', 1],
  ])
})

test('more than there is memory for waits, and arrives whole', async () => {
  const small = await openCluster({bufferMemory: 100_000, numPartitions: 2})
  try {
    const producer = new Kafka({brokers: small, ...silent}).producer()
    await producer.connect()
    const value = 'x'.repeat(1000)
    const messages = Array.from({length: 3000}, (_, i) => ({key: String(i % 7), value}))
    const sends = [1, 2, 3].map(() => producer.send({topic: 'much', messages}))
    for (const metadata of await Promise.all(sends)) assert.is(metadata.length, 2)
    const ends = await Promise.all([0, 1].map(async n => (await small.partition('much', n)).highWatermark))
    assert.is(ends[0]! + ends[1]!, 9000)
    await producer.disconnect()
  } finally {
    await small.close()
  }
})

test('acks 0 and 1; an idempotent producer wants all', async () => {
  await using producer = await producerOf()
  assert.equal(await producer.send({topic: 'acks', messages: [{value: '0'}], acks: 0}), [])
  assert.is((await producer.send({topic: 'acks', messages: [{value: '1'}], acks: 1}))[0]!.baseOffset, '1')
  const invalid = await fails(producer.send({topic: 'acks', messages: [{value: '2'}], acks: 2}))
  assert.is(invalid.name, 'KafkaJSNonRetriableError')
  await using idempotent = await producerOf({idempotent: true})
  assert.equal([producer.isIdempotent(), idempotent.isIdempotent()], [false, true])
  assert.match(
    (await fails(idempotent.send({topic: 'acks', messages: [{value: '2'}], acks: 1}))).message,
    'acks -1 only',
  )
  await idempotent.send({topic: 'acks', messages: [{value: '2'}]})
  assert.equal(await texts('acks'), ['0', '1', '2'])
  assert.throws(
    () => new Kafka({brokers: cluster}).producer({idempotent: true, retry: {retries: 0}}),
    /needs retry.retries/,
  )
})

test('what is wrong is told by KafkaJS’ classes before anything is stored', async () => {
  await using producer = await producerOf()
  const wrong: [Parameters<Producer['send']>[0], string][] = [
    [{topic: '', messages: []}, 'Invalid topic'],
    [{topic: 't', messages: undefined as never}, 'Invalid messages array [undefined] for topic "t"'],
    [{topic: 't', messages: [{value: 'a'}, {} as never]}, 'Invalid message without value for topic "t": {}'],
    [{topic: 'wrong', messages: [{value: 'a', timestamp: 'noon'}]}, 'Invalid timestamp'],
  ]
  for (const [record, message] of wrong) {
    const error = await fails(producer.send(record))
    assert.instance(error, KafkaJSError)
    assert.equal([error.name, error.retriable], ['KafkaJSNonRetriableError', false])
    assert.ok(error.message.startsWith(message), error.message)
  }
  const large = await fails(producer.send({topic: 'large', messages: [{value: Buffer.alloc(2_000_000)}]}))
  assert.equal([large.type, large.code, large.retriable], ['MESSAGE_TOO_LARGE', 10, false])
  const name = await fails(producer.send({topic: 'no such name', messages: [{value: 'a'}]}))
  assert.equal([name.type, name.code], ['INVALID_TOPIC_EXCEPTION', 17])
})

test('without topics on demand', async () => {
  await using producer = await producerOf({allowAutoTopicCreation: false})
  const error = await fails(producer.send({topic: 'not-there', messages: [{value: 'a'}]}))
  assert.equal([error.type, error.code], ['UNKNOWN_TOPIC_OR_PARTITION', 3])
  assert.not((await cluster.admin.listTopics()).some(({name}) => name === 'not-there'))
})

test('a topic that was deleted is made anew, and partitions that were added are found', async () => {
  await using producer = await producerOf({metadataMaxAge: 0})
  await producer.send({topic: 'again', messages: [{value: 'old'}]})
  await cluster.admin.deleteTopics(['again'])
  await producer.send({topic: 'again', messages: [{value: 'new'}]})
  assert.equal(await texts('again'), ['new'])
  await cluster.admin.createPartitions('again', 2)
  await producer.send({topic: 'again', messages: [{value: 'more', partition: 1}]})
  assert.equal(await texts('again', 1), ['more'])
})

test('while the leader dies, everything arrives once and in order', async () => {
  await cluster.admin.createTopics([{name: 'failing', numPartitions: 1, replicationFactor: 3}])
  await using producer = await producerOf()
  const door = await cluster.partition('failing')
  const sends = []
  for (let i = 0; i < 60; i++) {
    sends.push(producer.send({topic: 'failing', messages: [{value: String(i)}]}))
    if (i === 20) {
      const {leader} = door
      cluster.broker(leader!).kill()
      await once(cluster, 'leader.changed')
      const up = once(cluster, 'broker.up')
      cluster.broker(leader!).restart()
      await up
    }
  }
  const metadata = await Promise.all(sends)
  assert.equal(
    metadata.map(([each]) => Number(each!.baseOffset)),
    Array.from({length: 60}, (_, i) => i),
  )
  assert.equal(
    (await texts('failing')).map(Number),
    Array.from({length: 60}, (_, i) => i),
  )
  await door.close()
})

test('connecting and disconnecting, and what is told of it', async () => {
  const producer = new Kafka({brokers: cluster, ...silent}).producer()
  assert.match((await fails(producer.send({topic: 't', messages: [{value: 'a'}]}))).message, 'producer is disconnected')
  const events: string[] = []
  const {CONNECT, DISCONNECT} = producer.events
  const remove = producer.on(CONNECT, ({type, payload}) => events.push(`${type} ${payload}`))
  producer.on(DISCONNECT, ({type}) => events.push(type))
  producer.on(DISCONNECT, () => {
    throw new Error('a listener of the program’s')
  })
  assert.throws(() => producer.on('producer.nothing' as never, () => {}), /producer.events.CONNECT/)
  await producer.connect()
  const last = producer.send({topic: 'connecting', messages: [{value: 'a'}]})
  const disconnecting = producer.disconnect()
  assert.match((await fails(producer.send({topic: 't', messages: [{value: 'a'}]}))).message, 'disconnect')
  await disconnecting
  assert.is((await last)[0]!.baseOffset, '0')
  remove()
  await producer.connect()
  await producer.send({topic: 'connecting', messages: [{value: 'b'}]})
  await producer.disconnect()
  await producer.disconnect()
  assert.equal(events.slice(0, 3), ['producer.connect null', 'producer.disconnect', 'producer.disconnect'])
  assert.equal(await texts('connecting'), ['a', 'b'])
})

test('compressed: batches are smaller, and read as any others, mixed with them', async () => {
  await using producer = await producerOf()
  const messages = (from: number) =>
    Array.from({length: 3000}, (_, i) => ({key: 'k', value: `${from + i} ${'text '.repeat(100)}`, headers: {h: 'v'}}))
  const [metadata] = await producer.send({topic: 'gzip', messages: messages(0), compression: CompressionTypes.GZIP})
  assert.is(metadata!.baseOffset, '0')
  await producer.send({topic: 'gzip', messages: messages(3000)})
  const small = [{value: 'tiny'}]
  const [last] = await producer.send({topic: 'gzip', messages: small, compression: CompressionTypes.GZIP})
  assert.is(last!.baseOffset, '6000')
  const values = await texts('gzip')
  assert.equal(
    values.slice(0, -1).map(text => Number.parseInt(text, 10)),
    Array.from({length: 6000}, (_, i) => i),
  )
  assert.is(values.at(-1), 'tiny')
  await using door = await cluster.partition('gzip')
  let seen = 0
  const reader = door.reader({from: 1500})
  while (reader.poll(record => assert.is(Number.parseInt(record.text(), 10), 1500 + seen++), 1000) > 0 && seen < 4000);
  assert.is(seen, 4000)
  const [files] = cluster.handle.brokerDirs.slice(door.leader!, door.leader! + 1)
  const {size} = fs.statSync(`${files}/gzip-0/00000000000000000000.log`)
  assert.ok(size > 1_500_000 && size < 2_000_000, String(size))
  const large = await fails(
    producer.send({
      topic: 'gzip',
      messages: [{value: Buffer.alloc(2_000_000)}],
      compression: CompressionTypes.GZIP,
    }),
  )
  assert.is(large.type, 'MESSAGE_TOO_LARGE')
})

test('a topic that is compacted takes no record without a key, also where it is compressed', async () => {
  await cluster.admin.createTopics([{name: 'state', numPartitions: 1, configs: {'cleanup.policy': 'compact'}}])
  await using producer = await producerOf()
  const value = 'as long as it takes to be worth compressing '.repeat(5)
  for (const compression of [CompressionTypes.None, CompressionTypes.GZIP]) {
    const send = (key: string | null) => producer.send({topic: 'state', messages: [{key, value}], compression})
    assert.is((await fails(send(null))).type, 'INVALID_RECORD')
    await send('a')
  }
  assert.is((await stored('state')).length, 2)
})

test('what this cluster has not', async () => {
  await using producer = await producerOf({transactionalId: 'x'})
  const transaction = await fails(producer.transaction())
  assert.equal([transaction.name, transaction.retriable], ['KafkaJSNotImplemented', false])
  await using other = await producerOf()
  assert.match((await fails(other.transaction())).message, 'needs a transactionalId')
  const {Snappy} = CompressionTypes
  const codec = await fails(producer.send({topic: 't', messages: [{value: 'a'}], compression: Snappy}))
  assert.equal([codec.name, codec.message], ['KafkaJSNotImplemented', 'Snappy compression not implemented'])
})

test.run()

/** Clients written by others, as they are: they find a Kafka cluster. */

import {setTimeout} from 'node:timers/promises'
import {
  Consumer,
  MessagesStreamModes,
  Admin as PlatformaticAdmin,
  Producer,
  stringDeserializers,
  stringSerializers,
} from '@platformatic/kafka'
import {Kafka, logLevel} from 'kafkajs'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {type Cluster, type Listening, openCluster} from '../../index.ts'
import {WireClient} from './wire-client.ts'

let cluster: Cluster
let listening: Listening

test.before(async () => {
  cluster = await openCluster({brokers: 3})
  listening = await cluster.listen()
})
test.after(() => cluster.close())

const COUNT = 300
const values = Array.from({length: COUNT}, (_, i) => `value ${i}`)
const bootstrap = (): string[] => listening.bootstrapServers.split(',')

const kafkaOf = (): Kafka => new Kafka({clientId: 'test', brokers: bootstrap(), logLevel: logLevel.NOTHING})

/** What a consumer of kafkajs gets, until it has so many. */
async function consumed(kafka: Kafka, groupId: string, topic: string, count: number): Promise<string[]> {
  const consumer = kafka.consumer({groupId, maxWaitTimeInMs: 100})
  await consumer.connect()
  await consumer.subscribe({topic, fromBeginning: true})
  const got: string[] = []
  await new Promise<void>((resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({payload}) => reject(payload.error))
    const eachMessage = async ({message}: {message: {value: Buffer | null}}): Promise<void> => {
      if (got.push(String(message.value)) === count) resolve()
    }
    consumer.run({eachMessage}).catch(reject)
  })
  await consumer.disconnect()
  return got.sort()
}

test('kafkajs: topics, an idempotent producer, a group, its offsets, and their end', async () => {
  const kafka = kafkaOf()
  const admin = kafka.admin()
  await admin.connect()
  assert.is((await admin.describeCluster()).brokers.length, 3)
  assert.ok(await admin.createTopics({topics: [{topic: 'kafkajs', numPartitions: 3, replicationFactor: 3}]}))
  const producer = kafka.producer({idempotent: true, maxInFlightRequests: 1})
  await producer.connect()
  for (let i = 0; i < COUNT; i += 100)
    await producer.send({
      topic: 'kafkajs',
      messages: values.slice(i, i + 100).map(value => ({key: value, value, headers: {n: '1'}})),
    })
  assert.equal(await consumed(kafka, 'kafkajs-group', 'kafkajs', COUNT), values.toSorted())
  const ends = await admin.fetchTopicOffsets('kafkajs')
  assert.is(
    ends.reduce((sum, {high}) => sum + Number(high), 0),
    COUNT,
  )
  const [committed] = await admin.fetchOffsets({groupId: 'kafkajs-group', topics: ['kafkajs']})
  assert.equal(
    committed!.partitions.map(({partition, offset}) => [partition, offset]).sort(),
    ends.map(({partition, high}) => [partition, high]).sort(),
  )
  await admin.deleteTopicRecords({topic: 'kafkajs', partitions: [{partition: 0, offset: '1'}]})
  assert.is((await admin.fetchTopicOffsets('kafkajs')).find(({partition}) => partition === 0)!.low, '1')
  await admin.createPartitions({topicPartitions: [{topic: 'kafkajs', count: 4}]})
  assert.ok((await admin.listGroups()).groups.some(({groupId}) => groupId === 'kafkajs-group'))
  await admin.deleteGroups(['kafkajs-group'])
  await admin.deleteTopics({topics: ['kafkajs']})
  assert.not((await admin.listTopics()).includes('kafkajs'))
  await producer.disconnect()
  await admin.disconnect()
})

test('kafkajs goes on through the death of a broker', async () => {
  const kafka = kafkaOf()
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({topics: [{topic: 'deaths', numPartitions: 3, replicationFactor: 3}]})
  const producer = kafka.producer({idempotent: true, maxInFlightRequests: 1})
  await producer.connect()
  for (let i = 0; i < COUNT; i += 10) {
    if (i === 100) cluster.broker(2).kill()
    if (i === 200) cluster.broker(2).restart()
    // a call of kafkajs to several brokers forgets what went to one that dies where its next leader has answered already
    const partition = (i / 10) % 3
    await producer.send({topic: 'deaths', messages: values.slice(i, i + 10).map(value => ({value, partition}))})
  }
  assert.equal(await consumed(kafka, 'deaths-group', 'deaths', COUNT), values.toSorted())
  await producer.disconnect()
  await admin.disconnect()
  // it came back to its port, or nobody would have found it
  const [_, second] = listening.brokers
  let client: WireClient | undefined
  while (client === undefined) {
    client = await WireClient.connect(second!).catch(() => undefined)
    await setTimeout(10)
  }
  assert.is((await client.ask('ApiVersions', 0, {})).errorCode, 'NONE')
  client.close()
})

test('@platformatic/kafka: topics, an idempotent producer, a group, and their end', async () => {
  const options = {clientId: 'test', bootstrapBrokers: bootstrap()}
  const admin = new PlatformaticAdmin(options)
  await admin.createTopics({topics: ['platformatic'], partitions: 3, replicas: 3})
  const producer = new Producer({...options, serializers: stringSerializers, idempotent: true})
  await producer.send({messages: values.map(value => ({topic: 'platformatic', key: value, value}))})
  const consumer = new Consumer({
    ...{...options, groupId: 'platformatic-group', deserializers: stringDeserializers, autocommit: false},
    ...{maxWaitTime: 100},
  })
  const stream = await consumer.consume({topics: ['platformatic'], mode: MessagesStreamModes.EARLIEST})
  const got: string[] = []
  for await (const {value} of stream) if (got.push(value) === COUNT) break
  assert.equal(got.sort(), values.toSorted())
  const groups = await admin.describeGroups({groups: ['platformatic-group']})
  assert.is(groups.get('platformatic-group')!.state, 'STABLE')
  await stream.close()
  await consumer.close()
  await admin.deleteGroups({groups: ['platformatic-group']})
  await admin.deleteTopics({topics: ['platformatic']})
  await producer.close()
  await admin.close()
})

test.run()

/** A program with kafkajs over TCP goes on while brokers are killed: what it was told is stored is there, once, and its consumers get all of it. */
import {setTimeout} from 'node:timers/promises'
import {type Consumer, Kafka, logLevel} from 'kafkajs'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {openCluster} from '../../index.ts'
import {times} from '../runs.ts'

const BROKERS = 3
const PARTITIONS = 3
const KILLS = times(3, 6)
/** Between one death and the next. */
const CALM_MS = 1500
/** As long as it may take until consumers have everything. */
const PATIENCE_MS = 60_000

test('an idempotent producer and a group survive brokers that are killed one after the other', async () => {
  const cluster = await openCluster({brokers: BROKERS, replicationFactor: BROKERS, sessionTimeoutMs: 1000})
  const {bootstrapServers} = await cluster.listen()
  const kafka = new Kafka({
    clientId: 'survivor',
    brokers: bootstrapServers.split(','),
    logLevel: logLevel.NOTHING,
    retry: {initialRetryTime: 50, maxRetryTime: 500, retries: 30},
  })
  const admin = kafka.admin()
  await admin.connect()
  const topic = {topic: 'kept', numPartitions: PARTITIONS, configEntries: [{name: 'min.insync.replicas', value: '2'}]}
  await admin.createTopics({topics: [topic]})

  const got = new Map<string, number>()
  const consumers: Consumer[] = []
  for (let i = 0; i < 2; i++) {
    const consumer = kafka.consumer({groupId: 'survivors', sessionTimeout: 10_000, maxWaitTimeInMs: 100})
    consumers.push(consumer)
    await consumer.connect()
    await consumer.subscribe({topic: 'kept', fromBeginning: true})
    const eachMessage = async ({message}: {message: {value: Buffer | null}}): Promise<void> => {
      const value = String(message.value)
      got.set(value, (got.get(value) ?? 0) + 1)
    }
    await consumer.run({eachMessage})
  }

  const producer = kafka.producer({idempotent: true, maxInFlightRequests: 1})
  await producer.connect()
  const acknowledged: string[] = []
  const failed: string[] = []
  let isOver = false
  const producing = (async () => {
    for (let i = 0; !isOver; i++) {
      const values = Array.from({length: 10}, (_, j) => `${i}-${j}`)
      // one partition a call: kafkajs 2.2.4 resolves, and drops the messages of a partition, where its next leader has answered the call for another partition already
      const messages = values.map(value => ({partition: i % PARTITIONS, value}))
      await producer.send({topic: 'kept', messages}).then(
        () => acknowledged.push(...values),
        () => failed.push(...values),
      )
    }
  })()

  for (let kill = 0; kill < KILLS; kill++) {
    const broker = cluster.broker(1 + (kill % BROKERS))
    await setTimeout(CALM_MS / 2)
    const before = acknowledged.length
    broker.kill()
    const deadlineMs = performance.now() + PATIENCE_MS
    while (acknowledged.length < before + 50 && performance.now() < deadlineMs) await setTimeout(20)
    assert.ok(acknowledged.length >= before + 50, `the producer goes on after kill ${kill + 1}`)
    broker.restart()
    await setTimeout(CALM_MS / 2)
  }
  isOver = true
  await producing

  const deadlineMs = performance.now() + PATIENCE_MS
  const missing = (): string[] => acknowledged.filter(value => !got.has(value))
  while (missing().length > 0 && performance.now() < deadlineMs) await setTimeout(50)
  assert.equal(missing(), [], 'consumers get everything that was acknowledged')

  const stored = new Map<string, number>()
  for (let i = 0; i < PARTITIONS; i++) {
    const partition = await cluster.partition('kept', i)
    for await (const record of partition.reader()) stored.set(record.text(), (stored.get(record.text()) ?? 0) + 1)
    await partition.close()
  }
  assert.equal(
    acknowledged.filter(value => stored.get(value) !== 1),
    [],
    'what was acknowledged is stored once',
  )
  assert.equal(
    [...stored].filter(([, count]) => count > 1),
    [],
    'nothing is stored twice',
  )
  for (const consumer of consumers) await consumer.disconnect()
  await producer.disconnect()
  await admin.disconnect()
  await cluster.close()
})

test.run()

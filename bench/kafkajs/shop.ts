/** Programs written for KafkaJS, and what they run on: a cluster of ours, or the package kafkajs and Apache Kafka. */
import {setTimeout} from 'node:timers/promises'
import {type Admin, logLevel, Kafka as TheirKafka} from 'kafkajs'
import {Kafka} from '../../doors/kafkajs.ts'
import type {Cluster} from '../../index.ts'
import {expectSame} from '../harness/check.ts'
import {OURS} from '../harness/measure.ts'

/** kafkajs' own types are all that the programs know. */
export interface Shop {
  readonly name: string
  readonly kafka: TheirKafka
}

export const THEIRS = 'kafkajs, Apache Kafka'

export function ourShop(cluster: Cluster): Shop {
  return {name: OURS, kafka: new Kafka({brokers: cluster, logLevel: logLevel.NOTHING}) as unknown as TheirKafka}
}

export function theirShop(address: string): Shop {
  return {name: THEIRS, kafka: new TheirKafka({brokers: [address], logLevel: logLevel.NOTHING})}
}

let topics = 0

/** A topic for the time of `work`. */
export async function useTopic<T>(
  {kafka}: Shop,
  numPartitions: number,
  work: (topic: string) => Promise<T>,
): Promise<T> {
  const topic = `topic-${topics++}`
  const admin = kafka.admin()
  await admin.connect()
  try {
    await admin.createTopics({topics: [{topic, numPartitions, replicationFactor: 1}], waitForLeaders: false})
    while (!(await isThere(admin, topic))) await setTimeout(50)
    const done = await work(topic)
    await admin.deleteTopics({topics: [topic]})
    return done
  } finally {
    await admin.disconnect()
  }
}

/** kafkajs' own wait for leaders fails where a broker has not heard of the topic yet. */
async function isThere(admin: Admin, topic: string): Promise<boolean> {
  try {
    const {topics} = await admin.fetchTopicMetadata({topics: [topic]})
    return topics[0]!.partitions.every(({leader}) => leader >= 0)
  } catch {
    return false
  }
}

export async function expectRecords({kafka}: Shop, topic: string, count: number): Promise<void> {
  const admin = kafka.admin()
  await admin.connect()
  const offsets = await admin.fetchTopicOffsets(topic)
  await admin.disconnect()
  const sum = offsets.reduce((all, {high}) => all + Number(high), 0)
  expectSame(`records in ${topic}`, sum, count)
}

/** Fills a topic with `count` values, and says so when all are acknowledged. */
export async function fill({kafka}: Shop, topic: string, value: Buffer, count: number): Promise<void> {
  const producer = kafka.producer()
  await producer.connect()
  const messages = Array.from({length: 1000}, () => ({value}))
  for (let sent = 0; sent < count; sent += messages.length) {
    const some = count - sent < messages.length ? messages.slice(0, count - sent) : messages
    await producer.send({topic, acks: 1, messages: some})
  }
  await producer.disconnect()
}

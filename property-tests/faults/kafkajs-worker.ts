/**
 * A thread with one client of `odradek/kafkajs`, a producer or a member of a group, which notes all that it sends, or is handed, until it is told
 * to stop; then it tells what it has noted.
 */
import {setTimeout as sleep} from 'node:timers/promises'
import {parentPort, workerData} from 'node:worker_threads'
import {Kafka} from '../../doors/kafkajs.ts'
import {attachCluster} from '../../index.ts'
import {payload, readPayload} from '../door/payload.ts'
import type {Operation, PollStep, SendStep} from '../history/operation.ts'
import {type ClientTask, STAGE} from './kafkajs-task.ts'

const MESSAGES = 100
const SENDS_UNDER_WAY = 4

interface Noted extends Operation {
  outcome: Operation['outcome']
}

const task = workerData as ClientTask
const {name, topic, partitions, groupId} = task
const stage = new Int32Array(task.stage)
const operations: Noted[] = []
const partitionName = (partition: number): string => `${topic}-${partition}`

/** Sends with several under way, all of which are one process': that they are stored in their order is promised. */
async function produce(kafka: Kafka): Promise<void> {
  const producer = kafka.producer()
  await producer.connect()
  const underWay = new Set<Promise<void>>()
  let sequence = 0
  while (Atomics.load(stage, 0) === STAGE.sending) {
    // one partition a send: offsets are told by the partition
    const partition = (sequence / MESSAGES) % partitions
    const messages = Array.from({length: MESSAGES}, (_, i) => ({
      partition,
      key: `key-${(sequence + i) % 7}`,
      value: payload(name, sequence + i, 48 + ((sequence * 97) % 300)),
    }))
    const values = messages.map((_, i) => `${name} ${sequence + i}`)
    sequence += MESSAGES
    const steps = values.map(value => ({type: 'send', partition: partitionName(partition), value}) as SendStep)
    // noted in the order of the calls, whatever order they are settled in
    const noted: Noted = {process: name, outcome: 'info', steps}
    operations.push(noted)
    const sending = producer.send({topic, messages}).then(
      ([stored]) => {
        noted.outcome = 'ok'
        // where the others are, KafkaJS does not tell; a leader that was asked twice may not know of the first
        if (Number(stored!.baseOffset) >= 0) steps[0] = {...steps[0]!, offset: Number(stored!.baseOffset)}
      },
      () => {},
    )
    underWay.add(sending.finally(() => void underWay.delete(sending)))
    if (underWay.size >= SENDS_UNDER_WAY) await Promise.race(underWay)
    await sleep(1)
  }
  await Promise.all(underWay)
  await producer.disconnect()
}

async function consume(kafka: Kafka): Promise<void> {
  const consumer = kafka.consumer({groupId, retry: {initialRetryTime: 20, maxRetryTime: 200, retries: 1000}})
  let poll: {step: PollStep; records: {offset: number; value: string}[]} | undefined
  const note = (partition: number, offset: string, value: Buffer | null): void => {
    const {sender, sequence} = readPayload(String(value))
    const record = {offset: Number(offset), value: `${sender} ${sequence}`}
    if (poll === undefined || poll.step.partition !== partitionName(partition)) {
      const records = [record]
      poll = {step: {type: 'poll', partition: partitionName(partition), records}, records}
      operations.push({process: name, outcome: 'ok', steps: [poll.step]})
    } else poll.records.push(record)
  }
  consumer.on(consumer.events.GROUP_JOIN, () => {
    poll = undefined
    operations.push({process: name, outcome: 'ok', steps: [], reassigned: true})
  })
  await consumer.connect()
  await consumer.subscribe({topic, fromBeginning: true})
  const aborting = new AbortController()
  if (task.does === 'messages') {
    const reading = (async () => {
      for await (const {partition, offset, value} of consumer.messages(aborting)) note(partition, offset, value)
    })()
    reading.catch(error => {
      if (!aborting.signal.aborted) throw error
    })
  } else if (task.does === 'eachBatch')
    await consumer.run({
      partitionsConsumedConcurrently: 2,
      eachBatch: async ({batch}) => {
        poll = undefined
        for (const {offset, value} of batch.messages) note(batch.partition, offset, value)
        await sleep(1)
      },
    })
  else
    await consumer.run({eachMessage: async ({partition, message: {offset, value}}) => note(partition, offset, value)})
  while (Atomics.load(stage, 0) !== STAGE.over) await sleep(5)
  aborting.abort()
  await consumer.disconnect()
}

const cluster = await attachCluster(task.handle)
const kafka = new Kafka({brokers: cluster, logLevel: 0})
await (task.does === 'produce' ? produce(kafka) : consume(kafka))
await cluster.close()
parentPort!.postMessage(operations)

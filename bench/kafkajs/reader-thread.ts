/** The thread that messages come to: a consumer of KafkaJS' shape, which takes each message's age by the time it was planned for. */
import {parentPort, workerData} from 'node:worker_threads'
import {Kafka, logLevel} from '../../doors/kafkajs.ts'
import {attachCluster, type ClusterHandle} from '../../index.ts'
import {Latencies} from '../limits/limit.ts'

export interface KafkaReaderData {
  readonly handle: ClusterHandle
  readonly topic: string
  readonly count: number
  /** How many of them come before those whose age counts. */
  readonly before: number
}

const {handle, topic, count, before} = workerData as KafkaReaderData
const port = parentPort!
const latencies = new Latencies()
let seen = 0

const cluster = await attachCluster(handle)
const consumer = new Kafka({brokers: cluster, logLevel: logLevel.NOTHING}).consumer({groupId: `readers-of-${topic}`})
await consumer.connect()
await consumer.subscribe({topic, fromBeginning: true})
const joined = new Promise(resolve => consumer.on(consumer.events.GROUP_JOIN, resolve))
const ended = new Promise<void>(resolve => {
  void consumer.run({
    eachMessage: async ({message}) => {
      if (seen++ >= before) latencies.sinceNumber(message.value!.readDoubleBE(0))
      if (seen === count) resolve()
    },
  })
})
await joined
port.postMessage('ready')
await ended
port.postMessage(latencies.percentiles())
await consumer.disconnect()
await cluster.close()
port.close()

/**
 * A thread with one member of a group, which may be ended at any moment: what it has handled, and who handles what now, stands in memory that
 * outlives it.
 */
import {setTimeout as sleep} from 'node:timers/promises'
import {parentPort, workerData} from 'node:worker_threads'
import {Kafka, PartitionAssigners} from '../../doors/kafkajs.ts'
import {attachCluster, type ClusterHandle} from '../../index.ts'
import {GroupWords} from './group-words.ts'

export interface MemberTask {
  readonly handle: ClusterHandle
  readonly topic: string
  readonly assigner: keyof typeof PartitionAssigners
  readonly does: 'eachMessage' | 'eachBatch'
  /** Its number, from 1 on. */
  readonly number: number
  readonly words: SharedArrayBuffer
}

const {handle, topic, assigner, does, number, words: memory} = workerData as MemberTask
const words = new GroupWords(memory)

const cluster = await attachCluster(handle)
const kafka = new Kafka({brokers: cluster, logLevel: 0})
const consumer = kafka.consumer({
  groupId: topic,
  partitionAssigners: [PartitionAssigners[assigner]],
  retry: {initialRetryTime: 10, maxRetryTime: 100, retries: 1000},
})
await consumer.connect()
await consumer.subscribe({topic, fromBeginning: true})
const runs = consumer.run(
  does === 'eachBatch'
    ? {
        partitionsConsumedConcurrently: 2,
        eachBatch: async ({batch: {partition, messages}}) => {
          words.begin(partition, number)
          await sleep(1)
          for (const {offset, value} of messages) words.handled(partition, Number(offset), Number(value))
          words.end(partition, number)
        },
      }
    : {
        eachMessage: async ({partition, message: {offset, value}}) => {
          words.begin(partition, number)
          if (Number(offset) % 16 === 0) await sleep(1)
          words.handled(partition, Number(offset), Number(value))
          words.end(partition, number)
        },
      },
)
parentPort!.once('message', async () => {
  await runs
  await consumer.disconnect()
  await cluster.close()
})

// A job queue: the workers of a group share the jobs. One that fails is tried again, and one that goes on failing becomes a dead
// letter, so that it does not hold up the others.
//   node dist/examples/job-queue.js [DIR]
import {pathToFileURL} from 'node:url'
import {type Consumer, Kafka} from 'odradek/kafkajs'

const dir = process.argv[2] ?? './data/job-queue'
const kafka = new Kafka({clientId: 'jobs', brokers: [pathToFileURL(dir).href], logLevel: 1})
const TRIES = 3
const JOBS = ['cat.png', 'dog.png', 'no picture', 'fox.png']

const producer = kafka.producer()
const admin = kafka.admin()
await producer.connect()
await admin.connect()
await admin.createTopics({topics: [{topic: 'jobs', numPartitions: 4}, {topic: 'dead-jobs'}]})

/** What takes long and may fail. */
async function resize(picture: string): Promise<void> {
  if (!picture.endsWith('.png')) throw new Error('unknown format')
}

const done: string[] = []
let settled = 0
let settle = (): void => {}
const allSettled = new Promise<void>(resolve => {
  settle = resolve
})

async function startWorker(): Promise<Consumer> {
  const worker = kafka.consumer({groupId: 'workers'})
  await worker.connect()
  await worker.subscribe({topics: ['jobs'], fromBeginning: true})
  await worker.run({
    eachMessage: async ({message: {key, value}}) => {
      for (let tried = 1; tried <= TRIES; tried++) {
        try {
          await resize(String(value))
          done.push(String(value))
          break
        } catch (error) {
          // a program would wait a little longer each time
          const headers = {reason: (error as Error).message, tried: String(tried)}
          // stored before the job counts as handled: it is never lost, and after a crash may be there twice
          if (tried === TRIES) await producer.send({topic: 'dead-jobs', messages: [{key, value, headers}]})
        }
      }
      if (++settled === JOBS.length) settle()
    },
  })
  return worker
}

const workers = await Promise.all([startWorker(), startWorker()])
await producer.send({topic: 'jobs', messages: JOBS.map(name => ({key: name, value: name}))})
await allSettled
await Promise.all(workers.map(worker => worker.disconnect()))
console.log('done:', done.sort().join(', '))

const left = (await admin.fetchLag({groupId: 'workers', topics: ['jobs']})).reduce((sum, {lag}) => sum + Number(lag), 0)
const [dead] = await admin.fetchTopicOffsets('dead-jobs')
console.log(`jobs left: ${left}, dead letters: ${dead!.high}`)
await admin.disconnect()
await producer.disconnect()

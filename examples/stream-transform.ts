// A stream from topic to topic: each message is read, changed and sent on. What was sent on counts as handled, so that after a crash
// nothing is missing, and the last may be there twice.
//   node dist/examples/stream-transform.js [DIR]
import {pipeline} from 'node:stream/promises'
import {pathToFileURL} from 'node:url'
import {type ConsumedMessage, Kafka} from 'odradek/kafkajs'

const dir = process.argv[2] ?? './data/stream-transform'
const kafka = new Kafka({clientId: 'weather', brokers: [pathToFileURL(dir).href], logLevel: 1})
const MEASURED = [-40, 0, 37]

const admin = kafka.admin()
const producer = kafka.producer()
await admin.connect()
await producer.connect()
await admin.createTopics({topics: [{topic: 'celsius'}, {topic: 'fahrenheit'}]})

const source = kafka.consumer({groupId: 'converting'})
await source.subscribe({topic: 'celsius', fromBeginning: true})
const converting = pipeline(source.stream({highWaterMarkBytes: 16 * 1024}), async messages => {
  // the next message is asked for once this one is stored
  for await (const {key, value} of messages as AsyncIterable<ConsumedMessage>) {
    const degrees = (Number(value) * 9) / 5 + 32
    await producer.send({topic: 'fahrenheit', messages: [{key, value: degrees.toFixed(1)}]})
  }
})

const report = kafka.consumer({groupId: 'report'})
await report.subscribe({topic: 'fahrenheit', fromBeginning: true})
let count = 0
const reported = new Promise<void>(resolve => {
  void report.run({
    eachMessage: async ({message: {key, value, offset}}) => {
      console.log(`${offset}: ${key} ${value} °F`)
      if (++count === MEASURED.length) resolve()
    },
  })
})

await producer.send({topic: 'celsius', messages: MEASURED.map(degrees => ({key: 'roof', value: String(degrees)}))})
await reported
// the stream ends when its consumer stops
await source.disconnect()
await converting
await report.disconnect()
await producer.disconnect()
await admin.disconnect()

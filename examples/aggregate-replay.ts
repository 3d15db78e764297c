// An event-sourced aggregate: a shelf of a warehouse. Commands are judged by its state, what they come to is stored as events, and its
// state is nothing but those events replayed: today's, or that of any day before.
//   node dist/examples/aggregate-replay.js [DIR]
import {pathToFileURL} from 'node:url'
import {type EachMessagePayload, Kafka} from 'odradek/kafkajs'

type Event = {readonly put: number} | {readonly taken: number}

const dir = process.argv[2] ?? './data/shelf'
const kafka = new Kafka({clientId: 'warehouse', brokers: [pathToFileURL(dir).href], logLevel: 1})
const admin = kafka.admin()
const producer = kafka.producer()
await admin.connect()
await producer.connect()
// events are the only truth: none is ever deleted
await admin.createTopics({topics: [{topic: 'shelf', configEntries: [{name: 'retention.ms', value: '-1'}]}]})

const apply = (stock: number, event: Event): number => ('put' in event ? stock + event.put : stock - event.taken)

/** The state behind the first `count` events, by default behind all there are. */
async function replay(count = Number.POSITIVE_INFINITY): Promise<{stock: number; version: number}> {
  const [{high} = {high: '0'}] = await admin.fetchTopicOffsets('shelf')
  const end = Math.min(count, Number(high))
  let state = {stock: 0, version: 0}
  if (end === 0) return state
  const consumer = kafka.consumer({groupId: 'replay'})
  await consumer.subscribe({topic: 'shelf', fromBeginning: true})
  await new Promise<void>((resolve, reject) => {
    // nothing is committed: a replay begins at the beginning each time
    const eachMessage = async ({message}: EachMessagePayload): Promise<void> => {
      if (state.version === end) return
      state = {stock: apply(state.stock, JSON.parse(String(message.value))), version: state.version + 1}
      if (state.version === end) resolve()
    }
    consumer.run({autoCommit: false, eachMessage}).catch(reject)
  })
  await consumer.disconnect()
  return state
}

let {stock, version} = await replay()
console.log(`loaded: ${stock} on the shelf after ${version} events`)

async function store(event: Event): Promise<void> {
  await producer.send({topic: 'shelf', messages: [{value: JSON.stringify(event)}]})
  stock = apply(stock, event)
  version++
}
const put = (count: number): Promise<void> => store({put: count})
async function take(count: number): Promise<void> {
  if (count > stock) return console.log(`refused: to take ${count} of ${stock}`)
  await store({taken: count})
}

await put(10)
await take(4)
await take(100)
await put(1)

const again = await replay()
console.log(`replayed: ${again.stock} after ${again.version}, the same: ${again.stock === stock}`)
console.log(`as it was after the first event: ${(await replay(1)).stock}`)
await producer.disconnect()
await admin.disconnect()

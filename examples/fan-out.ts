// Fan-out: what is sent once is read by every group in its own time, each of which notes for itself how far it is. Within a group the
// members share: each message goes to one of them.
//   node dist/examples/fan-out.js [DIR]
import {setTimeout} from 'node:timers/promises'
import {pathToFileURL} from 'node:url'
import {type Consumer, Kafka} from 'odradek/kafkajs'

const dir = process.argv[2] ?? './data/fan-out'
const kafka = new Kafka({clientId: 'shop', brokers: [pathToFileURL(dir).href], logLevel: 1})
const ORDERS = Array.from({length: 12}, (_, i) => ({partition: i % 4, value: String(i + 1)}))

const producer = kafka.producer()
const admin = kafka.admin()
await producer.connect()
await admin.connect()
await admin.createTopics({topics: [{topic: 'orders', numPartitions: 4}]})

/** A member of a group; it does `handle` with each order, of which its group gets all. */
async function join(groupId: string, handle: (order: number) => void): Promise<Consumer> {
  const consumer = kafka.consumer({groupId})
  await consumer.connect()
  await consumer.subscribe({topic: 'orders', fromBeginning: true})
  await consumer.run({eachMessage: async ({message}) => handle(Number(message.value))})
  return consumer
}

const billed: number[] = []
const largest = {order: 0}
const packed: [number[], number[]] = [[], []]
const members = await Promise.all([
  join('billing', order => billed.push(order)),
  join('statistics', order => {
    largest.order = Math.max(largest.order, order)
  }),
  join('packing', order => packed[0].push(order)),
  join('packing', order => packed[1].push(order)),
])
// packing is two: once each has its half
while ((await members[3].describeGroup()).state !== 'Stable' || members[2].lag().length !== 2) await setTimeout(5)

await producer.send({topic: 'orders', messages: ORDERS})
for (const groupId of ['billing', 'statistics', 'packing'])
  while ((await admin.fetchLag({groupId, topics: ['orders']})).some(({lag}) => lag !== '0')) await setTimeout(5)
await Promise.all(members.map(member => member.disconnect()))

console.log(`billing: ${billed.length} orders; statistics: up to ${largest.order}`)
console.log(
  `packing: ${packed.map(({length}) => length).join(' + ')}, each by one: ${new Set(packed.flat()).size === 12}`,
)
await admin.disconnect()
await producer.disconnect()

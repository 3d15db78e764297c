// An outbox with exactly-once effect: an order is stored together with what another system is to be asked for, and a relay asks until
// that system has answered. A relay that dies may ask twice. The place of an order in the outbox is its id for ever, and the other
// system does nothing twice that has the same id.
//   node dist/examples/outbox-to-payments.js [DIR]
import {pathToFileURL} from 'node:url'
import {type EachMessagePayload, Kafka} from 'odradek/kafkajs'

const dir = process.argv[2] ?? './data/payments'
const kafka = new Kafka({clientId: 'shop', brokers: [pathToFileURL(dir).href], logLevel: 1})

/** Stands for the other system, which knows idempotency keys as such systems do. */
const charged = new Map<string, string>()
let asked = 0
async function charge(idempotencyKey: string, text: string): Promise<void> {
  asked++
  charged.set(idempotencyKey, text)
}

const producer = kafka.producer()
await producer.connect()
// stored is ordered: whatever dies from here on, the customers are charged
const orders = ['Ada: 3 €', 'Bob: 7 €', 'Cyd: 5 €']
await producer.send({topic: 'outbox', messages: orders.map(value => ({value}))})

/** Relays up to `count` orders. One that `dies` does so after its last was charged and before it could note that. */
async function relay(count: number, dies: boolean): Promise<void> {
  const consumer = kafka.consumer({groupId: 'relay'})
  await consumer.connect()
  await consumer.subscribe({topic: 'outbox', fromBeginning: true})
  let relayed = 0
  await new Promise<void>((resolve, reject) => {
    const eachMessage = async ({topic, partition, message}: EachMessagePayload): Promise<void> => {
      if (relayed === count) return
      await charge(`${topic}/${partition}/${message.offset}`, String(message.value))
      const isLast = ++relayed === count
      const next = String(Number(message.offset) + 1)
      if (!(isLast && dies)) await consumer.commitOffsets([{topic, partition, offset: next}])
      if (isLast) resolve()
    }
    consumer.run({autoCommit: false, eachMessage}).catch(reject)
  })
  await consumer.disconnect()
}

await relay(2, true)
await relay(2, false)
console.log(`asked ${asked} times, charged once each:`, [...charged.values()].join(', '))
await producer.disconnect()

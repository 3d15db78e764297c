// An integration test of a program, as users write them: a cluster in the test's own process, one of whose brokers is killed while the
// program is at work. uvu here; node:test, vitest and jest do as well.
import {type Cluster, openCluster} from 'odradek'
import {Kafka} from 'odradek/kafkajs'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {startCheckout} from './checkout.ts'

const ORDERS = 200
let cluster: Cluster

test.before(async () => {
  // without a dir it lives in a temporary one
  cluster = await openCluster({brokers: 3, replicaThreads: 2, sessionTimeoutMs: 300})
  await cluster.admin.createTopics([{name: 'orders', numPartitions: 2}, {name: 'invoices'}])
})
test.after(() => cluster.close())

test('every order has its invoice, though a broker dies while they come in', async () => {
  const kafka = new Kafka({brokers: cluster, logLevel: 0})
  const checkout = await startCheckout(kafka)

  const producer = kafka.producer()
  await producer.connect()
  const {leader = 1} = await cluster.partition('orders')
  for (let i = 0; i < ORDERS; i++) {
    if (i === ORDERS / 2) cluster.broker(leader).kill()
    // waits for the next leader where it has to
    await producer.send({
      topic: 'orders',
      messages: [{key: `order-${i}`, value: JSON.stringify({pieces: i, price: 2})}],
    })
  }

  const invoices = new Map<string, string>()
  const reader = kafka.consumer({groupId: 'test'})
  await reader.subscribe({topic: 'invoices', fromBeginning: true})
  for await (const {key, value} of reader.messages()) {
    invoices.set(String(key), String(value))
    if (invoices.size === ORDERS) break
  }
  for (let i = 0; i < ORDERS; i++) assert.is(invoices.get(`order-${i}`), String(i * 2))

  cluster.broker(leader).restart()
  await checkout.stop()
  await reader.disconnect()
  await producer.disconnect()
})

test.run()

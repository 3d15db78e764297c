import type {Consumer, Kafka} from 'odradek/kafkajs'

/** A program as users write it: it turns orders into invoices. `kafka` is a cluster in this process, or Apache Kafka's. */
export async function startCheckout(kafka: Kafka): Promise<{stop(): Promise<void>}> {
  const producer = kafka.producer()
  const consumer: Consumer = kafka.consumer({groupId: 'checkout'})
  await producer.connect()
  await consumer.connect()
  await consumer.subscribe({topic: 'orders', fromBeginning: true})
  await consumer.run({
    eachMessage: async ({message: {key, value}}) => {
      const {pieces, price} = JSON.parse(String(value)) as {pieces: number; price: number}
      // before the order counts as handled: an order has its invoice, whatever dies; it may have it twice, under the same key
      await producer.send({topic: 'invoices', messages: [{key, value: String(pieces * price)}]})
    },
  })
  return {
    async stop() {
      await consumer.disconnect()
      await producer.disconnect()
    },
  }
}

import {setTimeout} from 'node:timers/promises'
import {Kafka, logLevel} from 'kafkajs'

/** How often it is tried. */
const AGAIN_MS = 5
const GIVE_UP_MS = 60_000

/** Resolves when the server at `address` has accepted a record, as soon as it does: kafkajs' own patience is counted in tenths of seconds. */
export async function firstAccepted(address: string): Promise<void> {
  const kafka = new Kafka({brokers: [address], logLevel: logLevel.NOTHING, retry: {retries: 0}})
  const endMs = performance.now() + GIVE_UP_MS
  for (;;) {
    const producer = kafka.producer({retry: {retries: 0}})
    try {
      await producer.connect()
      await producer.send({topic: 'first', acks: 1, messages: [{value: 'accepted'}]})
      return
    } catch (error) {
      if (performance.now() > endMs) throw error
    } finally {
      await producer.disconnect()
    }
    await setTimeout(AGAIN_MS)
  }
}

import type {Consumer, EachBatchPayload, EachMessagePayload} from 'kafkajs'
import {expectSame} from '../harness/check.ts'
import type {Measure, Subject} from '../harness/measure.ts'
import {fill, type Shop, useTopic} from './shop.ts'

/** Counts records as they come; the clock runs from the first `before` of them to the last. */
class Counting {
  readonly ended: Promise<void>
  readonly #count: number
  readonly #before: number
  #seen = 0
  #bytes = 0
  #startMs = 0
  #endMs = 0
  #end!: () => void

  constructor({before, count}: {before: number; count: number}) {
    this.#before = before
    this.#count = before + count
    this.ended = new Promise(resolve => {
      this.#end = resolve
    })
  }

  take(value: Buffer | null): void {
    this.#bytes += value!.length
    this.#seen++
    if (this.#seen === this.#before) this.#startMs = performance.now()
    if (this.#seen !== this.#count) return
    this.#endMs = performance.now()
    this.#end()
  }

  measure(what: string, valueBytes: number): Measure {
    expectSame('records consumed', this.#seen, this.#count)
    expectSame('bytes consumed', this.#bytes, this.#count * valueBytes)
    const seconds = (this.#endMs - this.#startMs) / 1000
    return {what, unit: 'records/s', value: (this.#count - this.#before) / seconds}
  }
}

export interface Stock {
  readonly value: Buffer
  /** Records before the clock starts, and while it runs. */
  readonly before: number
  readonly count: number
}

let groups = 0

/** A consumer of its own group that reads `topic` from its beginning, connected and subscribed. */
export async function subscribed({kafka}: Shop, topic: string): Promise<Consumer> {
  const consumer = kafka.consumer({groupId: `group-${groups++}`})
  await consumer.connect()
  await consumer.subscribe({topic, fromBeginning: true})
  return consumer
}

/** Consumes a topic that is full already by a handler of each message, of each batch, or, where there is one, by the iterator of messages. */
export function consume(shop: Shop, by: 'eachMessage' | 'eachBatch' | 'messages()', stock: Stock): Subject {
  return {
    name: shop.name,
    round: () =>
      useTopic(shop, 1, async topic => {
        await fill(shop, topic, stock.value, stock.before + stock.count)
        const counting = new Counting(stock)
        const consumer = await subscribed(shop, topic)
        if (by === 'eachMessage')
          await consumer.run({eachMessage: async ({message}: EachMessagePayload) => counting.take(message.value)})
        else if (by === 'eachBatch')
          await consumer.run({
            eachBatch: async ({batch}: EachBatchPayload) => {
              for (const {value} of batch.messages) counting.take(value)
            },
          })
        else await iterate(consumer as Iterated, stock.before + stock.count, counting)
        await counting.ended
        await consumer.disconnect()
        return [counting.measure(by, stock.value.length)]
      }),
  }
}

/** Our extra on the same object. */
type Iterated = Consumer & {messages(): AsyncIterable<{value: Buffer | null}>}

async function iterate(consumer: Iterated, count: number, counting: Counting): Promise<void> {
  let left = count
  for await (const {value} of consumer.messages()) {
    counting.take(value)
    if (--left === 0) break
  }
}

/** From `run()` to the first message, in a topic that has one. */
export function firstMessage(shop: Shop, value: Buffer): Subject {
  return {
    name: shop.name,
    round: () =>
      useTopic(shop, 1, async topic => {
        await fill(shop, topic, value, 1)
        const consumer = await subscribed(shop, topic)
        const startMs = performance.now()
        const ms = await new Promise<number>((resolve, reject) => {
          const eachMessage = async (): Promise<void> => resolve(performance.now() - startMs)
          consumer.run({eachMessage}).catch(reject)
        })
        await consumer.disconnect()
        return [{what: 'run() to the first message', unit: 'ms', value: ms}]
      }),
  }
}

const MEMBERS = 10
const PARTITIONS = 100

/** One more consumer joins: from its `run()` until everybody has what the new generation gives him. */
export function rebalance(shop: Shop): Subject {
  return {
    name: shop.name,
    round: () =>
      useTopic(shop, PARTITIONS, async topic => {
        const groupId = `group-${groups++}`
        const joined = new Map<number, {generation: number; partitions: number}>()
        let heard = (): void => {}
        const consumers: Consumer[] = []
        const start = async (): Promise<void> => {
          const consumer = shop.kafka.consumer({groupId})
          const number = consumers.push(consumer) - 1
          consumer.on(consumer.events.GROUP_JOIN, ({payload}) => {
            const partitions = payload.memberAssignment[topic]?.length ?? 0
            joined.set(number, {generation: (joined.get(number)?.generation ?? 0) + 1, partitions})
            heard()
          })
          await consumer.connect()
          await consumer.subscribe({topic})
          await consumer.run({eachMessage: async () => {}})
        }
        /** Every member has a share, and the shares are the topic. */
        const settled = (): Promise<void> =>
          new Promise(resolve => {
            heard = () => {
              const shares = [...joined.values()].map(({partitions}) => partitions)
              const sum = shares.reduce((all, share) => all + share, 0)
              const most = Math.ceil(PARTITIONS / consumers.length)
              if (joined.size === consumers.length && sum === PARTITIONS && shares.every(share => share <= most))
                resolve()
            }
            heard()
          })
        await Promise.all(Array.from({length: MEMBERS - 1}, start))
        await settled()
        const startMs = performance.now()
        await start()
        await settled()
        const ms = performance.now() - startMs
        expectSame('members', joined.size, MEMBERS)
        await Promise.all(consumers.map(consumer => consumer.disconnect()))
        return [{what: `${MEMBERS} consumers share ${PARTITIONS} partitions anew`, unit: 'ms', value: ms}]
      }),
  }
}

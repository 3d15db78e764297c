/** Members of a group come and go while messages are sent: nothing is lost, and where nobody dies nothing is handled twice, or out of order. */
import {setTimeout as sleep} from 'node:timers/promises'
import fc from 'fast-check'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {type Consumer, Kafka, PartitionAssigners, type Producer} from '../../doors/kafkajs.ts'
import {type Cluster, openCluster} from '../../index.ts'
import {runs} from '../runs.ts'

const PARTITIONS = 4

let cluster: Cluster
let kafka: Kafka
let producer: Producer
let groups = 0

test.before(async () => {
  cluster = await openCluster({replicaThreads: 2})
  kafka = new Kafka({brokers: cluster, logLevel: 0})
  producer = kafka.producer()
  await producer.connect()
})

test.after(async () => {
  await producer.disconnect()
  await cluster.close()
})

type Step = {does: 'join'} | {does: 'leave'; who: number} | {does: 'send'; count: number} | {does: 'wait'; ms: number}

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.constant({does: 'join'} as const),
  fc.record({does: fc.constant('leave' as const), who: fc.nat(9)}),
  fc.record({does: fc.constant('send' as const), count: fc.integer({min: 1, max: 200})}),
  fc.record({does: fc.constant('wait' as const), ms: fc.nat(15)}),
)

class Run {
  readonly #topic = `rebalanced-${groups++}`
  readonly #assigner: keyof typeof PartitionAssigners
  readonly #batches: boolean
  readonly #handled: number[][] = Array.from({length: PARTITIONS}, () => [])
  readonly #sent: number[] = Array.from({length: PARTITIONS}, () => 0)
  readonly #members: Consumer[] = []

  constructor(assigner: keyof typeof PartitionAssigners, batches: boolean) {
    this.#assigner = assigner
    this.#batches = batches
  }

  async start(): Promise<void> {
    await cluster.admin.createTopics([{name: this.#topic, numPartitions: PARTITIONS}])
    await this.#join()
  }

  async step(step: Step): Promise<void> {
    if (step.does === 'join' && this.#members.length < 4) await this.#join()
    else if (step.does === 'leave' && this.#members.length > 1)
      await this.#members.splice(step.who % this.#members.length, 1)[0]!.disconnect()
    else if (step.does === 'wait') await sleep(step.ms)
    else if (step.does === 'send') {
      const messages = Array.from({length: step.count}, (_, i) => ({value: 'v', partition: i % PARTITIONS}))
      for (const {partition} of messages) this.#sent[partition]!++
      await producer.send({topic: this.#topic, messages})
    }
  }

  async end(): Promise<void> {
    const deadline = Date.now() + 20_000
    while (this.#handled.some((offsets, partition) => offsets.length < this.#sent[partition]!)) {
      if (Date.now() > deadline) break
      await sleep(2)
    }
    await Promise.all(this.#members.map(member => member.disconnect()))
    for (const [partition, offsets] of this.#handled.entries())
      assert.equal(
        offsets,
        Array.from({length: this.#sent[partition]!}, (_, i) => i),
      )
  }

  async #join(): Promise<void> {
    const member = kafka.consumer({groupId: this.#topic, partitionAssigners: [PartitionAssigners[this.#assigner]]})
    this.#members.push(member)
    await member.connect()
    await member.subscribe({topics: [this.#topic], fromBeginning: true})
    const take = (partition: number, offset: string): void => void this.#handled[partition]!.push(Number(offset))
    await member.run(
      this.#batches
        ? {
            partitionsConsumedConcurrently: 2,
            eachBatch: async ({batch}) => {
              for (const {offset} of batch.messages) take(batch.partition, offset)
              await sleep(1)
            },
          }
        : {
            eachMessage: async ({partition, message}) => {
              take(partition, message.offset)
              if (Number(message.offset) % 16 === 0) await sleep(0)
            },
          },
    )
  }
}

for (const assigner of Object.keys(PartitionAssigners) as (keyof typeof PartitionAssigners)[])
  test(`property: once and in order, while members come and go: ${assigner}`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, {minLength: 4, maxLength: 14}), fc.boolean(), async (steps, batches) => {
        const run = new Run(assigner, batches)
        await run.start()
        for (const step of steps) await run.step(step)
        await run.end()
      }),
      runs(2),
    )
  })

test.run()

import {openCluster} from '../index.ts'
import {kafkaJars} from '../property-tests/kafka/kafka-jars.ts'
import {RealKafka} from '../property-tests/kafka/real-kafka.ts'
import {bytesPayload} from './append/payload.ts'
import {bound} from './harness/bound.ts'
import type {Case, Context} from './harness/case.ts'
import {compare} from './harness/compare.ts'
import type {Result, Subject} from './harness/measure.ts'
import {measureRounds} from './harness/rounds.ts'
import {consume, firstMessage, rebalance} from './kafkajs/consuming.ts'
import {deliver} from './kafkajs/delivering.ts'
import {appendSame, sendMany, sendSingles} from './kafkajs/producing.ts'
import {ourShop, type Shop, theirShop} from './kafkajs/shop.ts'

const PER_SECOND = 10_000

export const kafkajs: Case = {
  name: 'kafkajs',
  question: 'How fast is a program that was written for KafkaJS?',
  method:
    'The same program, by KafkaJS’ types, through `odradek/kafkajs` on a cluster of one broker in its own process, and through kafkajs 2.2.4 on Apache Kafka 4.3.1 in a process beside it, on the same two cores, each with its defaults (Kafka where Maven has it; fewer records, for it takes longer). ' +
    'Values of 100 B, one partition, one replica, `acks: 1`, in the page cache. `send` of 1 000 messages: 5 calls under way; one message a call: 100. Consumers read a topic that is full; a message’s age counts from its planned time to its `eachMessage` in another thread, and the first half of them is not looked at. ' +
    'The rebalance is of nine consumers when a tenth comes. Records are counted, every round.',
  async run(context) {
    const ours = await onOurs(context)
    const theirs = context.installPeers ? await onTheirs(context) : []
    const bounds = [
      bound('send, 1 000 a call', 'records/s', 2_000_000),
      bound('send, 1 a call, 100 under way', 'records/s', 100_000),
      bound('eachBatch', 'records/s', 3_000_000),
      bound('eachMessage', 'records/s', 500_000),
      bound('messages()', 'records/s', 500_000),
      bound('10 k messages/s, send to eachMessage, p50', 'µs', 150),
      bound('10 k messages/s, send to eachMessage, p99', 'µs', 2000),
      bound('run() to the first message', 'ms', 100),
      bound('10 consumers share 100 partitions anew', 'ms', 100),
    ]
    return compare({case: 'kafkajs', level: 'written'}, [...ours, ...theirs, ...bounds])
  },
}

async function onOurs(context: Context): Promise<Result[]> {
  const {pick} = context.scale
  const payload = bytesPayload('100 B', 100)
  const calls = pick({
    full: {before: 2000, count: 5000},
    quick: {before: 1000, count: 2000},
    tiny: {before: 2, count: 5},
  })
  const load = {perSecond: PER_SECOND, count: Math.round(PER_SECOND * pick({full: 4, quick: 2, tiny: 0.01}))}
  return context.scratch.use(async dir => {
    const cluster = await openCluster({dir, durability: 'written'})
    try {
      const shop = ourShop(cluster)
      const stock = stockOf(context, 1)
      context.progress('odradek')
      return await measureRounds(
        [
          appendSame(payload, calls, context),
          sendMany(shop, payload, calls),
          sendSingles(shop, payload, {before: 10 * calls.before, count: 20 * calls.count}),
          consume(shop, 'eachBatch', stock),
          consume(shop, 'eachMessage', stock),
          consume(shop, 'messages()', stock),
          deliver(shop, cluster, {...load, before: load.count / 2}),
          ...waits(shop, stock.value),
        ],
        context,
      )
    } finally {
      await cluster.close()
    }
  })
}

/** Without Java or Maven there is no such peer. */
async function onTheirs(context: Context): Promise<Result[]> {
  const jars = await kafkaJars()
  if ('missing' in jars) {
    context.progress(`no Apache Kafka: ${jars.missing}`)
    return []
  }
  const payload = bytesPayload('100 B', 100)
  const calls = context.scale.pick({
    full: {before: 100, count: 500},
    quick: {before: 50, count: 200},
    tiny: {before: 1, count: 2},
  })
  return context.scratch.use(async dir => {
    const kafka = await RealKafka.format(jars.classPath, dir, {jvmFlags: []})
    await kafka.start()
    try {
      const shop = theirShop(kafka.address)
      const stock = stockOf(context, 10)
      context.progress(shop.name)
      return await measureRounds(
        [
          sendMany(shop, payload, calls),
          sendSingles(shop, payload, {before: 10 * calls.before, count: 20 * calls.count}),
          consume(shop, 'eachBatch', stock),
          consume(shop, 'eachMessage', stock),
          ...waits(shop, stock.value),
        ],
        context,
      )
    } finally {
      await kafka.stop()
    }
  })
}

function waits(shop: Shop, value: Buffer): Subject[] {
  return [firstMessage(shop, value), rebalance(shop)]
}

function stockOf({scale}: Context, share: number) {
  const [before, count] = scale.pick({
    full: [1_000_000, 4_000_000],
    quick: [500_000, 1_500_000],
    tiny: [500, 1000],
  }) as [number, number]
  return {value: Buffer.alloc(100, 'x'), before: before / share, count: count / share}
}

import {once} from 'node:events'
import {Worker} from 'node:worker_threads'
import type {Cluster} from '../../index.ts'
import type {Subject} from '../harness/measure.ts'
import {type Pace, pace} from '../harness/pace.ts'
import type {KafkaReaderData} from './reader-thread.ts'
import {expectRecords, type Shop, useTopic} from './shop.ts'

const VALUE_BYTES = 100

/** One message a call at planned times, handled by `eachMessage` in another thread. */
export function deliver(shop: Shop, cluster: Cluster, load: Pace & {before: number}): Subject {
  return {
    name: shop.name,
    round: () =>
      useTopic(shop, 1, async topic => {
        const workerData: KafkaReaderData = {handle: cluster.handle, topic, count: load.count, before: load.before}
        const reader = new Worker(new URL('./reader-thread.js', import.meta.url), {workerData, execArgv: []})
        await once(reader, 'message')
        const [told, exited] = [once(reader, 'message'), once(reader, 'exit')]
        const producer = shop.kafka.producer()
        await producer.connect()
        const sends: Promise<unknown>[] = []
        await pace(load, (_, plannedNs) => {
          const value = Buffer.alloc(VALUE_BYTES)
          value.writeDoubleBE(plannedNs)
          sends.push(producer.send({topic, acks: 1, messages: [{value}]}))
        })
        await Promise.all(sends)
        const [p50, p99] = (await told)[0] as [number, number]
        await exited
        await producer.disconnect()
        await expectRecords(shop, topic, load.count)
        const what = `${load.perSecond / 1000} k messages/s, send to eachMessage`
        return [
          {what: `${what}, p50`, unit: 'µs', value: p50},
          {what: `${what}, p99`, unit: 'µs', value: p99},
        ]
      }),
  }
}

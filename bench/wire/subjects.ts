import {Kafka, logLevel} from 'kafkajs'
import {expectSame} from '../harness/check.ts'
import type {Measure} from '../harness/measure.ts'
import type {Client, Transfer} from './clients.ts'
import type {RunningServer} from './servers.ts'

export interface Load {
  readonly bytes: number
  readonly partitions: number
  readonly records: number
}

const GIB = 1024 ** 3

export function startsUp({startMs}: RunningServer): Measure {
  return {what: 'start of the process to the first accepted record', unit: 'ms', value: startMs}
}

/** Sends and reads one load, through a topic of its own. */
export async function serverRound(server: RunningServer, client: Client, load: Load): Promise<Measure[]> {
  const {bytes, partitions, records} = load
  const name = (does: string): string =>
    `${client.name} ${does}, ${bytes} B, ${partitions} partition${partitions === 1 ? '' : 's'}`
  return useTopic(server.address, partitions, async (topic, stored) => {
    const transfer = {address: server.address, topic, bytes, records}
    const before = server.cpuSeconds()
    const produced = await client.produce(transfer)
    const between = server.cpuSeconds()
    const all = await stored()
    // a client may warm up with records of its own
    if (all < records) expectSame(`records of ${client.name}`, all, records)
    const consumed = await client.consume({...transfer, records: all})
    const after = server.cpuSeconds()
    const gib = (all * bytes) / GIB
    return [
      {what: name('produces'), unit: 'records/s', value: produced},
      {what: name('consumes'), unit: 'records/s', value: consumed},
      {what: name('produces'), unit: 'CPU s/GiB', value: (between - before) / gib},
      {what: name('consumes'), unit: 'CPU s/GiB', value: (after - between) / gib},
    ]
  })
}

/** The delay of acknowledgements at a steady rate. */
export async function paces(
  server: RunningServer,
  {name, pace}: Client,
  {perSecond, seconds}: {perSecond: number; seconds: number},
): Promise<Measure[]> {
  if (pace === undefined) return []
  return useTopic(server.address, 1, async topic => {
    const transfer: Transfer = {address: server.address, topic, bytes: 100, records: perSecond * seconds}
    const {p50, p99} = await pace({...transfer, perSecond})
    const what = `${name} produces at ${perSecond / 1000} k records/s`
    return [
      {what: `${what}, p50`, unit: 'ms', value: p50},
      {what: `${what}, p99`, unit: 'ms', value: p99},
    ]
  })
}

let topics = 0

async function useTopic<T>(
  address: string,
  numPartitions: number,
  work: (topic: string, stored: () => Promise<number>) => Promise<T>,
): Promise<T> {
  const topic = `topic-${topics++}`
  const admin = new Kafka({brokers: [address], logLevel: logLevel.NOTHING}).admin()
  await admin.connect()
  try {
    await admin.createTopics({topics: [{topic, numPartitions, replicationFactor: 1}]})
    const done = await work(topic, async () => {
      const offsets = await admin.fetchTopicOffsets(topic)
      return offsets.reduce((sum, {high}) => sum + Number(high), 0)
    })
    await admin.deleteTopics({topics: [topic]})
    return done
  } finally {
    await admin.disconnect()
  }
}

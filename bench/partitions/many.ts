/** Opens a cluster, makes a topic of many partitions, sends to all of them; prints what that took. */
import fs from 'node:fs'
import {setTimeout as sleep} from 'node:timers/promises'
import {type Cluster, openCluster, type Partition} from 'odradek'
import {expectSame} from '../harness/check.ts'
import {pace} from '../harness/pace.ts'
import {Latencies} from '../limits/limit.ts'

export interface Found {
  readonly createMs: number
  /** Of acknowledgements at the same total rate, in µs. */
  readonly p50: number
  readonly p99: number
  readonly perSecond: number
  readonly rss: number
  readonly openFiles: number
  readonly threads: number
  readonly idleCores: number
}

const TOPIC = 'orders'
const PER_SECOND = 10_000
/** Records to one partition before the next one has its turn. */
const RUN = 64
/** From the end of the work until the quiet is measured. */
const SETTLE_MS = 500

const [dir, ...numbers] = process.argv.slice(2)
const [count, paced, most, idleMs] = numbers.map(Number) as [number, number, number, number]
const value = new Uint8Array(100)
const view = new DataView(value.buffer)
/** Records that each partition has. */
const sent = new Array<number>(count).fill(0)

const cluster = await openCluster({dir: dir!, durability: 'written'})
const createMs = await create(cluster)
const partitions = await Promise.all(sent.map((_, i) => cluster.partition(TOPIC, i)))
await sendToEach(partitions)
const [p50, p99] = await sendPaced(partitions)
const perSecond = await appendAll(partitions)
const {rss} = process.memoryUsage()
const found: Found = {createMs, p50, p99, perSecond, rss, ...countResources(), idleCores: await idle()}
for (const [i, partition] of partitions.entries()) expectInOrder(partition, sent[i]!)
await cluster.close()
process.stdout.write(JSON.stringify(found))

async function create({admin}: Cluster): Promise<number> {
  const startMs = performance.now()
  await admin.createTopics([{name: TOPIC, numPartitions: count, replicationFactor: 1}])
  return performance.now() - startMs
}

/** The first record of a partition makes its files. */
async function sendToEach(all: readonly Partition[]): Promise<void> {
  for (let from = 0; from < count; from += RUN)
    await Promise.all(all.slice(from, from + RUN).map((partition, i) => partition.send(next(from + i))))
}

async function sendPaced(all: readonly Partition[]): Promise<[p50: number, p99: number]> {
  const latencies = new Latencies()
  const acks: Promise<void>[] = []
  await pace({perSecond: PER_SECOND, count: paced}, (i, plannedNs) => {
    const ack = all[i % count]!.send(next(i % count))
    acks.push(i < paced / 2 ? ack.then(() => {}) : ack.then(() => latencies.sinceNumber(plannedNs)))
  })
  await Promise.all(acks)
  return latencies.percentiles()
}

async function appendAll(all: readonly Partition[]): Promise<number> {
  const startMs = performance.now()
  for (let run = 0; run * RUN < most; run++) {
    const to = run % count
    const partition = all[to]!
    let isFull = false
    for (let i = 0; i < RUN; i++) if (!partition.append(next(to))) isFull = true
    if (isFull) await partition.drained()
  }
  for (const partition of all) await partition.flush()
  return (Math.ceil(most / RUN) * RUN * 1000) / (performance.now() - startMs)
}

/** The next record of a partition carries its number. */
function next(partition: number): Uint8Array {
  view.setFloat64(0, sent[partition]!++)
  return value
}

function countResources(): Pick<Found, 'openFiles' | 'threads'> {
  const of = (what: string): number => fs.readdirSync(`/proc/self/${what}`).length
  return {openFiles: of('fd'), threads: of('task')}
}

/** Processor time that this process takes while nothing happens, as a share of one core. */
async function idle(): Promise<number> {
  await sleep(SETTLE_MS)
  const startMs = performance.now()
  const before = process.cpuUsage()
  await sleep(idleMs)
  const {user, system} = process.cpuUsage(before)
  return (user + system) / 1000 / (performance.now() - startMs)
}

function expectInOrder(partition: Partition, records: number): void {
  let i = 0
  const reader = partition.reader()
  reader.poll(record => {
    record.copyValue(value)
    expectSame('record', view.getFloat64(0), i++)
  })
  reader.close()
  expectSame(`records of partition ${partition.partition}`, i, records)
}

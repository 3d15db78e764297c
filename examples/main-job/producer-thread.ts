/** One of the two producers: a worker thread with doors of its own to every partition, which sends its share of the flights. */
import {on} from 'node:events'
import {setTimeout} from 'node:timers/promises'
import {parentPort, workerData} from 'node:worker_threads'
import {attachCluster, type ClusterHandle, type RecordInput} from 'odradek'
import {Board} from './board.ts'
import {monotonicMs} from './clock.ts'
import {readFlights} from './flights.ts'
import {PARTITIONS, type Plan, partitionOf, producerOf, recordsOf, TOPIC} from './plan.ts'

export interface ProducerData {
  readonly handle: ClusterHandle
  readonly plan: Plan
  readonly producer: number
  readonly board: SharedArrayBuffer
}

export type ProducerOrder = {readonly type: 'full-speed'} | {readonly type: 'paced'; readonly startMs: number}

/** Records that were sent in one go, and the offsets they got. */
export interface Ack {
  readonly partition: number
  readonly records: number
  firstOffset: number
  lastOffset: number
  /** When the acknowledgement came. */
  ackedMs: number
}

export interface Sent {
  readonly startMs: number
  readonly endMs: number
  /** In the order in which they were sent. */
  readonly acks: readonly Ack[]
}

/** Records sent in one go at full speed. */
const CHUNK = 500
/** Sends on their way at a time. */
const SENDS_MAX = 24
/** At a fixed rate, what is due is sent that often. */
const TICK_MS = 5

const {handle, plan, producer, board: memory} = workerData as ProducerData
const port = parentPort!
const board = new Board(memory)
const cluster = await attachCluster(handle)
const doors = await Promise.all(Array.from({length: PARTITIONS}, (_, partition) => cluster.partition(TOPIC, partition)))
const share = readShare()
port.postMessage('ready')

for await (const [order] of on(port, 'message') as AsyncIterable<[ProducerOrder | 'close']>) {
  if (order === 'close') break
  port.postMessage(order.type === 'full-speed' ? await sendAtFullSpeed() : await sendOnSchedule(order.startMs))
}
await cluster.close()

async function sendAtFullSpeed(): Promise<Sent> {
  const startMs = monotonicMs()
  const acks: Ack[] = []
  const chunks = emptyChunks()
  const onTheirWay: Promise<void>[] = []
  for (const {row, partition, record} of share) {
    if (row >= plan.fullSpeed) break
    const chunk = chunks[partition]!
    chunk.push(record)
    if (chunk.length < CHUNK) continue
    onTheirWay.push(send(partition, chunk.splice(0), acks))
    if (onTheirWay.length >= SENDS_MAX) await onTheirWay.shift()
  }
  await Promise.all([...onTheirWay, ...sendAll(chunks, acks)])
  return {startMs, endMs: monotonicMs(), acks}
}

/**
 * Open loop: every flight is due at a time fixed beforehand, whether or not the cluster keeps up, and carries that time along.
 * Being late, for whatever reason, is then part of its latency.
 */
async function sendOnSchedule(startMs: number): Promise<Sent> {
  const acks: Ack[] = []
  const onTheirWay: Promise<void>[] = []
  const rows = share.filter(({row}) => row >= plan.fullSpeed)
  const tickOf = (row: number) => Math.floor((((row - plan.fullSpeed) / plan.pacedPerSecond) * 1000) / TICK_MS)
  for (let next = 0; next < rows.length; ) {
    const tick = tickOf(rows[next]!.row)
    const dueMs = startMs + tick * TICK_MS
    const due = Buffer.alloc(8)
    due.writeDoubleBE(dueMs)
    const chunks = emptyChunks()
    for (; next < rows.length && tickOf(rows[next]!.row) === tick; next++)
      chunks[rows[next]!.partition]!.push({...rows[next]!.record, headers: {due}})
    if (monotonicMs() < dueMs) await setTimeout(dueMs - monotonicMs())
    onTheirWay.push(...sendAll(chunks, acks))
  }
  await Promise.all(onTheirWay)
  return {startMs, endMs: monotonicMs(), acks}
}

/** Resolves when every replica in sync has the records; through failovers, for that is `send`'s business. */
async function send(partition: number, records: readonly RecordInput[], acks: Ack[]): Promise<void> {
  const ack: Ack = {partition, records: records.length, firstOffset: -1, lastOffset: -1, ackedMs: 0}
  acks.push(ack)
  const {baseOffset, lastOffset} = await doors[partition]!.send(records)
  ack.firstOffset = baseOffset
  ack.lastOffset = lastOffset
  ack.ackedMs = monotonicMs()
  board.addAcked(partition, records.length)
}

function sendAll(chunks: readonly RecordInput[][], acks: Ack[]): Promise<void>[] {
  return [...chunks.entries()]
    .filter(([, chunk]) => chunk.length > 0)
    .map(([partition, chunk]) => send(partition, chunk, acks))
}

function emptyChunks(): RecordInput[][] {
  return Array.from({length: PARTITIONS}, () => [])
}

/** Its own flights, ready to send: what is measured is the cluster, not the reading of the data set. */
function readShare() {
  const own = []
  let row = 0
  for (const flight of readFlights()) {
    if (row === recordsOf(plan)) break
    if (producerOf(flight) === producer) own.push({row, partition: partitionOf(flight.key), record: flight})
    row++
  }
  return own
}

/** The live reader: a third thread that reads all partitions as records come. */
import {on} from 'node:events'
import {parentPort, workerData} from 'node:worker_threads'
import {crc32} from 'node:zlib'
import {attachCluster, type ClusterHandle, type Partition, type Reader, type RecordView} from 'odradek'
import {Board} from './board.ts'
import {monotonicMs} from './clock.ts'
import {PARTITIONS, type Plan, TOPIC} from './plan.ts'

export interface FollowerData {
  readonly handle: ClusterHandle
  readonly plan: Plan
  readonly board: SharedArrayBuffer
}

/** Asks it to read on until it has read so many records in all. */
export interface FollowerOrder {
  readonly until: number
}

/** What it has read so far. */
export interface Followed {
  /** Records whose offset was not the one behind the last record's of its partition. */
  readonly misplaced: number
  /** By partition: CRC-32 of all values, one behind the other. */
  readonly crcs: readonly number[]
  /** For each record that tells when it was due: when that was, and how long after it was read, in ms. */
  readonly dueMs: Float64Array
  readonly latenciesMs: Float64Array
  readonly endMs: number
}

/** More than any run takes: a record that never comes ends in an error instead of a wait. */
const PATIENCE_MS = 60_000

const {handle, plan, board: memory} = workerData as FollowerData
const port = parentPort!
const board = new Board(memory)
const cluster = await attachCluster(handle)
const doors = await Promise.all(Array.from({length: PARTITIONS}, (_, partition) => cluster.partition(TOPIC, partition)))
const patience = AbortSignal.timeout(PATIENCE_MS + (plan.paced / plan.pacedPerSecond) * 1000)
const counts = doors.map(() => 0)
const crcs = doors.map(() => 0)
const dueMs = new Float64Array(plan.paced)
const latenciesMs = new Float64Array(plan.paced)
let [count, misplaced, timed] = [0, 0, 0]
let order: FollowerOrder | undefined
const following = doors.map(follow)
port.postMessage('ready')

for await (const [message] of on(port, 'message') as AsyncIterable<[FollowerOrder | 'close']>) {
  if (message === 'close') break
  order = message
  answerIfDone()
}
await cluster.close()
await Promise.all(following)

/** Ends when the cluster is closed. A reader stays where it is when its partition gets another leader, and goes on there. */
async function follow(door: Partition): Promise<void> {
  const {partition} = door
  const reader = door.reader({signal: patience})
  do {
    reader.poll(record => take(partition, record))
    board.setRead(partition, counts[partition]!)
    answerIfDone()
  } while (await more(reader))
}

async function more(reader: Reader): Promise<boolean> {
  try {
    return await reader.wait()
  } catch (error) {
    if (patience.aborted)
      throw new Error(`the live reader has read ${count} of ${order?.until} records, and no more come`)
    throw error
  }
}

function answerIfDone(): void {
  if (order === undefined || count < order.until) return
  order = undefined
  const told = {dueMs: dueMs.slice(0, timed), latenciesMs: latenciesMs.slice(0, timed)}
  port.postMessage({misplaced, crcs, ...told, endMs: monotonicMs()} satisfies Followed)
}

/** Little is done here, so that what is measured is the cluster; the contents are looked at when all is read back. */
function take(partition: number, record: RecordView): void {
  const {due} = record.headers
  if (due instanceof Buffer) {
    dueMs[timed] = due.readDoubleBE()
    latenciesMs[timed] = monotonicMs() - dueMs[timed]!
    timed++
  }
  if (record.offset !== counts[partition]) misplaced++
  crcs[partition] = crc32(record.value!, crcs[partition])
  counts[partition]!++
  count++
}

/** The live reader: a third thread that reads what the producers append as soon as it is there. */
import {on} from 'node:events'
import {parentPort, workerData} from 'node:worker_threads'
import {crc32} from 'node:zlib'
import {attachLog, type LogHandle, type RecordView} from 'odradek'
import {monotonicMs} from './clock.ts'
import type {Plan} from './plan.ts'

export interface FollowerData {
  readonly handle: LogHandle
  readonly plan: Plan
}

/** Asks it to read on until it has read so many records in all. */
export interface FollowerOrder {
  readonly until: number
}

/** What it has read so far. */
export interface Followed {
  /** Records whose offset was not the one behind the last record's. */
  readonly misplaced: number
  /** CRC-32 of all values, one behind the other. */
  readonly crc: number
  /** From the time a record was due until it was read, in ms, for each that tells when it was due. */
  readonly latenciesMs: Float64Array
  readonly endMs: number
}

/** More than any run takes: a record that never comes ends in an error instead of a wait. */
const PATIENCE_MS = 30_000

const {handle, plan} = workerData as FollowerData
const port = parentPort!
const log = await attachLog(handle)
const scheduleMs = (plan.paced / plan.pacedPerSecond) * 1000
const patience = AbortSignal.timeout(PATIENCE_MS + scheduleMs)
const reader = log.reader({signal: patience})
const latenciesMs = new Float64Array(plan.paced)
let [count, misplaced, crc, timed] = [0, 0, 0, 0]
port.postMessage('ready')

for await (const [order] of on(port, 'message') as AsyncIterable<[FollowerOrder | 'close']>) {
  if (order === 'close') break
  port.postMessage(await follow(order.until))
}
await log.close()

async function follow(until: number): Promise<Followed> {
  while (count < until) {
    if (reader.poll(take, until - count) === 0 && !(await more()))
      throw new Error(`the live reader has read ${count} of ${until} records, and no more come`)
  }
  return {misplaced, crc, latenciesMs: latenciesMs.slice(0, timed), endMs: monotonicMs()}
}

/** False where nothing more comes: the log was closed, or patience is at its end. */
async function more(): Promise<boolean> {
  try {
    return await reader.wait()
  } catch (error) {
    if (patience.aborted) return false
    throw error
  }
}

/** Little is done here, so that what is measured is the log; the contents are looked at when all is read back. */
function take(record: RecordView): void {
  const {due} = record.headers
  if (due instanceof Buffer) latenciesMs[timed++] = monotonicMs() - due.readDoubleBE()
  if (record.offset !== count) misplaced++
  crc = crc32(record.value!, crc)
  count++
}

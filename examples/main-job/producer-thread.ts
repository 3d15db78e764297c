/** One of the two producers: a worker thread with a door of its own to the log, which appends its share of the flights. */
import {on} from 'node:events'
import {setImmediate} from 'node:timers/promises'
import {parentPort, workerData} from 'node:worker_threads'
import {attachLog, type LogHandle} from 'odradek'
import {monotonicMs} from './clock.ts'
import {type Flight, readFlights} from './flights.ts'
import {type Plan, producerOf, recordsOf} from './plan.ts'

export interface ProducerData {
  readonly handle: LogHandle
  readonly plan: Plan
  readonly producer: number
}

export type ProducerOrder = {readonly type: 'full-speed'} | {readonly type: 'paced'; readonly startMs: number}

/** From the first append to the end of the flush that follows the last. */
export interface Appended {
  readonly startMs: number
  readonly endMs: number
}

const SLEEP = new Int32Array(new SharedArrayBuffer(4))
const {handle, plan, producer} = workerData as ProducerData
const port = parentPort!
const log = await attachLog(handle)
const share = readShare()
port.postMessage('ready')

for await (const [order] of on(port, 'message') as AsyncIterable<[ProducerOrder | 'close']>) {
  if (order === 'close') break
  port.postMessage(order.type === 'full-speed' ? await appendAtFullSpeed() : await appendOnSchedule(order.startMs))
}
await log.close()

async function appendAtFullSpeed(): Promise<Appended> {
  const startMs = monotonicMs()
  for (const {row, flight} of share) {
    if (row >= plan.fullSpeed) break
    if (!log.append(flight)) await log.drained()
  }
  await log.flush()
  return {startMs, endMs: monotonicMs()}
}

/**
 * Open loop: every flight is due at a time fixed beforehand, whether or not the log keeps up, and carries that time along.
 * Being late, for whatever reason, is then part of its latency.
 */
async function appendOnSchedule(startMs: number): Promise<Appended> {
  const due = Buffer.alloc(8)
  for (const {row, flight} of share) {
    if (row < plan.fullSpeed) continue
    const dueMs = startMs + ((row - plan.fullSpeed) / plan.pacedPerSecond) * 1000
    if (monotonicMs() < dueMs) {
      // the turn of the event loop ends, and the batch that is open goes out
      await setImmediate()
      sleepUntil(dueMs)
    }
    due.writeDoubleBE(dueMs)
    if (!log.append({...flight, headers: {due}})) await log.drained()
  }
  await log.flush()
  return {startMs, endMs: monotonicMs()}
}

/** Timers are good to a millisecond or two; this is good to some microseconds, and a thread of our own may block. */
function sleepUntil(ms: number): void {
  Atomics.wait(SLEEP, 0, 0, ms - monotonicMs())
}

/** Its own flights, ready to append: what is measured is the log, not the reading of the data set. */
function readShare(): readonly {row: number; flight: Flight}[] {
  const own = []
  let row = 0
  for (const flight of readFlights()) {
    if (row === recordsOf(plan)) break
    if (producerOf(flight) === producer) own.push({row, flight})
    row++
  }
  return own
}

/** A thread that sends until somebody ends it; it tells in shared memory what it was promised. */
import {parentPort, workerData} from 'node:worker_threads'
import {attachLog, type LogHandle} from '../../index.ts'
import {payload} from '../door/payload.ts'

export interface DyingTask {
  readonly handle: LogHandle
  readonly name: string
  /** One word: how many records are known to be stored. */
  readonly stored: Int32Array
}

const {handle, name, stored} = workerData as DyingTask
const log = await attachLog(handle)
for (let i = 0; ; i++) {
  // lengths from a few bytes to more than a batch holds beside others, so that it dies in the middle of all sorts
  const text = payload(name, i, 48 + (((i * 2654435761) >>> 0) % (i % 50 === 0 ? 8000 : 400)))
  if (i % 40 === 39) {
    await log.send(text, {durability: 'written'})
    Atomics.store(stored, 0, i + 1)
    if (i === 39) parentPort!.postMessage('under way')
  } else if (!log.append(text)) await log.drained()
}

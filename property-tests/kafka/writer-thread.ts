/** A worker that attaches to a log, appends to it, and closes its door. */
import {workerData} from 'node:worker_threads'
import {attachLog, type LogHandle} from '../../index.ts'

const {handle, name, records} = workerData as {handle: LogHandle; name: string; records: number}
const log = await attachLog(handle)
for (let i = 0; i < records; i++) {
  if (!log.append({key: name, value: `${name} ${i} ${'.'.repeat(i % 97)}`})) await log.drained()
  if (i % 31 === 0) await log.flush()
}
await log.close()

/** The worker of `program.ts`: attaches, sends, closes, ends. */
import {workerData} from 'node:worker_threads'
import {attachLog, type LogHandle} from 'odradek'

async function attach(): Promise<void> {
  const log = await attachLog(workerData as LogHandle)
  await log.send('from a worker')
  await log.close()
}

void attach()

/** What tests have a worker thread do with a log; `does` says which. */
import {parentPort, workerData} from 'node:worker_threads'
import {attachLog, type Log, type LogHandle, type OdradekError, openLog} from '../../index.ts'
import {payload} from './payload.ts'

interface Task {
  readonly does: keyof typeof TASKS
  readonly dir?: string
  readonly handle?: LogHandle
  readonly count?: number
  readonly name?: string
}

const task = workerData as Task
const name = task.name ?? 'p'
const count = task.count ?? 0

const TASKS = {
  async 'append and end'(log: Log): Promise<void> {
    for (let i = 0; i < count; i++) log.append(payload(name, i))
  },

  /** Appends and sends in turn, obeys back-pressure, closes its door, and tells how many it sent. */
  async produce(log: Log): Promise<void> {
    for (let i = 0; i < count; i++) {
      if (i % 100 === 99) await log.send(payload(name, i), {durability: 'written'})
      else if (!log.append(payload(name, i))) await log.drained()
    }
    await log.close()
    parentPort!.postMessage(count)
  },

  /** Keeps sends under way until the log is closed, then tells how they came out. */
  async 'send without end'(log: Log): Promise<void> {
    const counts: Record<string, number> = {}
    const sends = new Set<Promise<void>>()
    const note = (code: string): void => {
      counts[code] = (counts[code] ?? 0) + 1
    }
    for (let i = 0; counts['LOG_CLOSED'] === undefined; i++) {
      const send = log.send(payload(name, i)).then(
        () => note('done'),
        (error: OdradekError) => note(error.code),
      )
      sends.add(send.then(() => void sends.delete(send)))
      if (i % 50 === 0) await new Promise(resolve => setImmediate(resolve))
      if (i === 500) parentPort!.postMessage('under way')
    }
    await Promise.all(sends)
    await log.close()
    parentPort!.postMessage(counts)
  },

  /** Reads until it has `count` records and tells them in order. */
  async read(log: Log): Promise<void> {
    const texts: string[] = []
    for await (const records of log.reader({follow: true}).batches()) {
      for (const record of records) texts.push(record.text())
      if (texts.length >= count) break
    }
    await log.close()
    parentPort!.postMessage(texts)
  },

  /** Appends until it is terminated. */
  async 'append for ever'(log: Log): Promise<void> {
    for (let i = 0; ; i++) {
      if (!log.append(payload(name, i))) await log.drained()
      if (i === 1000) parentPort!.postMessage('under way')
      if (i % 1000 === 0) await new Promise(resolve => setImmediate(resolve))
    }
  },

  async stay(log: Log): Promise<void> {
    parentPort!.postMessage(log.handle)
    parentPort!.on('message', () => {})
  },

  async open(): Promise<void> {},
}

try {
  await TASKS[task.does](task.handle === undefined ? await openLog(task.dir!) : await attachLog(task.handle))
} catch (error) {
  parentPort!.postMessage({code: (error as OdradekError).code, message: (error as Error).message})
}

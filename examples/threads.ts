// Several threads, one log: each producer attaches with the handle, the order of each is kept, the main thread follows.
//   node dist/examples/threads.js [DIR]
import {isMainThread, Worker, workerData} from 'node:worker_threads'
import {attachLog, type LogHandle, openLog} from 'odradek'

const PRODUCERS = 3
const EACH = 20_000

if (isMainThread) await main()
else await produce(workerData)

async function main(): Promise<void> {
  const log = await openLog(process.argv[2] ?? './data/threads', {durability: 'written'})
  const reader = log.reader({from: 'latest', follow: true})
  for (let producer = 0; producer < PRODUCERS; producer++) {
    // a handle can be posted to any thread of this process, as workerData or in a message
    new Worker(new URL(import.meta.url), {workerData: {handle: log.handle, producer}})
  }
  const next = new Array<number>(PRODUCERS).fill(0)
  let seen = 0
  for await (const record of reader) {
    const producer = Number(record.key)
    if (Number(record.text()) !== next[producer]) throw new Error(`producer ${producer} is out of order`)
    next[producer]!++
    if (++seen === PRODUCERS * EACH) break
  }
  console.log(`saw ${next.join(' + ')} records, each producer's in its order`)
  await log.close()
}

async function produce({handle, producer}: {handle: LogHandle; producer: number}): Promise<void> {
  const log = await attachLog(handle)
  const key = String(producer)
  for (let i = 0; i < EACH; i++) if (!log.append({key, value: String(i)})) await log.drained()
  await log.close() // gives up this thread's place; the log stays open for the others
}

/** The thread that records come to: takes each one's age by the time it was planned for, and tells their distribution at the end. */
import {type MessagePort, parentPort, workerData} from 'node:worker_threads'
import {attachLog, type LogHandle, type RecordView} from '../../index.ts'
import {Latencies} from '../limits/limit.ts'

/** How records come: by a log, whose reader blocks, awaits or spins, or one message each, straight from the sender or by way of a thread between the two. */
export interface ReaderThreadData {
  readonly by: 'blocking' | 'awaiting' | 'spinning' | 'message' | 'relayed'
  /** Where the thread between puts its messages. */
  readonly relay: MessagePort | undefined
  readonly handle: LogHandle | undefined
  readonly count: number
  /** How many of them come before those whose age counts. */
  readonly before: number
}

const {by, relay, handle, count, before} = workerData as ReaderThreadData
const port = parentPort!
const latencies = new Latencies()
let seen = 0

if (handle === undefined) readMessages(relay ?? port)
else await readLog(handle)

function readMessages(from: MessagePort): void {
  from.on('message', (value: Uint8Array) => {
    take(new DataView(value.buffer, value.byteOffset).getFloat64(0))
    if (seen === count) finish()
  })
  port.postMessage('ready')
}

async function readLog(handle: LogHandle): Promise<void> {
  const log = await attachLog(handle)
  const reader = log.reader({from: 'latest'})
  const view = new DataView(new ArrayBuffer(8))
  const handler = (record: RecordView): void => {
    for (let i = 0; i < 8; i++) view.setUint8(i, record.valueByte(i))
    take(view.getFloat64(0))
  }
  reader.poll(handler)
  port.postMessage('ready')
  while (seen < count) {
    if (reader.poll(handler) > 0 || by === 'spinning') continue
    if (by === 'blocking') reader.waitSync()
    else await reader.wait()
  }
  await log.close()
  finish()
}

function take(plannedNs: number): void {
  if (seen++ >= before) latencies.sinceNumber(plannedNs)
}

function finish(): void {
  port.postMessage(latencies.percentiles())
  port.close()
  relay?.close()
}

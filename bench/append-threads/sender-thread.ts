/** A thread that sends: attaches to the log it is told of, appends what it is asked to, and tells when it is stored. */
import {parentPort, workerData} from 'node:worker_threads'
import {attachLog, type Log, type LogHandle} from '../../index.ts'
import {appendAll} from '../append/odradek.ts'
import type {Payload} from '../append/payload.ts'
import {senderPayload} from './numbered-values.ts'

export type SenderOrder =
  | {readonly do: 'attach'; readonly handle: LogHandle}
  | {readonly do: 'append'; readonly from: number; readonly end: number}
  | {readonly do: 'detach'}

const port = parentPort!
const payload: Payload = senderPayload(workerData as number)
let log: Log | undefined

port.on('message', async (order: SenderOrder) => {
  if (order.do === 'attach') log = await attachLog(order.handle)
  else if (order.do === 'append') await appendAll(log!, payload, order.from, order.end)
  else await log!.close()
  port.postMessage('done')
})

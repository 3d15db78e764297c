/** The thread between two others: passes on what it gets, a message each, and ends with the one it passes them to. */
import {type MessagePort, parentPort, workerData} from 'node:worker_threads'

export interface RelayData {
  readonly to: MessagePort
}

const {to} = workerData as RelayData
const port = parentPort!
port.on('message', (value: Uint8Array) => to.postMessage(value))
to.on('close', () => port.close())

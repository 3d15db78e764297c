/** A worker that opens a log, tells its handle, and stays. */
import {parentPort, workerData} from 'node:worker_threads'
import {openLog} from '../../index.ts'

const {dir} = workerData as {dir: string}
const log = await openLog(dir)
parentPort!.postMessage(log.handle)
parentPort!.on('message', () => {})

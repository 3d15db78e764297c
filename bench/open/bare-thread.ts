/** Starts a thread that does nothing, as the log starts its own; prints how long it took until it ran, in ms. */
import {once} from 'node:events'
import {Worker} from 'node:worker_threads'

const script = "require('node:worker_threads').parentPort.postMessage('up')"
const startMs = performance.now()
const thread = new Worker(script, {eval: true, execArgv: []})
await once(thread, 'message')
process.stdout.write(JSON.stringify(performance.now() - startMs))

/** The other thread of a round trip: answers by the way it was asked. */
import {parentPort, workerData} from 'node:worker_threads'

export interface EchoData {
  readonly by: 'wait' | 'message'
  /** Word 0 is the question's number, -1 the end; word 1 the answer's. */
  readonly words: Int32Array
}

const {by, words} = workerData as EchoData
const port = parentPort!

if (by === 'message') port.on('message', message => port.postMessage(message))
port.postMessage('ready')
if (by === 'wait') answer()

function answer(): void {
  for (let seen = 0; ; ) {
    Atomics.wait(words, 0, seen)
    const asked = Atomics.load(words, 0)
    if (asked === -1) return
    if (asked === seen) continue
    seen = asked
    Atomics.store(words, 1, asked)
    Atomics.notify(words, 1)
  }
}

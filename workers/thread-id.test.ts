import {once} from 'node:events'
import {Worker} from 'node:worker_threads'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {skip} from '../property-tests/runner/skip.ts'
import {nativeThreadId, threadIsAlive} from './thread-id.ts'

const knowsThreads = process.platform === 'linux'

const name = 'a thread has a name of its own, and is alive until it ends'
if (knowsThreads)
  test(name, async () => {
    assert.ok(nativeThreadId() > 0)
    assert.ok(threadIsAlive(nativeThreadId()))
    const worker = new Worker(
      `const {parentPort} = require('node:worker_threads')
       import(${JSON.stringify(new URL('./thread-id.js', import.meta.url).href)}).then(({nativeThreadId}) => parentPort.postMessage(nativeThreadId()))
       parentPort.on('message', () => {})`,
      {eval: true},
    )
    const [id] = (await once(worker, 'message')) as [number]
    assert.is.not(id, nativeThreadId())
    assert.ok(threadIsAlive(id))
    await worker.terminate()
    assert.not(threadIsAlive(id))
  })
else skip(test, name, 'this system does not tell')

test('a thread whose name is unknown is taken to be alive', () => {
  assert.ok(threadIsAlive(0))
})

test.run()

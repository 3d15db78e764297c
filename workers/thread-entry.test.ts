import {once} from 'node:events'
import fs from 'node:fs'
import {Worker} from 'node:worker_threads'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {optionalPackage} from './optional-package.ts'
import {threadEntry} from './thread-entry.ts'
import {startThread, threadBase, threadStart} from './thread-start.ts'

test("a script that is named is taken; else the package's own is found", async () => {
  assert.is(await threadEntry('file:///elsewhere.js'), 'file:///elsewhere.js')
  const own = await threadEntry(undefined)
  assert.match(own, /^file:.*\/workers\/odradek-thread\.js$/)
  assert.ok(fs.existsSync(new URL(own)))
})

test("a thread that is not of the log's own says so", async () => {
  const worker = new Worker(new URL(await threadEntry(undefined)), {workerData: {data: 1}})
  const [error] = await once(worker, 'error')
  assert.match(error.message, "for the log's own threads")
})

test('a thread is started with its role and its data, and looks for packages where its starter does', async () => {
  const script =
    "import {parentPort, workerData} from 'node:worker_threads'; parentPort.postMessage([process.execArgv, workerData])"
  const worker = startThread(`data:text/javascript,${encodeURIComponent(script)}`, {
    role: 'job',
    data: 7,
    name: 'a job',
  })
  const [message] = await once(worker, 'message')
  assert.equal(message, [[], {odradek: 'job', data: 7, base: threadBase()}])
  assert.is(threadStart(), undefined)
})

test('a package is found where it is installed; one that is not there, or does not load, is none', () => {
  assert.type(optionalPackage<{crc32c: unknown}>('@node-rs/crc32')?.crc32c, 'function')
  assert.is(optionalPackage('no-such-package'), undefined)
})

test.run()

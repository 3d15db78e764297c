import fs from 'node:fs'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {DOORBELL_BYTES, Doorbell, RING} from '../engine/memory/doorbell.ts'
import {tempDir} from '../property-tests/door/temp-dir.ts'
import {FlusherThread} from './flusher.ts'
import {INLINED_THREAD} from './inlined-thread.ts'
import type {SyncAnswer} from './replica-agent.ts'
import {nodeStorage} from './storage.ts'
import {threadEntry} from './thread-entry.ts'

/** Has the files synced, here or by the thread; tells which. */
function syncNow(flusher: FlusherThread, doorbell: Doorbell, files: readonly {fd: number; sync(): void}[]) {
  const here = flusher.start(files)
  let answer: SyncAnswer | undefined = here
  for (const deadline = Date.now() + 5000; answer === undefined && Date.now() < deadline; ) {
    doorbell.wait(doorbell.count(), 5)
    answer = flusher.answer()
  }
  assert.ok(answer !== undefined, 'no answer came')
  return {error: answer.error as Error | undefined, here: here !== undefined}
}

/** The thread's script: the package's own, and the text that a bundle has; tsc alone leaves that empty. */
const entries = [await threadEntry(undefined)]
if (INLINED_THREAD !== '') entries.push(`data:text/javascript,${encodeURIComponent(INLINED_THREAD)}`)

for (const entry of entries) {
  const script = entry.slice(0, entry.indexOf(':'))
  test(`syncs are done here until the thread is up, then by the thread; failures come back from both (${script})`, () =>
    checkFlusher(entry))
}

test('what ends the process ends the flushers, which sleep for good', () => {
  process.exitCode = 0
  setImmediate(() => process.exit())
})

async function checkFlusher(entry: string): Promise<void> {
  const dir = tempDir()
  const doorbell = new Doorbell(new SharedArrayBuffer(DOORBELL_BYTES), 0)
  const flusher = new FlusherThread(doorbell, entry)
  const file = nodeStorage.open(`${dir}/file`, 'create')
  const gone = {
    fd: 10_000,
    sync() {
      throw new Error('no such file')
    },
  }
  assert.is(flusher.answer(), undefined)
  assert.equal(syncNow(flusher, doorbell, [file]), {error: undefined, here: true})
  assert.match(syncNow(flusher, doorbell, [file, gone]).error!.message, 'no such file')
  let last = syncNow(flusher, doorbell, [file])
  for (let i = 0; i < 1000 && last.here; i++) {
    await new Promise(resolve => setTimeout(resolve, 2))
    last = syncNow(flusher, doorbell, [file])
  }
  assert.equal(last, {error: undefined, here: false})
  assert.ok(doorbell.takeDirty(1) & (1 << (RING.flusher - 32)))
  for (let i = 0; i < 50; i++) assert.equal(syncNow(flusher, doorbell, [file, file]), {error: undefined, here: false})
  assert.match(syncNow(flusher, doorbell, [gone]).error!.message, /error number \d+/)
  assert.equal(syncNow(flusher, doorbell, [file]), {error: undefined, here: false})
  file.close()
  assert.ok(fs.existsSync(`${dir}/file`))
}

test.run()

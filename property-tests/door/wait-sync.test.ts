/** `reader.waitSync`: a thread blocks until there is something to read. */
import {once} from 'node:events'
import {Worker} from 'node:worker_threads'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {onNewLog} from './on-new-log.ts'
import {refused} from './refused.ts'

test('it is true at once where there is something, and as soon as the replica thread has stored something', async () => {
  await onNewLog({durability: 'written'}, async log => {
    const reader = log.reader()
    const sent = log.send('a')
    await null
    assert.is(reader.waitSync({timeoutMs: 60_000}), true)
    assert.is(reader.waitSync({timeoutMs: 0}), true)
    assert.is(reader.position, 0)
    await sent
    assert.is(
      reader.poll(() => {}),
      1,
    )
  })
})

test('it is false when its time is over, and the thread then hears of its own sends', async () => {
  await onNewLog({durability: 'written'}, async log => {
    const reader = log.reader({from: 'latest', level: 'synced'})
    const sent = log.send('a')
    await null
    assert.is(reader.waitSync({timeoutMs: 5}), false)
    assert.is((await sent).baseOffset, 0)
    await log.flush({durability: 'synced'})
    assert.is(reader.waitSync(), true)
  })
})

test('it is false of a reader or a log that is closed', async () => {
  await onNewLog({}, async log => {
    const [closed, reader] = [log.reader(), log.reader()]
    closed.close()
    assert.is(closed.waitSync({timeoutMs: 60_000}), false)
    await log.close()
    assert.is(reader.waitSync({timeoutMs: 60_000}), false)
  })
})

test('what it is asked for is checked', async () => {
  await onNewLog({}, async log => {
    const reader = log.reader()
    for (const timeoutMs of [-1, Number.NaN, '5' as unknown as number])
      await refused('INVALID_ARGUMENT', () => reader.waitSync({timeoutMs}), 'timeoutMs')
    await refused('INVALID_ARGUMENT', () => reader.waitSync({timeout: 5} as unknown as {timeoutMs: number}), 'timeout')
  })
})

test('a worker that blocks is woken by what another thread appends', async () => {
  await onNewLog({durability: 'written'}, async log => {
    const worker = new Worker(
      `import {workerData, parentPort} from 'node:worker_threads'
       const {attachLog} = await import(workerData.door)
       const log = await attachLog(workerData.handle)
       const reader = log.reader()
       parentPort.postMessage('ready')
       let seen = 0
       while (seen < 300) seen += reader.waitSync({timeoutMs: 60_000}) ? reader.poll(() => {}) : 0
       await log.close()
       parentPort.postMessage(seen)`,
      {eval: true, workerData: {door: new URL('../../index.js', import.meta.url).href, handle: log.handle}},
    )
    await once(worker, 'message')
    const told = once(worker, 'message')
    for (let i = 0; i < 300; i++) {
      log.append(String(i))
      if (i % 7 === 0) await new Promise(setImmediate)
    }
    assert.equal(await told, [300])
  })
})

test.run()

/** What a process leaves behind when it ends, in whatever way: what was appended is there. */
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {openLog} from '../../index.ts'
import {readPayload} from './payload.ts'
import {runProgram} from './run-program.ts'
import {tempDir} from './temp-dir.ts'

/** How many payloads, in order and none twice, the log in `dir` has. */
async function countPayloads(dir: string): Promise<number> {
  const log = await openLog(dir)
  let next = 0
  log.reader().poll(record => assert.is(readPayload(record.text()).sequence, next++))
  await log.close()
  return next
}

for (const durability of ['written', 'synced']) {
  for (const count of [1, 100_000]) {
    test(`a ${durability} log: ${count} appended, and the script simply ends`, async () => {
      const dir = tempDir()
      const {status} = await runProgram('append and end', [dir, String(count), durability])
      assert.is(status, 0)
      assert.is(await countPayloads(dir), count)
    })
  }
}

for (const how of ['opened there', 'attached there']) {
  test(`the same from a worker, the log ${how}`, async () => {
    const dir = tempDir()
    const {status} = await runProgram('append and end in a worker', [dir, '20000', how])
    assert.is(status, 0)
    assert.is(await countPayloads(dir), 20_000)
  })
}

test('process.exit in the middle loses at most what was not flushed', async () => {
  const dir = tempDir()
  const {status} = await runProgram('append, flush half, exit', [dir, '20000'])
  assert.is(status, 3)
  const count = await countPayloads(dir)
  assert.ok(count >= 10_000 && count <= 20_000, `${count} are there`)
})

for (const durability of ['written', 'synced']) {
  test(`flushSync in an exit handler loses nothing of a ${durability} log`, async () => {
    const dir = tempDir()
    const {status} = await runProgram('append, exit, flushSync', [dir, '20000', durability])
    assert.is(status, 3)
    assert.is(await countPayloads(dir), 20_000)
  })
}

test('flushSync in the exit handler of a program that threw loses nothing', async () => {
  const dir = tempDir()
  const {status} = await runProgram('append, throw, flushSync', [dir, '20000'], {silent: true})
  assert.is(status, 1)
  assert.is(await countPayloads(dir), 20_000)
})

test('flushSync in an exit handler after a close does nothing', async () => {
  const dir = tempDir()
  assert.is((await runProgram('flushSync after close', [dir])).status, 0)
  assert.is(await countPayloads(dir), 10)
})

test.run()

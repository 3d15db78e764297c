/** The files of readers are let go of. */
import {setTimeout} from 'node:timers/promises'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {openLog} from '../../index.ts'
import {payload} from './payload.ts'
import {arrayBuffers, collectGarbage, openFiles} from './resources.ts'
import {tempDir} from './temp-dir.ts'

test('the files of readers are closed: by close, at the end of an iteration, and at the end of the log', async () => {
  const dir = tempDir()
  const first = await openLog(dir, {segmentBytes: 4096})
  for (let i = 0; i < 50; i++) await first.send(payload('f', i, 1000), {durability: 'written'})
  await first.close()
  const log = await openLog(dir, {segmentBytes: 4096})
  const idle = openFiles(dir)
  const reader = log.reader()
  reader.poll(() => {}, 1)
  assert.is(openFiles(dir), idle + 1)
  reader.close()
  assert.is(openFiles(dir), idle)
  for await (const _ of log.reader()) break
  for await (const _ of log.reader()) void _
  for await (const _ of log.reader().batches()) break
  assert.is(openFiles(dir), idle)
  log.reader().poll(() => {}, 1)
  log.reader({from: 10}).poll(() => {}, 1)
  assert.is(openFiles(dir), idle + 2)
  await log.close()
  assert.is(openFiles(dir), 0)
})

test('readers that are dropped without a close are let go of, and their files closed', async () => {
  const dir = tempDir()
  const first = await openLog(dir)
  await first.send(Array.from({length: 10}, (_, i) => payload('d', i, 1000)))
  await first.close()
  const log = await openLog(dir)
  const before = arrayBuffers()
  const idle = openFiles(dir)
  for (let i = 0; i < 300; i++) {
    log.reader().poll(() => {}, 1)
    if (i % 50 === 0) await setTimeout(1)
  }
  for (let i = 0; i < 100 && openFiles(dir) > idle; i++) {
    collectGarbage()
    await setTimeout(5)
  }
  assert.is(openFiles(dir), idle)
  assert.ok(arrayBuffers() - before < 16e6)
  await log.close()
})

test.run()

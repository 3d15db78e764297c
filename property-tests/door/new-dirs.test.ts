/** The names of directories that an opening makes last, or what is synced in them is lost with them. */
import fs from 'node:fs'
import path from 'node:path'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {type OpenLog, openLog} from '../../index.ts'
import {syncsOf} from './sync-spy.ts'
import {tempDir} from './temp-dir.ts'

test('each directory that is made is synced by its parent, up to the first that was there', async () => {
  const dir = tempDir()
  let log!: OpenLog
  const openSome = async (): Promise<void> => {
    log = await openLog(`${dir}/a/b/c`)
  }
  assert.equal((await syncsOf(openSome)).sort(), [`fsync ${dir}`, `fsync ${dir}/a`, `fsync ${dir}/a/b`])
  await log.close()
  // found: the replica thread syncs what is in it, here there is nothing to do
  assert.equal(await syncsOf(openSome), [])
  await log.close()
})

test('the same for a path with steps back in it', async () => {
  const dir = tempDir()
  fs.mkdirSync(`${dir}/a`)
  let log!: OpenLog
  const syncs = await syncsOf(async () => {
    log = await openLog(`${path.relative(process.cwd(), dir)}/a/../b/./c/`)
  })
  assert.equal(syncs.sort(), [`fsync ${dir}`, `fsync ${dir}/b`])
  await log.close()
})

test.run()

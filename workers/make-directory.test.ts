import {spawnSync} from 'node:child_process'
import fs from 'node:fs'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import type {OdradekError} from '../engine/errors.ts'
import {syncsOf} from '../property-tests/door/sync-spy.ts'
import {tempDir} from '../property-tests/door/temp-dir.ts'
import {skip} from '../property-tests/runner/skip.ts'
import {makeDirectory} from './make-directory.ts'

const codeOf = (dir: string): string => {
  try {
    makeDirectory(dir)
  } catch (error) {
    return (error as OdradekError).code
  }
  return 'made'
}

test('each level that is made is synced by its parent, from the top; what is there is left alone', async () => {
  const dir = tempDir()
  const make = (): void => makeDirectory(`${dir}/a/b/c`)
  assert.equal(await syncsOf(make), [`fsync ${dir}`, `fsync ${dir}/a`, `fsync ${dir}/a/b`])
  assert.ok(fs.statSync(`${dir}/a/b/c`).isDirectory())
  assert.equal(await syncsOf(make), [])
})

test('a level that somebody else makes at the same time is as good', async () => {
  const dir = tempDir()
  const {mkdirSync} = fs
  fs.mkdirSync = ((path: string) => {
    mkdirSync(path)
    return mkdirSync(path)
  }) as typeof fs.mkdirSync
  try {
    assert.equal(await syncsOf(() => makeDirectory(`${dir}/a/b`)), [`fsync ${dir}`, `fsync ${dir}/a`])
  } finally {
    fs.mkdirSync = mkdirSync
  }
})

test('a file, what lies below one, and a link to nowhere are no directories', () => {
  const dir = tempDir()
  fs.writeFileSync(`${dir}/file`, '')
  fs.symlinkSync(`${dir}/nowhere`, `${dir}/link`)
  for (const path of ['file', 'file/below', 'file/far/below', 'link', 'link/below'])
    assert.is(codeOf(`${dir}/${path}`), 'NOT_A_DIRECTORY', path)
  assert.equal(fs.readdirSync(dir).sort(), ['file', 'link'])
})

const refusing = 'a file system that takes no directories refuses, and does not hold the process up'
if (fs.existsSync('/proc/self'))
  test(refusing, () => {
    const module = JSON.stringify(new URL('./make-directory.js', import.meta.url).href)
    for (const dir of ['/proc/x', '/proc/x/y', '/proc/self/x']) {
      const program = `
        const {makeDirectory} = await import(${module})
        try { makeDirectory('${dir}') } catch (error) { process.stdout.write(error.message) }`
      const run = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
        timeout: 10_000,
        encoding: 'utf8',
      })
      assert.is(run.status, 0, `${dir}: ${run.signal}`)
      assert.match(run.stdout, /^KAFKA_STORAGE_ERROR: making \/proc\/.*: ENOENT/)
    }
  })
else skip(test, refusing, 'there is no /proc here')

test.run()

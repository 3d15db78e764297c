import fs from 'node:fs'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import type {OdradekError} from '../engine/errors.ts'
import {tempDir} from '../property-tests/door/temp-dir.ts'
import {DirLock} from './dir-lock.ts'

const inUse = (error: OdradekError): string => {
  assert.is(error.code, 'LOG_IN_USE')
  return 'in use'
}

test('a dir is locked once, names its owner, and is free again when released', async () => {
  const dir = tempDir()
  for (let round = 0; round < 3; round++) {
    const lock = await DirLock.take(dir)
    const owner = JSON.parse(fs.readFileSync(`${dir}/.lock`, 'utf8'))
    assert.is(owner.pid, process.pid)
    assert.is(await DirLock.take(dir).catch(inUse), 'in use')
    lock.release()
    assert.not(fs.existsSync(`${dir}/.lock`))
  }
})

test('two that try at once: one gets it', async () => {
  const dir = tempDir()
  const locks = await Promise.all([DirLock.take(dir).catch(inUse), DirLock.take(dir).catch(inUse)])
  assert.is(locks.filter(lock => lock === 'in use').length, 1)
  for (const lock of locks) if (lock !== 'in use') (lock as DirLock).release()
})

test('a release survives that the dir is gone', async () => {
  const dir = `${tempDir()}/gone`
  fs.mkdirSync(dir)
  const lock = await DirLock.take(dir)
  fs.rmSync(dir, {recursive: true})
  lock.release()
  fs.mkdirSync(dir)
  const again = await DirLock.take(dir)
  // as a directory the lock file cannot be removed
  fs.rmSync(`${dir}/.lock`)
  fs.mkdirSync(`${dir}/.lock`)
  again.release()
})

test('what is in the way of the lock file is told, and the dir is not held by the attempt', async () => {
  const dir = tempDir()
  fs.mkdirSync(`${dir}/.lock`)
  for (let i = 0; i < 2; i++) {
    const failure = await DirLock.take(dir).catch((error: OdradekError) => error)
    assert.is((failure as OdradekError).code, 'KAFKA_STORAGE_ERROR')
    assert.match((failure as OdradekError).message, dir)
  }
  fs.rmdirSync(`${dir}/.lock`)
  ;(await DirLock.take(dir)).release()
  await DirLock.take(`${dir}/nowhere`).catch((error: OdradekError) => assert.is(error.code, 'KAFKA_STORAGE_ERROR'))
})

test.run()

import fs from 'node:fs'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import type {OdradekError} from '../engine/errors.ts'
import {tempDir} from '../property-tests/door/temp-dir.ts'
import {DirLock} from './dir-lock.ts'
import {makeLock, readLock, removeLock} from './lock-file.ts'
import {isContained} from './lock-owner.ts'
import {isDeserted, listenInPlaceOf} from './lock-socket.ts'

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

/** Leaves the lock file of an owner like this process, but for `differences`. */
async function leaveOwner(dir: string, differences: Record<string, unknown>): Promise<void> {
  const lock = await DirLock.take(dir)
  const own = JSON.parse(fs.readFileSync(`${dir}/.lock`, 'utf8'))
  lock.release()
  fs.writeFileSync(`${dir}/.lock`, JSON.stringify({...own, ...differences}))
}

const elsewhere = {network: 'net:[1]', pids: 'pid:[1]', host: 'another', pid: 2 ** 22 + 1}

test('an owner in another container of this machine, whose pid means nothing here, is taken to run', async () => {
  const dir = tempDir()
  await leaveOwner(dir, elsewhere)
  const before = fs.readFileSync(`${dir}/.lock`, 'utf8')
  const error = (await DirLock.take(dir).catch((refusal: OdradekError) => refusal)) as OdradekError
  assert.is(error.code, 'LOG_IN_USE')
  assert.match(error.message, `is open in process ${elsewhere.pid} on another`)
  assert.match(error.message, `If that one has ended, remove ${dir}/.lock`)
  assert.is(fs.readFileSync(`${dir}/.lock`, 'utf8'), before, 'and keeps its file')
  fs.rmSync(`${dir}/.lock`)
  ;(await DirLock.take(dir)).release()
  // after a new start of the machine nobody of before runs
  await leaveOwner(dir, {...elsewhere, boot: 'another'})
  ;(await DirLock.take(dir)).release()
})

test('an owner in another container is known to have ended once nobody listens on its socket file', async () => {
  const dir = tempDir()
  await leaveOwner(dir, elsewhere)
  const theirs = await listenInPlaceOf(`${dir}/.lock-socket`)
  assert.is(await DirLock.take(dir).catch(inUse), 'in use')
  // as it ends when it is killed: the file stays
  fs.renameSync(`${dir}/.lock-socket`, `${dir}/.kept`)
  theirs!.close()
  fs.renameSync(`${dir}/.kept`, `${dir}/.lock-socket`)
  const lock = await DirLock.take(dir)
  // it would else say of the new owner that it has ended
  assert.equal(fs.readdirSync(dir), ['.lock'])
  lock.release()
})

test('a process in a container listens on a socket file, and takes it with it', async () => {
  const dir = tempDir()
  const lock = await DirLock.take(dir, true)
  assert.equal(fs.readdirSync(dir).sort(), ['.lock', '.lock-socket'])
  assert.not(await isDeserted(`${dir}/.lock-socket`))
  lock.release()
  assert.equal(fs.readdirSync(dir), [])
  // where there can be no such file the lock does without
  const deep = `${dir}/${'x'.repeat(100)}`
  fs.mkdirSync(deep)
  const again = await DirLock.take(deep, true)
  assert.equal(fs.readdirSync(deep), ['.lock'])
  again.release()
})

test('only a process that is not in the first namespace of its machine is in a container', () => {
  assert.equal(['', 'pid:[4026531836]', 'pid:[4026532201]'].map(isContained), [false, false, true])
})

test('a lock file that somebody else makes at the same time is theirs', async () => {
  const dir = tempDir()
  const {writeFileSync} = fs
  fs.writeFileSync = ((path: string, text: string, options?: object) => {
    if (options !== undefined) writeFileSync(path, '{"pid":1}')
    writeFileSync(path, text, options)
  }) as typeof fs.writeFileSync
  try {
    assert.is(await DirLock.take(dir).catch(inUse), 'in use')
  } finally {
    fs.writeFileSync = writeFileSync
  }
  assert.is(fs.readFileSync(`${dir}/.lock`, 'utf8'), '{"pid":1}')
})

test("a dead owner's file is removed by one of two that found it, and what the other made by then stays", () => {
  const path = `${tempDir()}/.lock`
  fs.writeFileSync(path, 'dead')
  assert.is(removeLock(path, 'dead'), true)
  assert.is(removeLock(path, 'dead'), true, 'it is gone')
  const text = makeLock(path)!
  assert.is(makeLock(path), undefined)
  assert.is(removeLock(path, 'dead'), false)
  assert.is(readLock(path)!.text, text)
  assert.is(removeLock(path, text), true)
})

test("a file that is being written is waited for, not taken for a dead owner's", async () => {
  const dir = tempDir()
  await leaveOwner(dir, elsewhere)
  const text = fs.readFileSync(`${dir}/.lock`, 'utf8')
  fs.writeFileSync(`${dir}/.lock`, text.slice(0, 20))
  const taking = DirLock.take(dir).catch(inUse)
  setImmediate(() => fs.writeFileSync(`${dir}/.lock`, text))
  assert.is(await taking, 'in use')
})

test("a release leaves the next owner's file alone", async () => {
  const dir = tempDir()
  const lock = await DirLock.take(dir)
  fs.renameSync(dir, `${dir}-moved`)
  fs.mkdirSync(dir)
  const next = await DirLock.take(dir)
  lock.release()
  assert.ok(fs.existsSync(`${dir}/.lock`))
  next.release()
  assert.not(fs.existsSync(`${dir}/.lock`))
  fs.rmSync(`${dir}-moved`, {recursive: true})
})

test.run()

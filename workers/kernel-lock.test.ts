import fs from 'node:fs'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {tempDir} from '../property-tests/door/temp-dir.ts'
import {type KernelLock, lockAddress, takeKernelLock} from './kernel-lock.ts'

test('Linux has a socket that leaves no file, Windows a pipe; others have neither', () => {
  assert.is(lockAddress('linux', 'a-1'), '\0a-1')
  assert.is(lockAddress('win32', 'a-1'), '\\\\?\\pipe\\a-1')
  assert.is(lockAddress('aix', 'a-1'), undefined)
})

test('a lock is taken once, by whatever path, and free again when released', async () => {
  const dir = tempDir()
  const link = `${tempDir()}/link`
  fs.symlinkSync(dir, link)
  const lock = (await takeKernelLock(dir, `${dir}/.lock`)) as KernelLock
  if (process.platform === 'linux') assert.is(lock.isOnFile, false)
  assert.is(await takeKernelLock(link, `${link}/.lock`), 'taken')
  lock.release()
  ;((await takeKernelLock(link, `${link}/.lock`)) as KernelLock).release()
  assert.is(await takeKernelLock(dir, `${dir}/.lock`, 'aix'), undefined)
})

test('the lock of a dir that was removed is nobody else’s: no new dir gets its number', async () => {
  const home = tempDir()
  fs.mkdirSync(`${home}/removed`)
  const lock = (await takeKernelLock(`${home}/removed`, `${home}/removed/.lock`)) as KernelLock
  fs.rmdirSync(`${home}/removed`)
  for (let i = 0; i < 20; i++) {
    fs.mkdirSync(`${home}/${i}`)
    const other = await takeKernelLock(`${home}/${i}`, `${home}/${i}/.lock`)
    assert.is.not(other, 'taken', `dir ${i}`)
    ;(other as KernelLock).release()
  }
  lock.release()
})

test('on macOS the lock is taken in the step that opens the file, and stands as long as that is open', async () => {
  const file = `${tempDir()}/.lock`
  const {openSync, closeSync} = fs
  const opened: unknown[] = []
  const closed: number[] = []
  let refuses: string | undefined
  fs.openSync = ((path: string, flags: number, mode: number) => {
    opened.push([path, flags])
    if (refuses !== undefined) throw Object.assign(new Error(refuses), {code: refuses})
    // what the flags say beyond this is for the other system
    return openSync(path, flags & (fs.constants.O_RDWR | fs.constants.O_CREAT), mode)
  }) as typeof openSync
  fs.closeSync = fd => {
    closed.push(fd)
    closeSync(fd)
  }
  try {
    const lock = (await takeKernelLock('unused', file, 'darwin')) as KernelLock
    assert.equal(opened, [[file, fs.constants.O_RDWR | fs.constants.O_CREAT | 0x20 | 0x4]])
    assert.is(lock.isOnFile, true)
    assert.equal(closed, [])
    lock.release()
    assert.is(closed.length, 1)
    refuses = 'EAGAIN'
    assert.is(await takeKernelLock('unused', file, 'darwin'), 'taken')
    refuses = 'ENOTSUP'
    assert.is(await takeKernelLock('unused', file, 'freebsd'), undefined)
    refuses = 'EACCES'
    const failure = await takeKernelLock('unused', file, 'darwin').catch((error: {code: string}) => error.code)
    assert.is(failure, 'EACCES')
  } finally {
    Object.assign(fs, {openSync, closeSync})
  }
})

test.run()

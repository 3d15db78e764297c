import fs from 'node:fs'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {tempDir} from '../property-tests/door/temp-dir.ts'
import {DirLock} from './dir-lock.ts'
import {ownerOf} from './dir-owner.ts'
import {LOCK_FILE} from './lock-file.ts'

test('the owner is told while the dir is locked, and nobody before and after', async () => {
  const dir = tempDir()
  assert.is(ownerOf(dir), undefined)
  const lock = await DirLock.take(dir)
  assert.is(ownerOf(dir)?.owner?.pid, process.pid)
  const name = fs.readFileSync(`${dir}/${LOCK_FILE}`)
  fs.rmSync(`${dir}/${LOCK_FILE}`)
  if (process.platform === 'linux') assert.equal(ownerOf(dir), {owner: undefined}, 'the socket alone tells of somebody')
  fs.writeFileSync(`${dir}/${LOCK_FILE}`, name)
  lock.release()
  assert.is(ownerOf(dir), undefined)
})

test('a name that was left behind counts for nothing', async () => {
  const dir = tempDir()
  const lock = await DirLock.take(dir)
  const left = JSON.parse(fs.readFileSync(`${dir}/${LOCK_FILE}`, 'utf8'))
  lock.release()
  fs.writeFileSync(`${dir}/${LOCK_FILE}`, JSON.stringify({...left, pid: 2 ** 30}))
  assert.is(ownerOf(dir), undefined)
  // this process runs, but without the socket it does not hold the dir; in another namespace the file has to do
  fs.writeFileSync(`${dir}/${LOCK_FILE}`, JSON.stringify(left))
  if (process.platform === 'linux') assert.is(ownerOf(dir), undefined)
  fs.writeFileSync(`${dir}/${LOCK_FILE}`, JSON.stringify({...left, network: 'net:[1]'}))
  assert.is(ownerOf(dir)?.owner?.pid, process.pid)
  fs.writeFileSync(`${dir}/${LOCK_FILE}`, 'no JSON')
  assert.is(ownerOf(dir), undefined)
})

test('asking about a dir that is not there harms nobody', () => {
  assert.is(ownerOf(`${tempDir()}/nowhere`), undefined)
})

test.run()

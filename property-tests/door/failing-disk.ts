/**
 * A replica thread on a disk that refuses: given as `workerEntry`, it runs the real one, but a write of records that hold
 * `#full` finds the disk full, one of `#short` finds it full halfway, from a record with `#sync` on every sync fails, after
 * one with `#roll` no segment can be started, and one with `#slow` takes a while.
 */
import fs from 'node:fs'
import {createRequire, syncBuiltinESMExports} from 'node:module'
import {interceptWrites} from './intercept-writes.ts'

const sync = fs.fdatasyncSync.bind(fs)
let syncFails = false
let isFull = false
let cannotRoll = false
const SLOW_MS = 60

function refuse(code: string, call: string): never {
  throw Object.assign(new Error(`${code}: the test's disk refuses, ${call}`), {code, errno: -5})
}

interceptWrites(write => (fd, bytes, position) => {
  const text = bytes.toString('latin1')
  if (text.includes('#sync')) syncFails = true
  if (text.includes('#roll')) cannotRoll = true
  if (text.includes('#slow')) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, SLOW_MS)
  if (isFull || text.includes('#full')) {
    isFull = false
    refuse('ENOSPC', 'write')
  }
  if (text.includes('#short')) {
    isFull = true
    return write(fd, bytes.subarray(0, Math.floor(bytes.length / 2)), position)
  }
  return write(fd, bytes, position)
})

const open = fs.openSync.bind(fs)

fs.openSync = ((path: string, ...rest: [string, number]) => {
  if (cannotRoll && path.includes('.snapshot')) refuse('ENOSPC', 'open')
  return open(path, ...rest)
}) as typeof fs.openSync

fs.fdatasyncSync = fd => {
  if (syncFails) refuse('EIO', 'fdatasync')
  sync(fd)
}

// with no flusher thread every sync is done in this one
createRequire(import.meta.url)('node:worker_threads').Worker = class {}
syncBuiltinESMExports()

await import('../../workers/odradek-thread.ts')

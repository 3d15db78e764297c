/**
 * A replica thread on a disk that refuses: given as `workerEntry`, it runs the real one, but a write of records that hold
 * `#full` finds the disk full, one of `#short` finds it full halfway, and from a record with `#sync` on every sync fails.
 */
import fs from 'node:fs'
import {createRequire, syncBuiltinESMExports} from 'node:module'

const write = fs.writeSync.bind(fs) as (...args: unknown[]) => number
const sync = fs.fdatasyncSync.bind(fs)
let syncFails = false
let isFull = false

function refuse(code: string, call: string): never {
  throw Object.assign(new Error(`${code}: the test's disk refuses, ${call}`), {code, errno: -5})
}

fs.writeSync = ((fd: number, source: Uint8Array, at: number, length: number, position: number) => {
  const text = Buffer.from(source.buffer, source.byteOffset + at, length).toString('latin1')
  if (text.includes('#sync')) syncFails = true
  if (isFull || text.includes('#full')) {
    isFull = false
    refuse('ENOSPC', 'write')
  }
  if (text.includes('#short')) {
    isFull = true
    return write(fd, source, at, Math.floor(length / 2), position)
  }
  return write(fd, source, at, length, position)
}) as typeof fs.writeSync

fs.fdatasyncSync = fd => {
  if (syncFails) refuse('EIO', 'fdatasync')
  sync(fd)
}

// with no flusher thread every sync is done in this one
createRequire(import.meta.url)('node:worker_threads').Worker = class {}
syncBuiltinESMExports()

await import('../../workers/replica-thread.ts')

/** A replica thread on a slow disk: given as `workerEntry`, it runs the real one, but every write of records takes a while longer. */
import fs from 'node:fs'

const WRITE_MS = 20
const LEAST_BYTES = 1000

const write = fs.writeSync.bind(fs) as (...args: unknown[]) => number
const never = new Int32Array(new SharedArrayBuffer(4))

fs.writeSync = ((fd: number, source: Uint8Array, at: number, length: number, position: number) => {
  if (length >= LEAST_BYTES) Atomics.wait(never, 0, 0, WRITE_MS)
  return write(fd, source, at, length, position)
}) as typeof fs.writeSync

await import('../../workers/odradek-thread.ts')

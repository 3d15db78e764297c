/** How a program that may be killed at any moment tells what it knows. */
import fs from 'node:fs'

const STDOUT = 1
const LOOK_AGAIN_MS = 1
const nothing = new Int32Array(new SharedArrayBuffer(4))

/**
 * A line on stdout, all of it, before anything else happens in this thread. Where stdout does not block and its reader is slow,
 * this waits for the reader; a pipe takes short lines whole, so those of several threads do not mix.
 */
export function say(line: string): void {
  const bytes = Buffer.from(`${line}\n`)
  for (let at = 0; at < bytes.length; ) at += written(bytes, at)
}

function written(bytes: Buffer, at: number): number {
  try {
    return fs.writeSync(STDOUT, bytes, at)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
    Atomics.wait(nothing, 0, 0, LOOK_AGAIN_MS)
    return 0
  }
}

/**
 * A replica thread that ends itself: given as `workerEntry`, it runs the real one, and when a record with one of the words
 * below has reached the segment file, before anybody is told, it does what the word says.
 */
import fs from 'node:fs'

const WAYS: Readonly<Record<string, () => unknown>> = {
  '#throw': () => {
    throw new Error('thrown in the replica thread')
  },
  '#exit': () => process.exit(7),
  '#overflow': function overflow(): unknown {
    return [overflow()]
  },
  '#fill-memory': () => {
    const hoard: number[][] = []
    for (;;) hoard.push(new Array(100_000).fill(hoard.length + 0.5))
  },
}

const write = fs.writeSync.bind(fs) as (fd: number, source: Uint8Array, at: number, ...rest: number[]) => number

fs.writeSync = ((fd: number, source: Uint8Array, at: number, length: number, position: number) => {
  const count = write(fd, source, at, length, position)
  const text = Buffer.from(source.buffer, source.byteOffset + at, length).toString('latin1')
  for (const [word, way] of Object.entries(WAYS)) {
    if (!text.includes(word)) continue
    // a failed write is an answer like any other: what ends the thread must come from elsewhere
    Atomics.store = way as unknown as typeof Atomics.store
  }
  return count
}) as typeof fs.writeSync

await import('../../workers/odradek-thread.ts')

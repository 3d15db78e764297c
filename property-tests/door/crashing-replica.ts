/**
 * A replica thread that ends itself: given as `workerEntry`, it runs the real one, and when a record with one of the words
 * below has reached the segment file, before anybody is told, it does what the word says.
 */
import {interceptWrites} from './intercept-writes.ts'

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

interceptWrites(write => (fd, bytes, position) => {
  const count = write(fd, bytes, position)
  const text = bytes.toString('latin1')
  for (const [word, way] of Object.entries(WAYS)) {
    if (!text.includes(word)) continue
    // a failed write is an answer like any other: what ends the thread must come from elsewhere
    Atomics.store = way as unknown as typeof Atomics.store
  }
  return count
})

await import('../../workers/odradek-thread.ts')

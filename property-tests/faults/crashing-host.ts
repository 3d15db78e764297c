/**
 * Threads of a cluster that end themselves: given as `workerEntry`, it runs the real ones, and the host that has written a record `#WAY PATH;`
 * to its file, before anybody is told, ends the way the word says. Only the first one does: it makes `PATH`.
 */
import fs from 'node:fs'
import {interceptWrites} from '../door/intercept-writes.ts'

const WAYS: Readonly<Record<string, () => unknown>> = {
  throw: () => {
    throw new Error('thrown in the thread of a host')
  },
  exit: () => process.exit(7),
  overflow: function overflow(): unknown {
    return [overflow()]
  },
  'fill-memory': () => {
    const hoard: number[][] = []
    for (;;) hoard.push(new Array(100_000).fill(hoard.length + 0.5))
  },
}

interceptWrites(write => (fd, bytes, position) => {
  const count = write(fd, bytes, position)
  const [, way, path] = /#([a-z-]+) ([^;]+);/.exec(bytes.toString('latin1')) ?? []
  // a failed write is an answer like any other: what ends the thread must come from elsewhere
  if (way !== undefined && isFirst(path!)) Atomics.store = WAYS[way] as unknown as typeof Atomics.store
  return count
})

function isFirst(path: string): boolean {
  try {
    fs.mkdirSync(path)
    return true
  } catch {
    return false
  }
}

await import('../../workers/odradek-thread.ts')

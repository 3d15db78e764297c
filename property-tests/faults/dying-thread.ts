/**
 * A thread of a log that ends in some way at some moment: given as `workerEntry` where the variable DEATH says `role at way`, it runs the real one, which dies when it
 * starts, opens a file, writes, or syncs. Threads of other roles live.
 */
import fs from 'node:fs'
import {syncBuiltinESMExports} from 'node:module'
import {workerData} from 'node:worker_threads'
import type {ThreadStart} from '../../workers/thread-start.ts'

const WAYS: Readonly<Record<string, () => unknown>> = {
  throw() {
    throw new Error('thrown in a thread')
  },
  rejection() {
    void Promise.reject(new Error('nobody listens'))
  },
  exit: () => process.exit(7),
  overflow: function overflow(): unknown {
    return [overflow()]
  },
  memory() {
    const hoard: number[][] = []
    for (;;) hoard.push(new Array(100_000).fill(hoard.length + 0.5))
  },
}

const [role, at, way] = process.env['DEATH']!.split(' ')
const die = WAYS[way!]!

function dieAt(name: 'openSync' | 'writeSync' | 'writevSync' | 'fstatSync', nth: number): void {
  const real = fs[name] as (...args: unknown[]) => unknown
  let calls = 0
  ;(fs as unknown as Record<string, unknown>)[name] = (...args: unknown[]) => {
    if (++calls === nth) die()
    return real(...args)
  }
}

if ((workerData as ThreadStart<unknown>).odradek === role) {
  if (at === 'start') die()
  else if (at === 'open') dieAt('openSync', 5)
  else if (at === 'write') for (const name of ['writeSync', 'writevSync'] as const) dieAt(name, 20)
  else dieAt('fstatSync', 1)
  syncBuiltinESMExports()
}

await import('../../workers/odradek-thread.ts')

/**
 * The thread beside a host's own: kills the process when a trial takes more processor time than it has, takes none for long, or more and more memory.
 * It counts its own ticks, and no clock: where the machine is busy, or stopped, those are late as well.
 */
import {parentPort, workerData} from 'node:worker_threads'
import type {ENDS} from './trial.ts'

/** In shared memory: the number of the trial (0: none) and its limit. */
export const TRIAL = 0
export const LIMIT_MS = 1
export const WORDS = 2

const TICK_MS = 50
/** So long without doing anything nobody waits for something that comes. */
const IDLE_TICKS = 100
const IDLE_MS = 5
const MEMORY_BYTES = 2 ** 31

function cpuMs(): number {
  const {user, system} = process.cpuUsage()
  return (user + system) / 1000
}

function watch(words: Int32Array): void {
  let current = 0
  let startMs = 0
  let beforeMs = 0
  let idle = 0
  for (;;) {
    Atomics.wait(words, WORDS, 0, TICK_MS)
    const trial = Atomics.load(words, TRIAL)
    const nowMs = cpuMs()
    if (trial !== current) {
      current = trial
      startMs = nowMs
      idle = 0
    }
    idle = nowMs - beforeMs < IDLE_MS ? idle + 1 : 0
    beforeMs = nowMs
    if (trial === 0) continue
    if (nowMs - startMs > Atomics.load(words, LIMIT_MS)) end('SIGXCPU')
    else if (idle > IDLE_TICKS) end('SIGTERM')
    else if (process.memoryUsage.rss() > MEMORY_BYTES) end('SIGHUP')
  }
}

function end(signal: keyof typeof ENDS): void {
  process.kill(process.pid, signal)
}

if (parentPort !== null) watch(workerData as Int32Array)

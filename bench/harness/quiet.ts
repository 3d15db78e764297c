import os from 'node:os'
import {setTimeout as sleep} from 'node:timers/promises'

/** A subject is measured once the other programs take less than this share of one core, or the patience is used up. */
const QUIET_CORES = 0.3
const LOOK_MS = 50
const PAUSE_MS = 5

/** Above this, what others took is worth telling: two cores are what we need. */
export const OTHERS_CORES_MAX = 0.2

/**
 * Keeps what is not measured out of what is: between two measurements it collects the garbage of the last one, and waits
 * a little for other programs, and the kernel's own write-back, to come to rest. What they took all the same, it tells.
 */
export class Quiet {
  #patienceMs: number
  #watchedMs = 0
  #othersMs = 0

  /** `patienceMs` is what all waits together may take. */
  constructor(patienceMs: number) {
    this.#patienceMs = patienceMs
  }

  /** Cores that other programs kept busy while something was measured, on average. */
  get others(): number {
    return this.#watchedMs === 0 ? 0 : Math.max(0, this.#othersMs / this.#watchedMs)
  }

  async settle(): Promise<void> {
    // a small collection: a full one would throw away compiled code whose classes have no instance at the moment
    globalThis.gc?.({type: 'minor'})
    await sleep(PAUSE_MS)
    while (this.#patienceMs > 0) {
      const look = othersUse()
      await sleep(LOOK_MS)
      this.#patienceMs -= LOOK_MS
      const {ms, othersMs} = look()
      if (othersMs < QUIET_CORES * ms) return
    }
  }

  async watch<T>(work: () => T | Promise<T>): Promise<T> {
    const use = othersUse()
    try {
      return await work()
    } finally {
      const {ms, othersMs} = use()
      this.#watchedMs += ms
      this.#othersMs += othersMs
    }
  }
}

/** Starts a stretch of time; its end tells how long it was, and how much processor time others used in it. */
function othersUse(): () => {ms: number; othersMs: number} {
  const startMs = performance.now()
  const all = busyMs()
  const own = process.cpuUsage()
  return () => {
    const {user, system} = process.cpuUsage(own)
    return {ms: performance.now() - startMs, othersMs: busyMs() - all - (user + system) / 1000}
  }
}

function busyMs(): number {
  return os.cpus().reduce((sum, {times}) => sum + times.user + times.nice + times.sys + times.irq, 0)
}

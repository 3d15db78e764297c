import os from 'node:os'

/** Of its time, a job that is in no hurry rests so many times as long as it works. */
const REST_A_WORK = 3
/** How long it works at a time, in ms. */
const WORK_MS = 0.5

/** From here on the calling thread gets what others leave of the processor; on Linux, where a thread has a priority of its own. */
export function makeWay(): void {
  if (process.platform !== 'linux') return
  try {
    os.setPriority(0, os.constants.priority.PRIORITY_LOW)
  } catch {
    // it rests as well
  }
}

/** To be called now and then: has the thread rest when it has worked for a while. */
export function pauseAfterWork(nowMs: () => number, sleep: (ms: number) => void): () => void {
  let sinceMs = nowMs()
  return () => {
    const workedMs = nowMs() - sinceMs
    if (workedMs < WORK_MS) return
    sleep(workedMs * REST_A_WORK)
    sinceMs = nowMs()
  }
}

import os from 'node:os'

/** Of its time, a job that is in no hurry works this part and rests for the others. */
const REST_A_WORK = 1
/** How long it works at a time, in ms. */
const WORK_MS = 4

/** From here on the calling thread gets what others leave of the processor; on Linux, where a thread has a priority of its own. */
export function makeWay(): void {
  if (process.platform !== 'linux') return
  try {
    os.setPriority(0, os.constants.priority.PRIORITY_LOW)
  } catch {
    // it rests as well
  }
}

/** To be called now and then: has the thread rest as long as it has worked. */
export function pauseAfterWork(nowMs: () => number, sleep: (ms: number) => void): () => void {
  let sinceMs = nowMs()
  return () => {
    const workedMs = nowMs() - sinceMs
    if (workedMs < WORK_MS) return
    sleep(workedMs * REST_A_WORK)
    sinceMs = nowMs()
  }
}

import fs from 'node:fs'

/** The system's id of the calling thread, 0 where the system does not tell. */
export function nativeThreadId(): number {
  try {
    return Number(fs.readlinkSync('/proc/thread-self').split('/').at(-1))
  } catch {
    return 0
  }
}

/** Whether a thread of this process still runs; where that cannot be told, it is taken to. */
export function threadIsAlive(nativeId: number): boolean {
  return nativeId === 0 || !fs.existsSync('/proc/self/task') || fs.existsSync(`/proc/self/task/${nativeId}`)
}

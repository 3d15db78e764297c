import {DOORBELL_BYTES, Doorbell} from '../engine/memory/doorbell.ts'

/** What Windows says of a file that a virus scanner or an indexer has open for a moment. */
const BUSY = new Set<string | undefined>(['EBUSY', 'EPERM', 'EACCES'])
const TRIES = 8
const FIRST_WAIT_MS = 2

/**
 * Does something to a file's name that another program may be in the way of, and on Windows tries again for half a second. It
 * blocks the thread: for those that have nothing else to do.
 */
export function patiently(act: () => void, platform: string = process.platform): void {
  for (let tries = 1; ; tries++) {
    try {
      act()
      return
    } catch (error) {
      if (platform !== 'win32' || tries === TRIES || !BUSY.has((error as {code?: string}).code)) throw error
      sleep(FIRST_WAIT_MS * 2 ** (tries - 1))
    }
  }
}

function sleep(ms: number): void {
  const doorbell = new Doorbell(new SharedArrayBuffer(DOORBELL_BYTES), 0)
  doorbell.wait(doorbell.count(), ms)
}

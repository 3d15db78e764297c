import {checkOptions, checkSignal} from './arguments.ts'

/** What can be waited for, with callbacks. */
interface Draining {
  whenDrained(callback: () => void): void
  cancelDrained(callback: () => void): void
}

/** Resolves when there is room in `sender`; rejects with the signal's reason where that aborts first. */
export async function drained(
  sender: Draining,
  options: {signal?: AbortSignal},
  requireOpen: () => void,
): Promise<void> {
  checkOptions('drained', options, ['signal'])
  const {signal} = options
  checkSignal(signal)
  requireOpen()
  signal?.throwIfAborted()
  await new Promise<void>((resolve, reject) => {
    const abort = (): void => {
      sender.cancelDrained(end)
      reject(signal!.reason)
    }
    const end = (): void => {
      signal?.removeEventListener('abort', abort)
      resolve()
    }
    signal?.addEventListener('abort', abort, {once: true})
    sender.whenDrained(end)
  })
}

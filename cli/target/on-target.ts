import type {Admin, Kafka} from '../../doors/kafkajs.ts'
import {EXIT} from '../failure.ts'
import {type Interrupt, onInterrupt} from '../interrupt.ts'
import {openTarget, type Target, type TargetOptions} from './open-target.ts'

/** Ctrl-C, as a command sees it that ends in good order. */
export interface Stop {
  /** Which it was, once it was. */
  readonly signal: Interrupt | undefined
  readonly aborted: AbortSignal
}

/** Opens the target, has `work` done, and closes it, whatever becomes of the work. A second Ctrl-C is the system's: it ends the process at once. */
export async function onTarget(
  options: TargetOptions & {readonly makes?: boolean},
  work: (target: Target, stop: Stop) => Promise<number>,
): Promise<number> {
  const abort = new AbortController()
  const stop: {signal: Interrupt | undefined; aborted: AbortSignal} = {signal: undefined, aborted: abort.signal}
  const ignoreInterrupts = onInterrupt(signal => {
    stop.signal = signal
    abort.abort()
  })
  try {
    const target = await openTarget(options, {makes: options.makes ?? false})
    try {
      return stop.signal === undefined ? await work(target, stop) : EXIT.cutShort(stop.signal)
    } finally {
      await target.close()
    }
  } finally {
    ignoreInterrupts()
  }
}

/** The same for what an admin does. Ctrl-C does not wait for an answer. */
export async function withAdmin(
  options: TargetOptions & {readonly makes?: boolean},
  work: (admin: Admin, kafka: Kafka) => Promise<number>,
): Promise<number> {
  return onTarget(options, async ({kafka}, stop) => {
    const admin = kafka.admin()
    await admin.connect()
    const cutShort = new Promise<number>(resolve => {
      stop.aborted.addEventListener('abort', () => resolve(EXIT.cutShort(stop.signal!)), {once: true})
    })
    const working = work(admin, kafka)
    // of work that was given up nobody hears
    working.catch(() => {})
    try {
      return await Promise.race([working, cutShort])
    } finally {
      await admin.disconnect()
    }
  })
}

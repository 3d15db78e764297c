import {KafkaJSNonRetriableError} from './errors.ts'
import type {Waiting} from './types.ts'

/** What `work` comes to, or the signal's reason where it aborts before: what was asked for may be done still, and nobody waits for it. */
export async function orAborted<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  if (signal === undefined) return work()
  if (!(signal instanceof AbortSignal)) throw new KafkaJSNonRetriableError(`Invalid signal ${signal}: an AbortSignal`)
  signal.throwIfAborted()
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason)
    signal.addEventListener('abort', abort, {once: true})
    const done = (): void => signal.removeEventListener('abort', abort)
    work().then(resolve, reject).finally(done)
  })
}

/** What a call asks in its turn waits no longer than the call itself. */
export function waitingFor(signal: AbortSignal | undefined): Waiting {
  return signal === undefined ? {} : {signal}
}

/** Has each of these methods heed a `signal` in the options that it is called with, which are its first object. */
export function heedSignals<Client extends object>(client: Client, names: readonly (keyof Client)[]): void {
  for (const name of names) {
    const method = client[name] as (...args: unknown[]) => Promise<unknown>
    const heeding = (...args: unknown[]): Promise<unknown> =>
      orAborted(signalIn(args), () => method.apply(client, args))
    Object.defineProperty(client, name, {value: heeding, configurable: true})
  }
}

function signalIn(args: readonly unknown[]): AbortSignal | undefined {
  const options = args.find(arg => typeof arg === 'object' && arg !== null && !Array.isArray(arg))
  return (options as {signal?: AbortSignal} | undefined)?.signal
}

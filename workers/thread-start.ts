import {pathToFileURL} from 'node:url'
import {type TransferListItem, Worker, workerData} from 'node:worker_threads'

/** What a thread of ours is to do. */
export type ThreadRole = 'replica' | 'flusher' | 'job' | 'supervisor' | 'coordinator' | 'broker' | 'host'

/** What every thread of ours is started with; `data` is its role's. */
export interface ThreadStart<Data> {
  readonly odradek: ThreadRole
  readonly data: Data
  /** Where the thread that started it looks for packages: a script that came as text has no place of its own. */
  readonly base: string | undefined
}

/** Starts a thread. The host's flags do not leak into it. */
export function startThread(
  entry: string,
  start: {role: ThreadRole; data: unknown; name: string; transferList?: readonly TransferListItem[]},
): Worker {
  const {role, data, name, transferList = []} = start
  const workerData: ThreadStart<unknown> = {odradek: role, data, base: threadBase()}
  return new Worker(new URL(entry), {workerData, transferList: [...transferList], execArgv: [], name})
}

/** What the calling thread was started with, where it is one of ours. */
export function threadStart<Data>(): ThreadStart<Data> | undefined {
  const start = workerData as ThreadStart<Data> | null | undefined
  return typeof start?.odradek === 'string' && 'base' in start ? start : undefined
}

/** The file from which packages are looked for: this one, or what this one was bundled into. */
export function threadBase(): string | undefined {
  const own = ownUrl()
  if (own !== undefined) return own
  const start = threadStart()
  if (start !== undefined) return start.base
  const script = process.argv[1]
  return script === undefined ? undefined : pathToFileURL(script).href
}

/** This file's place; undefined in a thread that came as text, and in a bundle made of CommonJS, which has no `import.meta`. */
export function ownUrl(): string | undefined {
  const url = import.meta.url as string | undefined
  return url?.startsWith('file:') ? url : undefined
}

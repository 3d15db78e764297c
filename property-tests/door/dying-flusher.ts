/**
 * A replica thread whose flusher dies: given as `workerEntry`, it runs the real one, but its flusher thread ends in the middle
 * of its first sync, without an answer.
 */
import {createRequire, syncBuiltinESMExports} from 'node:module'

const threads = createRequire(import.meta.url)('node:worker_threads') as {
  Worker: typeof import('node:worker_threads').Worker
}
const {Worker} = threads

threads.Worker = class extends Worker {
  constructor(entry: string | URL, options?: ConstructorParameters<typeof Worker>[1]) {
    const lines = `
      import fs from 'node:fs'
      fs.fstatSync = () => process.exit()
      await import(${JSON.stringify(String(entry))})`
    super(new URL(`data:text/javascript,${encodeURIComponent(lines)}`), options)
  }
}
syncBuiltinESMExports()

await import('../../workers/replica-thread.ts')

import {type ChildProcess, fork} from 'node:child_process'
import {once} from 'node:events'
import {fileURLToPath} from 'node:url'
import type {Result} from './measure.ts'
import type {Row} from './row.ts'
import type {ScaleName} from './scale.ts'

/** What a process is started for: one case, or the yardsticks. */
export interface Job {
  readonly case: string | undefined
  readonly scale: ScaleName
  readonly dir: string
  readonly yardsticks: readonly Result[]
}

/** What comes back, once: the rows of the case, or the yardsticks. */
export interface JobDone {
  readonly rows: readonly Row[]
  readonly yardsticks: readonly Result[]
  /** Cores that other programs kept busy meanwhile. */
  readonly others: number
}

export type JobMessage = {readonly progress: string} | {readonly failed: string} | {readonly done: JobDone}

export class JobFailed extends Error {
  override readonly name = 'JobFailed'
}

let running: ChildProcess | undefined

/**
 * Runs a job in a process of its own: what V8 learned from one case, and what that left in memory, would colour the next.
 * Whatever it prints goes to stderr.
 */
export async function runJob(job: Job, progress: (text: string) => void): Promise<JobDone> {
  const entry = fileURLToPath(new URL('./job-process.js', import.meta.url))
  const child = fork(entry, {execArgv: ['--expose-gc', '--enable-source-maps'], stdio: ['ignore', 2, 2, 'ipc']})
  running = child
  let done: JobDone | undefined
  let failed: string | undefined
  child.on('message', (message: JobMessage) => {
    if ('progress' in message) progress(message.progress)
    else if ('failed' in message) failed = message.failed
    else done = message.done
  })
  child.send(job)
  const [code, signal] = await once(child, 'exit')
  running = undefined
  if (done === undefined) throw new JobFailed(failed ?? `its process ended with ${signal ?? `code ${code}`}`)
  return done
}

/** For an interrupt: ends what runs. */
export function endJob(): void {
  running?.kill('SIGKILL')
}

import {parentPort} from 'node:worker_threads'
import {threadStart} from '../thread-start.ts'
import {JOBS, type JobName} from './jobs.ts'

/** A thread that does one job, posts what came out, and ends. */
export function jobThread(): void {
  const {name, job} = threadStart<{name: JobName; job: never}>()!.data
  parentPort!.postMessage(JOBS[name](job))
}

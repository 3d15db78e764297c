import {startThread} from '../thread-start.ts'
import type {JobName, RunJob} from './jobs.ts'

/** Runs jobs one after the other, each in a thread of its own: for a bundle, in which piscina does not find its files. */
export function threadAJob(entry: string): RunJob {
  let last: Promise<unknown> = Promise.resolve()
  return (name, job) => {
    const result = last.then(() => runJob(entry, name, job))
    last = result.catch(() => {})
    return result
  }
}

function runJob(entry: string, name: JobName, job: unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const thread = startThread(entry, {role: 'job', data: {name, job}, name: 'odradek-job'})
    thread.once('message', resolve)
    thread.once('error', reject)
    thread.once('exit', code => reject(new Error(`the thread of a job ended with ${code}, without a result`)))
  })
}

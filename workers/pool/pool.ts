import fs from 'node:fs'
import {availableParallelism} from 'node:os'
import type {CleanOutcome} from '../../engine/log/clean-job.ts'
import type {SegmentScan} from '../../engine/log/scan-segment.ts'
import type {SegmentVerdict} from '../../engine/log/verify-segment.ts'
import {optionalPackage} from '../optional-package.ts'
import {ownUrl} from '../thread-start.ts'
import type {CleanOrder, RunJob, ScanJob, VerifyJob} from './jobs.ts'
import {threadAJob} from './thread-a-job.ts'

/** Short jobs that own nothing, on threads of their own. */
export interface Pool {
  scanSegment(job: ScanJob): Promise<SegmentScan>
  verifySegment(job: VerifyJob): Promise<SegmentVerdict | undefined>
  /** Undefined where it was cut short. */
  cleanSegments(job: CleanOrder): Promise<CleanOutcome | undefined>
  close(): Promise<void>
}

/** In a variable: bundlers that see the name would copy the file alone, without what it imports. */
const FILE = './pool/jobs.js'

/** Opens a pool, by default with a thread a core; it is meant to be closed once its jobs are done. `entry` is the script of our threads. */
export function openPool(entry: string, {threads = availableParallelism()}: {threads?: number} = {}): Pool {
  const {run, close} = piscina(threads) ?? {run: threadAJob(entry), close: async () => {}}
  return {
    scanSegment: job => run('scanSegment', job) as Promise<SegmentScan>,
    verifySegment: job => run('verifySegment', job) as Promise<SegmentVerdict | undefined>,
    cleanSegments: job => run('cleanSegments', job) as Promise<CleanOutcome | undefined>,
    close,
  }
}

/** Undefined in a bundle, where the file of the jobs is not to be found. */
function piscina(threads: number): {run: RunJob; close: () => Promise<void>} | undefined {
  const url = ownUrl()
  if (url === undefined) return undefined
  const file = new URL(FILE, url)
  const {Piscina} = (fs.existsSync(file) ? optionalPackage<typeof import('piscina')>('piscina') : undefined) ?? {}
  if (Piscina === undefined) return undefined
  const pool = new Piscina({
    filename: file.href,
    minThreads: 1,
    maxThreads: threads,
    execArgv: [],
    // a job may be the last thing a process does; it must not end the process before its answer
    idleTimeout: 1000,
  })
  return {run: (name, job) => pool.run(job, {name}), close: () => pool.close()}
}

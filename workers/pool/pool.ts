import {availableParallelism} from 'node:os'
import {Piscina} from 'piscina'
import type {SegmentScan} from '../../engine/log/scan-segment.ts'
import type {SegmentVerdict} from '../../engine/log/verify-segment.ts'
import type {ScanJob, VerifyJob} from './jobs.ts'

/** Short jobs that own nothing, on threads of their own. */
export interface Pool {
  scanSegment(job: ScanJob): Promise<SegmentScan>
  verifySegment(job: VerifyJob): Promise<SegmentVerdict | undefined>
  close(): Promise<void>
}

/** Opens a pool with a thread a core; it is meant to be closed once its jobs are done. */
export async function openPool(): Promise<Pool> {
  const piscina = new Piscina({
    filename: new URL('./jobs.js', import.meta.url).href,
    minThreads: 1,
    maxThreads: availableParallelism(),
    execArgv: [],
    // a job may be the last thing a process does; it must not end the process before its answer
    idleTimeout: 1000,
  })
  return {
    scanSegment: job => piscina.run(job, {name: 'scanSegmentJob'}),
    verifySegment: job => piscina.run(job, {name: 'verifySegmentJob'}),
    close: () => piscina.close(),
  }
}

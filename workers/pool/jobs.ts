import {OFFSET_MAP_BYTES} from '../../engine/limits.ts'
import {type CleanJob, type CleanResult, cleanSegments as cleanFiles} from '../../engine/log/clean-segments.ts'
import {type SegmentScan, scanSegment as scanFile} from '../../engine/log/scan-segment.ts'
import {type SegmentVerdict, type VerifyRequest, verifySegment as verifyFiles} from '../../engine/log/verify-segment.ts'
import {loadCrc32c} from '../checksum.ts'
import {systemClock} from '../clock.ts'
import {sleepHere} from '../sleep-here.ts'
import {nodeStorage} from '../storage.ts'
import {makeWay, pauseAfterWork} from './make-way.ts'
import {zlibCodecs} from './zlib-codecs.ts'

/** The pool's jobs: each reads files, owns nothing and returns plain data. */
export interface ScanJob {
  readonly path: string
  readonly baseOffset: number
  readonly indexIntervalBytes: number
}

export type VerifyJob = VerifyRequest

export function scanSegment(job: ScanJob): SegmentScan {
  const crc32c = loadCrc32c()
  const file = nodeStorage.open(job.path, 'read')
  try {
    return scanFile(file, {...job, crc32c})
  } finally {
    file.close()
  }
}

/** Undefined for a segment that retention took away in the meantime. */
export function verifySegment(job: VerifyJob): SegmentVerdict | undefined {
  const crc32c = loadCrc32c()
  try {
    return verifyFiles(nodeStorage, job, crc32c)
  } catch (error) {
    if ((error as {code?: string}).code === 'ENOENT') return undefined
    throw error
  }
}

export interface CleanOrder {
  readonly job: CleanJob
  /** Not 0 once nobody wants it any more. */
  readonly stop: Int32Array<SharedArrayBuffer>
}

/** Writes segments anew without what was followed by something else of its key, while others have the processor first. */
export function cleanSegments({job, stop}: CleanOrder): CleanResult {
  makeWay()
  const rest = pauseAfterWork(systemClock.monotonicMs, sleepHere)
  return cleanFiles(
    {
      storage: nodeStorage,
      crc32c: loadCrc32c(),
      codecs: zlibCodecs,
      offsetMapBytes: OFFSET_MAP_BYTES,
      pause() {
        if (Atomics.load(stop, 0) !== 0) throw new Error('compaction is cut short')
        rest()
      },
    },
    job,
  )
}

export const JOBS = {scanSegment, verifySegment, cleanSegments} as const

export type JobName = keyof typeof JOBS

/** Runs a job on another thread. */
export type RunJob = (name: JobName, job: unknown) => Promise<unknown>

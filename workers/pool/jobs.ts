import {storageError} from '../../engine/errors.ts'
import {OFFSET_MAP_BYTES} from '../../engine/limits.ts'
import type {CleanJob, CleanOutcome} from '../../engine/log/clean-job.ts'
import {cleanSegments as cleanFiles} from '../../engine/log/clean-segments.ts'
import {type SegmentScan, scanSegment as scanFile} from '../../engine/log/scan-segment.ts'
import {type SegmentVerdict, type VerifyRequest, verifySegment as verifyFiles} from '../../engine/log/verify-segment.ts'
import {loadCrc32c} from '../checksum.ts'
import {systemClock} from '../clock.ts'
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

/**
 * Writes segments anew without what was followed by something else of its key, while others have the processor first. What the disk and the log's bytes
 * do not allow is an outcome, for of an error another thread gets the words alone.
 */
export function cleanSegments({job, stop}: CleanOrder): CleanOutcome | undefined {
  makeWay()
  const isCutShort = (): boolean => Atomics.load(stop, 0) !== 0
  const rest = pauseAfterWork(systemClock.monotonicMs, ms => void Atomics.wait(stop, 0, 0, ms))
  const world = {
    storage: nodeStorage,
    crc32c: loadCrc32c(),
    codecs: zlibCodecs,
    offsetMapBytes: OFFSET_MAP_BYTES,
    pause() {
      rest()
      if (isCutShort()) throw new Error('compaction is cut short')
    },
  }
  try {
    return {result: cleanFiles(world, job)}
  } catch (error) {
    if (isCutShort()) return undefined
    // without a code it is a bug of ours
    if (typeof (error as {code?: unknown}).code !== 'string') throw error
    return {failure: storageError(error, `compacting ${job.dir}`).code}
  }
}

export const JOBS = {scanSegment, verifySegment, cleanSegments} as const

export type JobName = keyof typeof JOBS

/** Runs a job on another thread. */
export type RunJob = (name: JobName, job: unknown) => Promise<unknown>

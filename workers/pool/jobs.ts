import {type SegmentScan, scanSegment} from '../../engine/log/scan-segment.ts'
import {type SegmentVerdict, type VerifyRequest, verifySegment} from '../../engine/log/verify-segment.ts'
import {loadCrc32c} from '../checksum.ts'
import {nodeStorage} from '../storage.ts'

/** The pool's jobs: each reads files, owns nothing and returns plain data. */
export interface ScanJob {
  readonly path: string
  readonly baseOffset: number
  readonly indexIntervalBytes: number
}

export type VerifyJob = VerifyRequest

export async function scanSegmentJob(job: ScanJob): Promise<SegmentScan> {
  const crc32c = await loadCrc32c()
  const file = nodeStorage.open(job.path, 'read')
  try {
    return scanSegment(file, {...job, crc32c})
  } finally {
    file.close()
  }
}

/** Undefined for a segment that retention took away in the meantime. */
export async function verifySegmentJob(job: VerifyJob): Promise<SegmentVerdict | undefined> {
  const crc32c = await loadCrc32c()
  try {
    return verifySegment(nodeStorage, job, crc32c)
  } catch (error) {
    if ((error as {code?: string}).code === 'ENOENT') return undefined
    throw error
  }
}

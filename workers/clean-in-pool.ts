import type {CleanJob, CleanResult} from '../engine/log/clean-segments.ts'
import {openPool} from './pool/pool.ts'

/** Compacts segments on a thread of the pool; undefined where that cannot be done now. */
export async function cleanInPool(job: CleanJob, entry: string): Promise<CleanResult | undefined> {
  const pool = openPool(entry, {threads: 1})
  try {
    return await pool.cleanSegments(job)
  } catch {
    // the log is as it was, and compaction is tried again
    return undefined
  } finally {
    await pool.close()
  }
}

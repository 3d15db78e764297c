import type {CleanJob, CleanResult} from '../engine/log/clean-segments.ts'
import {openPool} from './pool/pool.ts'

/**
 * Compacts segments on a thread of the pool; undefined where that cannot be done now, or is cut short by `signal`. When this resolves that thread
 * writes nothing any more. It is asked to stop, not ended: Node may end the whole process with a thread that is still starting.
 */
export async function cleanInPool(job: CleanJob, entry: string, signal: AbortSignal): Promise<CleanResult | undefined> {
  if (signal.aborted) return undefined
  const pool = openPool(entry, {threads: 1})
  const stop = new Int32Array(new SharedArrayBuffer(4))
  signal.addEventListener('abort', () => Atomics.store(stop, 0, 1))
  try {
    return await pool.cleanSegments({job, stop})
  } catch {
    // the log is as it was, and compaction is tried again
    return undefined
  } finally {
    await pool.close()
  }
}

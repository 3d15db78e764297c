import type {CleanJob, CleanOutcome} from '../engine/log/clean-job.ts'
import {openPool} from './pool/pool.ts'

/**
 * Compacts segments on a thread of the pool; undefined where `signal` cuts it short. When this resolves that thread writes nothing any more. It is
 * asked to stop, not ended: Node may end the whole process with a thread that is still starting. Rejects where there is no such thread, or a bug in what it did.
 */
export async function cleanInPool(
  job: CleanJob,
  entry: string,
  signal: AbortSignal,
): Promise<CleanOutcome | undefined> {
  if (signal.aborted) return undefined
  const pool = openPool(entry, {threads: 1})
  const stop = new Int32Array(new SharedArrayBuffer(4))
  const cutShort = (): void => {
    Atomics.store(stop, 0, 1)
    Atomics.notify(stop, 0)
  }
  signal.addEventListener('abort', cutShort)
  try {
    return await pool.cleanSegments({job, stop})
  } finally {
    // the signal may live longer than the job
    signal.removeEventListener('abort', cutShort)
    await pool.close()
  }
}

import type {CleanJob, CleanOutcome} from '../engine/log/clean-job.ts'

/**
 * Has segments compacted by the pool, which is loaded for it. A log that cannot be compacted is as good as before, so nothing that goes wrong there ends
 * the thread that asks; a bug of ours, or no thread to be had, is told of in a warning of the process as well.
 */
export async function cleanElsewhere(
  job: CleanJob,
  entry: string,
  signal: AbortSignal,
): Promise<CleanOutcome | undefined> {
  try {
    const {cleanInPool} = await import('./clean-in-pool.ts')
    return await cleanInPool(job, entry, signal)
  } catch (error) {
    process.emitWarning(`${job.dir} was not compacted: ${error}`, {
      code: 'ODRADEK_COMPACTION',
      detail: String((error as Error).stack),
    })
    return {failure: 'UNKNOWN_SERVER_ERROR'}
  }
}

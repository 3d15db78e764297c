import type {CleanJob, CleanOutcome} from '../engine/log/clean-job.ts'
import type {Pool} from './pool/pool.ts'

/**
 * Has segments compacted by a thread of the pool, one job after the other. The thread starts with the first job, whose start others have to feel, and
 * stays as long as jobs follow it.
 */
export class Cleaner {
  readonly #entry: string
  #pool: Promise<Pool> | undefined
  #idle: NodeJS.Timeout | undefined

  /** `entry` is the script of our threads. */
  constructor(entry: string) {
    this.#entry = entry
  }

  /**
   * Undefined where `signal` cuts it short; when this resolves nothing is written any more. A log that cannot be compacted is as good as before, so nothing
   * that goes wrong there ends the thread that asks; a bug of ours, or no thread to be had, is told of in a warning of the process as well.
   */
  async clean(job: CleanJob, signal: AbortSignal): Promise<CleanOutcome | undefined> {
    clearTimeout(this.#idle)
    try {
      this.#pool ??= import('./pool/pool.ts').then(({openPool}) => openPool(this.#entry, {threads: 1}))
      return await cleanIn(await this.#pool, job, signal)
    } catch (error) {
      process.emitWarning(`${job.dir} was not compacted: ${error}`, {
        code: 'ODRADEK_COMPACTION',
        detail: String((error as Error).stack),
      })
      return {failure: 'UNKNOWN_SERVER_ERROR'}
    } finally {
      this.#idle = setTimeout(() => void this.close(), IDLE_MS).unref()
    }
  }

  /** Lets the thread go, once no job is under way. */
  async close(): Promise<void> {
    clearTimeout(this.#idle)
    const pool = this.#pool
    this.#pool = undefined
    // where none could be opened, that was told of
    await pool?.then(
      opened => opened.close(),
      () => {},
    )
  }
}

/** The thread is asked to stop, not ended: Node may end the whole process with a thread that is still starting. */
async function cleanIn(pool: Pool, job: CleanJob, signal: AbortSignal): Promise<CleanOutcome | undefined> {
  if (signal.aborted) return undefined
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
  }
}

/** A log that compaction has work for all the time is looked at every 15 s. */
const IDLE_MS = 30_000

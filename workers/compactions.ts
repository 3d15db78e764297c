import type {CleanJob, CleanOutcome} from '../engine/log/clean-job.ts'

/** A log that somebody wants compacted. */
export interface CompactionAsk {
  readonly host: number
  /** Tells the log from others of the same owner. */
  readonly row: number
  readonly job: CleanJob
}

/** Has segments compacted on another thread; `done` is told what came of it, soon once `signal` cuts it short. */
export type RunCleanJob = (
  job: CleanJob,
  signal: AbortSignal,
  done: (outcome: CleanOutcome | undefined) => void,
) => void

/**
 * What is to be compacted: one job at a time, the dirtiest first, as Kafka's one cleaner thread has it. Two jobs of one log would write the same files, and what
 * a job of an earlier life of the log makes counts for nothing: whatever was asked for a log before goes with the next ask, and with its host.
 */
export class Compactions<A extends CompactionAsk> {
  readonly #run: RunCleanJob
  readonly #tell: (ask: A, outcome: CleanOutcome | undefined) => void
  #asks: A[] = []
  #running: {readonly ask: A; readonly end: AbortController} | undefined
  #isClosed = false
  #ended: (() => void) | undefined

  /** `tell` is told what came of a job, undefined where it was cut short. */
  constructor(run: RunCleanJob, tell: (ask: A, outcome: CleanOutcome | undefined) => void) {
    this.#run = run
    this.#tell = tell
  }

  /** Whether no thread writes anything. */
  get isIdle(): boolean {
    return this.#running === undefined
  }

  ask(ask: A): void {
    this.#drop(({row}) => row === ask.row)
    if (!this.#isClosed) this.#asks.push(ask)
    this.#next()
  }

  hostEnded(host: number): void {
    this.#drop(ask => ask.host === host)
  }

  /** Takes nothing more; `ended` is called once no thread writes anything, at once where none does. */
  close(ended: () => void = () => {}): void {
    this.#isClosed = true
    this.#drop(() => true)
    if (this.isIdle) ended()
    else this.#ended = ended
  }

  #drop(goes: (ask: A) => boolean): void {
    this.#asks = this.#asks.filter(ask => !goes(ask))
    if (this.#running !== undefined && goes(this.#running.ask)) this.#running.end.abort()
  }

  #next(): void {
    if (this.#running !== undefined || this.#asks.length === 0) return
    const ask = this.#asks.reduce((dirtiest, other) =>
      other.job.dirtyRatio > dirtiest.job.dirtyRatio ? other : dirtiest,
    )
    this.#asks = this.#asks.filter(other => other !== ask)
    const end = new AbortController()
    this.#running = {ask, end}
    this.#run(ask.job, end.signal, outcome => {
      this.#running = undefined
      this.#tell(ask, end.signal.aborted ? undefined : outcome)
      this.#next()
      if (this.#isClosed) this.#ended?.()
    })
  }
}

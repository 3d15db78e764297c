import type {ThreadLine} from '../../../engine/cluster/thread-line.ts'
import type {Doorbell} from '../../../engine/memory/doorbell.ts'
import type {Postbox} from './post-office.ts'

/** What a thread does in rounds, as the loops of `workers/` have it. */
export interface Rounds {
  doWork(): number
  dueInMs(): number
}

/** What wakes a thread: a doorbell it sleeps on, with the `line` in which it says that it sleeps, or letters to its event loop. */
export type Waking = {readonly doorbell: Doorbell; readonly line?: ThreadLine | undefined} | {readonly letters: Postbox}

/**
 * A thread of the simulation: runs a round when it is rung, when something is due, or when its last round had work; stalls and dies when it is
 * told to. Where it is in the middle of a round, its death shows at its next call to the disk.
 */
export class SimThread {
  readonly name: string
  readonly dir: string | undefined
  readonly #rounds: Rounds
  readonly #waking: Waking
  readonly #sleepMsMax: number
  stalledUntilMs = 0
  isDead = false
  /** In the middle of a round. */
  isBusy = false
  #seen = -1
  #wakeMs = 0

  constructor(options: {
    name: string
    /** Its own dir, whose faults it meets. */
    dir?: string
    rounds: Rounds
    waking: Waking
    sleepMsMax?: number
  }) {
    this.name = options.name
    this.dir = options.dir
    this.#rounds = options.rounds
    this.#waking = options.waking
    this.#sleepMsMax = options.sleepMsMax ?? Number.POSITIVE_INFINITY
  }

  canRun(nowMs: number): boolean {
    if (this.isDead || this.isBusy || nowMs < this.stalledUntilMs) return false
    return nowMs >= this.#wakeMs || this.#isRung
  }

  /** When it runs at the latest, if nobody rings. */
  get nextMs(): number {
    if (this.isDead || this.isBusy) return Number.POSITIVE_INFINITY
    return Math.max(this.stalledUntilMs, this.#isRung ? 0 : this.#wakeMs)
  }

  /** One round; returns how much there was to do. */
  run(nowMs: number): number {
    const line = 'doorbell' in this.#waking ? this.#waking.line : undefined
    line?.getUp(nowMs)
    // before the work: what lands during it cancels the sleep
    if ('doorbell' in this.#waking) this.#seen = this.#waking.doorbell.count()
    const work = this.#rounds.doWork()
    this.#wakeMs = work > 0 ? nowMs : nowMs + Math.max(1, Math.min(this.#rounds.dueInMs(), this.#sleepMsMax))
    if (work === 0) line?.lieDown(this.#seen, this.#wakeMs)
    return work
  }

  get #isRung(): boolean {
    if ('doorbell' in this.#waking) return this.#waking.doorbell.count() !== this.#seen
    return this.#waking.letters.hasLetters
  }
}

import {getSystemErrorMap} from 'node:util'
import type {Doorbell} from '../engine/memory/doorbell.ts'
import type {Clock} from './clock.ts'
import {FlusherHelper} from './flusher-helper.ts'
import type {Flusher, SyncAnswer} from './replica-agent.ts'

interface File {
  readonly fd: number
  sync(): void
}

/** Until the thread is up, some twenty milliseconds, a sync of at most so much is done here; that takes no longer. */
const HERE_BYTES_MAX = 1024 * 1024
/** A small sync on a quick disk is done here: two wake-ups, one each way, would cost as much as it does. */
const QUICK_BYTES_MAX = 64 * 1024
/** A disk is quick while its syncs here take no longer; what else the replica thread has to do waits for that long. */
const QUICK_MS = 2
/** How long after a slower one the disk is given no other try. */
const SLOW_FOR_MS = 1000
/** A thread that is not up after that long is not waited for any more. */
const UP_MS_MAX = 5000
/** How often it is looked whether the thread still lives. */
const LOOK_MS = 100

/** The replica thread's way to its flusher, which is started at the second sync, or a large first one, and anew where it died with nothing to do. */
export class FlusherThread implements Flusher {
  readonly #doorbell: Doorbell
  readonly #clock: Clock
  readonly #entry: string
  #helper: FlusherHelper | undefined
  /** Files whose sync was ordered, or will be once the thread is up. */
  #files: readonly File[] | undefined
  #isFirst = true
  #isOrdered = false
  #isLate = false
  #slowUntilMs = Number.NEGATIVE_INFINITY
  #startedMs = 0
  #lookedMs = 0
  /** What the last look found. */
  #isDead = false

  /** `entry` is the script of our threads. */
  constructor(doorbell: Doorbell, clock: Clock, entry: string) {
    this.#doorbell = doorbell
    this.#clock = clock
    this.#entry = entry
  }

  start(files: readonly File[], unsyncedBytes: number): SyncAnswer | undefined {
    // one that cannot even come up is not tried over and over
    if (this.#hasDied() && this.#helper?.line.isUp) {
      this.#helper = undefined
      this.#isDead = false
    }
    // starting a thread takes longer than such a sync, and who has just opened the log waits for the first one
    const isFirst = this.#isFirst
    this.#isFirst = false
    if (isFirst && unsyncedBytes <= QUICK_BYTES_MAX) return this.#syncHere(files)
    this.#helper ??= this.#startThread()
    if (this.#helper === undefined) return this.#syncHere(files)
    if (!this.#helper.line.isUp && (this.#isLate || unsyncedBytes <= HERE_BYTES_MAX)) return this.#syncHere(files)
    if (unsyncedBytes <= QUICK_BYTES_MAX && this.#clock.monotonicMs() >= this.#slowUntilMs) return this.#syncHere(files)
    this.#files = files
    this.#orderWhenUp(this.#helper)
    return undefined
  }

  answer(): SyncAnswer | undefined {
    const helper = this.#helper
    if (helper === undefined || this.#files === undefined) return undefined
    // looked at before the line: an answer that came before the end counts
    const hasDied = this.#hasDied()
    this.#orderWhenUp(helper)
    if (!this.#isOrdered) return this.#answerUnordered(this.#files, hasDied)
    if (!helper.line.isOpen()) return this.#end(failureOf(helper.line.failure()))
    if (!hasDied) return undefined
    // not done again here: had the system told that thread of an error, it would not tell a second time
    return this.#end(new Error('the flusher thread ended during a sync'))
  }

  /** A thread that does not come up holds nothing up for good. */
  #answerUnordered(files: readonly File[], hasDied: boolean): SyncAnswer | undefined {
    if (!hasDied && this.#clock.monotonicMs() - this.#startedMs < UP_MS_MAX) return undefined
    this.#isLate = true
    this.#files = undefined
    return this.#syncHere(files)
  }

  #end(error: Error | undefined): SyncAnswer {
    this.#files = undefined
    this.#isOrdered = false
    return {error}
  }

  #orderWhenUp({line}: FlusherHelper): void {
    if (this.#isOrdered || !line.isUp) return
    line.order(this.#files!.map(file => file.fd))
    line.doorbell.ring(0)
    this.#isOrdered = true
  }

  /** Undefined where the system has no thread to give: syncs are done here then, and the next one asks again. */
  #startThread(): FlusherHelper | undefined {
    this.#startedMs = this.#clock.monotonicMs()
    try {
      return new FlusherHelper(this.#doorbell, this.#entry)
    } catch {
      return undefined
    }
  }

  #syncHere(files: readonly File[]): SyncAnswer {
    const startMs = this.#clock.monotonicMs()
    try {
      for (const file of files) file.sync()
      return {error: undefined}
    } catch (error) {
      return {error}
    } finally {
      const endMs = this.#clock.monotonicMs()
      if (endMs - startMs > QUICK_MS) this.#slowUntilMs = endMs + SLOW_FOR_MS
    }
  }

  #hasDied(): boolean {
    const nowMs = this.#clock.monotonicMs()
    if (this.#isDead || nowMs - this.#lookedMs < LOOK_MS) return this.#isDead
    this.#lookedMs = nowMs
    this.#isDead = this.#helper?.isDead() ?? false
    return this.#isDead
  }
}

function failureOf(errno: number): Error | undefined {
  if (errno === 0) return undefined
  const [code, text] = getSystemErrorMap().get(-errno) ?? [`error ${errno}`, 'unknown']
  return new Error(`${code}: ${text}, fdatasync`)
}

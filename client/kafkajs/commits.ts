import {KafkaJSNonRetriableError} from './errors.ts'
import {CONSUMER_EVENTS as EVENTS} from './events.ts'
import {exact} from './exact-offsets.ts'
import {byTopic} from './group-membership.ts'
import type {GroupShare} from './group-share.ts'
import type {CommittedOffset} from './membership.ts'
import {toKafkaJSError} from './protocol-error.ts'
import type {RunHome} from './run-home.ts'
import {TIMER_MS_MAX} from './timer.ts'
import {COMMIT} from './tracing.ts'
import type {ExactOffsets, Offsets} from './types.ts'

/** After a commit that nobody has asked for the next one waits so long: one after the other they would cost more than the messages. */
const PAUSE_MS = 10

/** Commits what was handled of a member's share, by itself or when it is asked to. */
export class Commits {
  readonly #home: RunHome
  readonly #share: GroupShare
  /** A commit that nobody waits for has failed. */
  readonly #failed: (error: Error) => void
  #committing: Promise<void> | undefined
  #pauseEndsMs = 0
  /** Ends the pause that is under way. */
  #hurry = (): void => {}
  #isLeaving = false
  #lastMs = Date.now()
  #hasLeft = false
  /** Ends the wait for whoever does not answer a member that leaves. */
  readonly #tooLate = new AbortController()

  constructor(home: RunHome, share: GroupShare, failed: (error: Error) => void) {
    this.#home = home
    this.#share = share
    this.#failed = failed
  }

  get isAutomatic(): boolean {
    return this.#home.config.autoCommit ?? true
  }

  async commit(offsets: readonly CommittedOffset[]): Promise<void> {
    if (offsets.length === 0 || this.#hasLeft) return
    const {membership, instrumentation, groupId} = this.#home
    const committing = async (): Promise<void> => membership.commit(offsets, this.#tooLate.signal)
    if (COMMIT.hasSubscribers) {
      const {memberId, generationId} = membership
      await COMMIT.tracePromise(committing, {groupId, memberId, generationId, ...offsetsOf(offsets)})
    } else await committing()
    this.#lastMs = Date.now()
    for (const {topic, partition, offset} of offsets) {
      const assigned = this.#share.find(topic, partition)
      if (assigned !== undefined) assigned.committed = offset
    }
    if (!instrumentation.wants(EVENTS.COMMIT_OFFSETS)) return
    const {memberId, generationId: groupGenerationId} = membership
    instrumentation.emit(EVENTS.COMMIT_OFFSETS, {groupId, memberId, groupGenerationId, ...offsetsOf(offsets)})
  }

  /** Whether the program's interval or threshold says so. */
  get isDue(): boolean {
    const {autoCommitInterval = null, autoCommitThreshold = null} = this.#home.config
    if (autoCommitInterval !== null && Date.now() >= this.#lastMs + autoCommitInterval) return true
    if (autoCommitThreshold === null) return false
    let handled = 0
    for (const {resolved, committed, isUncommitted} of this.#share.partitions)
      if (isUncommitted) handled += resolved - Math.max(0, committed)
    return handled >= autoCommitThreshold
  }

  get uncommitted(): CommittedOffset[] {
    return this.#share.partitions
      .filter(each => each.isUncommitted)
      .map(({topic, partition, resolved}) => ({topic, partition, offset: resolved}))
  }

  async commitAll(): Promise<void> {
    await this.commit(this.uncommitted)
  }

  /**
   * Commits what was handled while the next messages are: at most one commit is on its way, and what comes meanwhile, and in the pause behind
   * it, is in the one after it.
   */
  commitSoon(): void {
    if (this.isDue) this.#hurry()
    if (this.#committing !== undefined || this.uncommitted.length === 0) return
    this.#committing = this.#commitInTurn()
  }

  async #commitInTurn(): Promise<void> {
    try {
      while (this.uncommitted.length > 0) {
        await this.#pause()
        await this.commitAll()
        this.#pauseEndsMs = Date.now() + PAUSE_MS
      }
    } catch (error) {
      this.#failed(toKafkaJSError(error))
    } finally {
      this.#committing = undefined
    }
  }

  async #pause(): Promise<void> {
    // the clock may have been set back meanwhile
    const waitMs = Math.min(PAUSE_MS, this.#pauseEndsMs - Date.now())
    if (waitMs <= 0 || this.#isLeaving || this.isDue) return
    await new Promise<void>(resolve => {
      const over = setTimeout(resolve, waitMs)
      this.#hurry = () => {
        clearTimeout(over)
        resolve()
      }
    })
  }

  /** What was handled is committed, as far as the group still takes it from this member. */
  async commitBeforeLeaving(): Promise<void> {
    this.#isLeaving = true
    this.#hurry()
    await this.#committing
    this.#isLeaving = false
    const {membership, logger, groupId} = this.#home
    if (!this.isAutomatic || membership.generationId < 0) return
    try {
      await this.commitAll()
    } catch (error) {
      logger.warn(`What was handled could not be committed: ${(error as Error).message}`, {groupId})
    }
  }

  /** Commits what was handled, in no more than so many ms. The member is none any more then: a handler that was left to itself speaks for nobody. */
  async leave(withinMs: number): Promise<void> {
    const late = setTimeout(
      () => this.#tooLate.abort(new KafkaJSNonRetriableError('The consumer was stopped')),
      Math.min(withinMs, TIMER_MS_MAX),
    )
    await this.commitBeforeLeaving()
    clearTimeout(late)
    this.#hasLeft = true
  }
}

export function offsetsOf(offsets: readonly CommittedOffset[]): ExactOffsets {
  return {
    topics: byTopic(offsets, ({partition, offset}) => exact({partition, offset: String(offset)}, 'offset')).map(
      ({name, partitions}) => ({topic: name, partitions}),
    ),
  }
}

export function committedOf({topics}: Offsets): CommittedOffset[] {
  return topics.flatMap(({topic, partitions}) =>
    partitions.map(({partition, offset}) => ({topic, partition, offset: Number(offset)})),
  )
}

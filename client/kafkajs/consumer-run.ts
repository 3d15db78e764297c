import {setTimeout} from 'node:timers/promises'
import type {AssignedPartition} from './assigned-partition.ts'
import {BatchHandler} from './batch-handler.ts'
import {Commits} from './commits.ts'
import {CONSUMER_EVENTS as EVENTS} from './events.ts'
import {REBALANCING} from './group-membership.ts'
import {GroupShare} from './group-share.ts'
import {Heartbeats} from './heartbeats.ts'
import type {CommittedOffset} from './membership.ts'
import {ReadBatch} from './messages.ts'
import {PartitionLag} from './partition-lag.ts'
import {toKafkaJSError} from './protocol-error.ts'
import {Retries} from './retry.ts'
import type {RunHome} from './run-home.ts'
import {TIMER_MS_MAX} from './timer.ts'
import type {TopicPartitions} from './types.ts'

/**
 * What a consumer does from `run` to `stop`: it is a member of its group, reads its share of the partitions from shared memory, hands their messages to the
 * program's handler, and has what was handled committed.
 */
export class ConsumerRun {
  readonly #home: RunHome
  readonly #share: GroupShare
  readonly #commits: Commits
  readonly #heartbeats: Heartbeats
  readonly #handler: BatchHandler
  readonly #concurrency: number
  readonly #stopping = new AbortController()
  /** The next to be looked at: all get their turn. */
  #turn = 0
  /** Handlers that are at it. */
  #active = 0
  /** What a handler, or a commit that nobody waits for, failed with. */
  #failure: Error | undefined
  #bell: (() => void) | undefined
  #loop: Promise<void> = Promise.resolve()
  /** Whether messages were handled since the last failure. */
  #hasHandled = false
  readonly #ended: (() => void)[] = []

  constructor(home: RunHome) {
    const ring = (): void => this.#ring()
    const share = new GroupShare(home, {
      ring,
      beforeJoining: () => this.#settle(),
      inDoubt: () => void this.#heartbeats.beat(),
    })
    const commits = new Commits(home, share, error => this.#fail(error))
    const heartbeats = new Heartbeats(home, share, () => this.#active > 0)
    const isRunning = (): boolean => this.isRunning
    this.#home = home
    this.#share = share
    this.#commits = commits
    this.#heartbeats = heartbeats
    this.#handler = new BatchHandler({...home, share, commits, heartbeats, isRunning, changed: ring})
    this.#concurrency = home.config.partitionsConsumedConcurrently ?? 1
  }

  get isRunning(): boolean {
    return !this.#stopping.signal.aborted
  }

  /** Joins the group. Rejects where that does not succeed. */
  async start(): Promise<void> {
    this.#ended.push(
      this.#home.cluster.watch(() => this.#look()),
      ...this.#share.watch(() => void this.#heartbeats.lookForPartitions()),
      this.#heartbeats.start(),
    )
    try {
      await this.#retrying(() => this.#join())
    } catch (error) {
      await this.#end()
      throw error
    }
    this.#loop = this.#run()
  }

  /** Lets handlers finish what they are at, commits that, and leaves the group; handlers that take too long are left to themselves. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#ring()
    const {stopTimeoutMs, logger, groupId} = this.#home
    const startMs = performance.now()
    if (!(await isOverWithin(this.#loop, stopTimeoutMs)))
      logger.warn(`Stopping without ${this.#active} handlers that go on after ${stopTimeoutMs} ms`, {groupId})
    await this.#end(stopTimeoutMs - (performance.now() - startMs))
  }

  seek(topic: string, partition: number, offset: number): void {
    this.#share.seek(topic, partition, offset)
  }

  /** Partitions were paused or resumed. */
  changed(): void {
    this.#ring()
  }

  get assigned(): TopicPartitions[] {
    return this.#share.assigned
  }

  get lag(): PartitionLag[] {
    return this.#share.partitions.map(({topic, partition, lag}) => new PartitionLag(topic, partition, lag))
  }

  async commit(offsets: readonly CommittedOffset[]): Promise<void> {
    await this.#commits.commit(offsets)
  }

  async #run(): Promise<void> {
    try {
      while (this.isRunning)
        await this.#retrying(async () => {
          if (this.#share.mustJoin) await this.#join()
          await this.#consume()
        })
    } catch (error) {
      if (this.isRunning) void this.#crash(error as Error)
    }
  }

  async #join(): Promise<void> {
    await this.#share.join(this.#stopping.signal)
    this.#turn = 0
  }

  /** Before it joins: what failed in the generation before does not matter any more. */
  async #settle(): Promise<void> {
    await this.#commits.commitBeforeLeaving()
    this.#failure = undefined
  }

  /** Has `work` done, again where it fails and that may help; a rebalance is no failure. */
  async #retrying(work: () => Promise<void>): Promise<void> {
    const {membership, logger, groupId, retry} = this.#home
    const share = this.#share
    let retries = new Retries(retry)
    while (this.isRunning) {
      try {
        await work()
        return
      } catch (error) {
        if (!this.isRunning) return
        const told = toKafkaJSError(error)
        const {type = '', name} = told as {type?: string; name: string}
        if (REBALANCING.includes(type)) share.mustJoin = true
        else if (type === 'UNKNOWN_MEMBER_ID') {
          membership.forget()
          share.mustJoin = true
        } else if (name === 'KafkaJSConnectionError') throw told
        else {
          logger.debug(`Trying again: ${told.message}`, {groupId, stack: told.stack})
          if (this.#hasHandled) retries = new Retries(retry)
          this.#hasHandled = false
          const isGone = type === 'UNKNOWN_TOPIC_OR_PARTITION'
          const {signal} = this.#stopping
          if (isGone && (await share.isMadeAnew())) share.mustJoin = true
          else await retries.after(told, isGone ? AbortSignal.any([signal, share.topicCreated]) : signal)
        }
      }
    }
  }

  /** Handles messages until something else is to be done: stop, join again, or tell of a failure. */
  async #consume(): Promise<void> {
    const concurrency = this.#concurrency
    while (this.isRunning && !this.#share.mustJoin && this.#failure === undefined) {
      const next = this.#active < concurrency ? this.#tryNext() : undefined
      if (this.#failure !== undefined) break
      if (next === undefined) await this.#nextRing()
      else if (concurrency === 1) await this.#handle(next.assigned, next.batch)
      else void this.#handle(next.assigned, next.batch)
    }
    while (this.#active > 0) await this.#nextRing()
    const failure = this.#failure
    this.#failure = undefined
    if (failure !== undefined) throw failure
  }

  /** What cannot be read is a failure like a handler's: those that are at it finish first, before anything is let go of. */
  #tryNext(): {assigned: AssignedPartition; batch: ReadBatch} | undefined {
    try {
      return this.#next()
    } catch (error) {
      this.#failure ??= error as Error
      return undefined
    }
  }

  /** The next partition that has messages for a handler. */
  #next(): {assigned: AssignedPartition; batch: ReadBatch} | undefined {
    const {paused, instrumentation} = this.#home
    const {partitions} = this.#share
    const {length} = partitions
    for (let i = 0; i < length; i++) {
      const assigned = partitions[(this.#turn + i) % length]!
      if (assigned.isBusy) continue
      if (assigned.follow() && this.#commits.isAutomatic) this.#commits.commitSoon()
      if (paused.has(assigned.topic, assigned.partition)) continue
      const startMs = Date.now()
      const nodeId = assigned.door.leader ?? -1
      instrumentation.emit(EVENTS.FETCH_START, {nodeId})
      const messages = assigned.take()
      instrumentation.emit(EVENTS.FETCH, {
        numberOfBatches: messages.length > 0 ? 1 : 0,
        duration: Date.now() - startMs,
        nodeId,
      })
      if (messages.length === 0) continue
      this.#turn = (this.#turn + i + 1) % length
      return {assigned, batch: new ReadBatch(assigned.topic, assigned.partition, assigned.highWatermark, messages)}
    }
    return undefined
  }

  async #handle(assigned: AssignedPartition, batch: ReadBatch): Promise<void> {
    assigned.isBusy = true
    this.#active++
    const failure = await this.#handler.handle(assigned, batch)
    if (failure === undefined) this.#hasHandled = true
    else this.#failure ??= failure
    this.#heartbeats.alive()
    assigned.isBusy = false
    this.#active--
    if (this.#commits.isAutomatic && assigned.isUncommitted) this.#commits.commitSoon()
    this.#ring()
  }

  #fail(error: Error): void {
    this.#failure ??= error
    this.#ring()
  }

  /** Called after every ring of this thread. */
  #look(): void {
    if (this.#bell === undefined) return
    const {paused} = this.#home
    for (const each of this.#share.partitions)
      if (!each.isBusy && !paused.has(each.topic, each.partition) && each.isReady) {
        this.#ring()
        return
      }
  }

  #nextRing(): Promise<void> {
    return new Promise(resolve => {
      this.#bell = resolve
      // what came before the bell was there rang for nobody
      const isIdle = this.#active < this.#concurrency && !this.#share.mustJoin && this.#failure === undefined
      // who only waits for handlers to end takes no more: what is ready would ring at once, and again, and they would never have their turn
      if (this.isRunning && isIdle) this.#look()
      if (!this.isRunning && this.#active === 0) this.#ring()
    })
  }

  #ring(): void {
    const bell = this.#bell
    this.#bell = undefined
    bell?.()
  }

  async #crash(error: Error): Promise<void> {
    this.#stopping.abort()
    await this.#end()
    this.#home.crashed(error)
  }

  /** Leaves the group; so many ms, or a few seconds, are left to commit what was handled. */
  async #end(leftMs = this.#home.stopTimeoutMs): Promise<void> {
    this.#stopping.abort()
    for (const end of this.#ended.splice(0)) end()
    const {membership, logger, groupId} = this.#home
    await this.#commits.leave(Math.max(leftMs, COMMIT_MS))
    this.#share.release()
    try {
      await membership.leave()
    } catch (error) {
      logger.debug(`The group did not hear that this member leaves: ${(error as Error).message}`, {groupId})
    }
    await this.#share.close()
  }
}

/** Whoever goes does not wait longer for a coordinator that does not answer, where handlers have taken the time there was. */
const COMMIT_MS = 5000

async function isOverWithin(work: Promise<void>, ms: number): Promise<boolean> {
  const waiting = new AbortController()
  const late = setTimeout(Math.min(ms, TIMER_MS_MAX), false, {signal: waiting.signal}).catch(() => false)
  const isOver = await Promise.race([work.then(() => true), late])
  waiting.abort()
  return isOver
}

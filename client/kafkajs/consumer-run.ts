import {setTimeout} from 'node:timers/promises'
import type {Cluster} from '../cluster.ts'
import type {TopicPartitionList} from '../consumer-protocol.ts'
import type {Partition} from '../partition.ts'
import {AssignedPartition} from './assigned-partition.ts'
import {KafkaJSError} from './errors.ts'
import {CONSUMER_EVENTS as EVENTS, type Instrumentation} from './events.ts'
import {byTopic, type CommittedOffset, type GroupMembership} from './group-membership.ts'
import type {Logger} from './logger.ts'
import {ReadBatch} from './messages.ts'
import {assignmentOf} from './partition-assigners.ts'
import {PartitionLag} from './partition-lag.ts'
import type {PausedPartitions} from './paused-partitions.ts'
import {toKafkaJSError} from './protocol-error.ts'
import {Retries} from './retry.ts'
import type {TopicDirectory} from './topic-directory.ts'
import {COMMIT, PROCESS} from './tracing.ts'
import type {ConsumerRunConfig, EachBatchPayload, Offsets, RetryOptions, TopicPartitions} from './types.ts'

export interface RunHome {
  readonly cluster: Cluster
  readonly membership: GroupMembership
  readonly directory: TopicDirectory
  readonly instrumentation: Instrumentation
  readonly logger: Logger
  readonly paused: PausedPartitions
  readonly groupId: string
  /** Topics it subscribes to, and whether each is read from its beginning where nothing was committed. */
  readonly topics: ReadonlyMap<string, boolean>
  readonly heartbeatMs: number
  readonly metadataMaxAgeMs: number
  /** How long handlers may go on once it is to stop. */
  readonly stopTimeoutMs: number
  readonly retry: RetryOptions
  readonly config: ConsumerRunConfig
  /** It has given up. */
  readonly crashed: (error: Error) => void
}

const REBALANCING = ['REBALANCE_IN_PROGRESS', 'NOT_COORDINATOR_FOR_GROUP', 'ILLEGAL_GENERATION']

/**
 * What a consumer does from `run` to `stop`: it is a member of its group, reads the partitions that it is assigned from shared memory, hands their
 * messages to the program's handler, and commits what was handled.
 */
export class ConsumerRun {
  readonly #home: RunHome
  readonly #config: ConsumerRunConfig
  readonly #stopping = new AbortController()
  readonly #doors = new Map<string, Partition>()
  readonly #seeks = new Map<string, number>()
  #assigned: AssignedPartition[] = []
  /** The next to be looked at: all get their turn. */
  #turn = 0
  /** Handlers that are at it. */
  #active = 0
  #mustJoin = true
  #isJoining = false
  /** A rebalance was told of while it joined: that one, or one more. */
  #wasTold = false
  /** What a handler, or a commit that nobody waits for, failed with. */
  #failure: Error | undefined
  #bell: (() => void) | undefined
  #loop: Promise<void> = Promise.resolve()
  #committing: Promise<void> | undefined
  /** Aborts when one of its topics is made, which a pause after a failure may have waited for. */
  #created = new AbortController()
  /** Topics that were deleted while it read them: all that is in a new one came after it. */
  readonly #remade = new Set<string>()
  #lastCommitMs = Date.now()
  #lastHeartbeatMs = Date.now()
  /** Whether messages were handled since the last heartbeat, or since the last failure. */
  #isAlive = true
  #hasHandled = false
  #hasLeft = false
  readonly #ended: (() => void)[] = []

  constructor(home: RunHome) {
    this.#home = home
    this.#config = home.config
  }

  get isRunning(): boolean {
    return !this.#stopping.signal.aborted
  }

  /** Aborts when it stops. */
  get signal(): AbortSignal {
    return this.#stopping.signal
  }

  /** Joins the group. Rejects where that does not succeed. */
  async start(): Promise<void> {
    const {cluster, groupId, membership, heartbeatMs, topics} = this.#home
    this.#ended.push(
      cluster.watch(() => this.#look()),
      cluster.groups.onRebalance(told => {
        if (told.groupId !== groupId || told.memberId !== membership.memberId) return
        if (this.#isJoining) this.#wasTold = true
        else this.#rebalance()
      }),
    )
    const created = ({topic}: {topic: string}): void => {
      if (topics.has(topic)) void this.#topicCreated()
    }
    cluster.on('topic.created', created)
    this.#ended.push(() => cluster.off('topic.created', created))
    const beating = setInterval(() => void this.#beat(), heartbeatMs)
    beating.unref()
    this.#ended.push(() => clearInterval(beating))
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
    if (!(await isOverWithin(this.#loop, stopTimeoutMs)))
      logger.warn(`Leaving the group without ${this.#active} handlers that go on after ${stopTimeoutMs} ms`, {groupId})
    await this.#end()
  }

  seek(topic: string, partition: number, offset: number): void {
    const assigned = this.#find(topic, partition)
    if (assigned === undefined) this.#seeks.set(`${topic}-${partition}`, offset)
    else assigned.seek(offset)
    this.#ring()
  }

  /** Partitions were paused or resumed. */
  changed(): void {
    this.#ring()
  }

  get assigned(): TopicPartitions[] {
    return byTopic(this.#assigned, ({partition}) => partition).map(({name, partitions}) => ({
      topic: name,
      partitions: partitions.sort((one, other) => one - other),
    }))
  }

  get lag(): PartitionLag[] {
    return this.#assigned.map(({topic, partition, lag}) => new PartitionLag(topic, partition, lag))
  }

  async commit(offsets: readonly CommittedOffset[]): Promise<void> {
    // a handler that was left to itself speaks for nobody
    if (offsets.length === 0 || this.#hasLeft) return
    const {membership, instrumentation, groupId} = this.#home
    const committing = async (): Promise<void> => membership.commit(offsets)
    if (COMMIT.hasSubscribers) {
      const {memberId, generationId} = membership
      await COMMIT.tracePromise(committing, {groupId, memberId, generationId, ...offsetsOf(offsets)})
    } else await committing()
    this.#lastCommitMs = Date.now()
    for (const {topic, partition, offset} of offsets) {
      const assigned = this.#find(topic, partition)
      if (assigned !== undefined) assigned.committed = offset
    }
    if (!instrumentation.wants(EVENTS.COMMIT_OFFSETS)) return
    const {memberId, generationId: groupGenerationId} = membership
    instrumentation.emit(EVENTS.COMMIT_OFFSETS, {groupId, memberId, groupGenerationId, ...offsetsOf(offsets)})
  }

  #find(topic: string, partition: number): AssignedPartition | undefined {
    return this.#assigned.find(each => each.partition === partition && each.topic === topic)
  }

  async #run(): Promise<void> {
    try {
      while (this.isRunning)
        await this.#retrying(async () => {
          if (this.#mustJoin) await this.#join()
          await this.#consume()
        })
    } catch (error) {
      if (this.isRunning) void this.#crash(error as Error)
    }
  }

  /** Has `work` done, again where it fails and that may help; a rebalance is no failure. */
  async #retrying(work: () => Promise<void>): Promise<void> {
    let retries = new Retries(this.#home.retry)
    while (this.isRunning) {
      try {
        await work()
        return
      } catch (error) {
        if (!this.isRunning) return
        const told = toKafkaJSError(error)
        const {type, name} = told as {type?: string; name: string}
        if (REBALANCING.includes(type ?? '')) this.#mustJoin = true
        else if (type === 'UNKNOWN_MEMBER_ID') {
          this.#home.membership.forget()
          this.#mustJoin = true
        } else if (name === 'KafkaJSConnectionError') throw told
        else {
          this.#home.logger.debug(`Trying again: ${told.message}`, {groupId: this.#home.groupId, stack: told.stack})
          if (this.#hasHandled) retries = new Retries(this.#home.retry)
          this.#hasHandled = false
          if (type === 'UNKNOWN_TOPIC_OR_PARTITION' && (await this.#isMadeAnew())) this.#mustJoin = true
          else await retries.after(told, AbortSignal.any([this.#stopping.signal, this.#created.signal]))
        }
      }
    }
  }

  /** Whether topics that were deleted under it are there again. */
  async #isMadeAnew(): Promise<boolean> {
    this.#created = new AbortController()
    const names = new Set(this.#assigned.filter(({door}) => door.isDeleted).map(({topic}) => topic))
    const found = await Promise.allSettled([...names].map(name => this.#home.cluster.topic(name, false)))
    return found.length > 0 && found.every(({status}) => status === 'fulfilled')
  }

  async #topicCreated(): Promise<void> {
    this.#created.abort()
    await this.#lookForPartitions()
  }

  /** Handles messages until something else is to be done: stop, join again, or tell of a failure. */
  async #consume(): Promise<void> {
    const {partitionsConsumedConcurrently: concurrency = 1} = this.#config
    while (this.isRunning && !this.#mustJoin && this.#failure === undefined) {
      const next = this.#active < concurrency ? this.#next() : undefined
      if (next === undefined) await this.#nextRing()
      else if (concurrency === 1) await this.#handle(next.assigned, next.batch)
      else void this.#handle(next.assigned, next.batch)
    }
    while (this.#active > 0) await this.#nextRing()
    const failure = this.#failure
    this.#failure = undefined
    if (failure !== undefined) throw failure
  }

  /** The next partition that has messages for a handler. */
  #next(): {assigned: AssignedPartition; batch: ReadBatch} | undefined {
    const {paused, instrumentation} = this.#home
    const {length} = this.#assigned
    for (let i = 0; i < length; i++) {
      const assigned = this.#assigned[(this.#turn + i) % length]!
      if (assigned.isBusy) continue
      if (assigned.follow() && this.#isAutomatic) this.#commitSoon()
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
    const {instrumentation} = this.#home
    const {eachMessage, eachBatch} = this.#config
    assigned.isBusy = true
    this.#active++
    const startMs = Date.now()
    const isWatched =
      instrumentation.wants(EVENTS.START_BATCH_PROCESS) || instrumentation.wants(EVENTS.END_BATCH_PROCESS)
    const payload = isWatched ? processOf(batch) : undefined
    instrumentation.emit(EVENTS.START_BATCH_PROCESS, payload)
    try {
      if (eachMessage !== undefined) await this.#eachMessage(assigned, batch, eachMessage)
      else if (eachBatch !== undefined) await this.#eachBatch(assigned, batch, eachBatch)
      else assigned.resolve(Number(batch.lastOffset()))
      this.#hasHandled = true
      instrumentation.emit(EVENTS.END_BATCH_PROCESS, {...payload, duration: Date.now() - startMs})
    } catch (error) {
      if (!(error instanceof KafkaJSError)) {
        const {topic, partition} = batch
        const offset = String(assigned.resolved)
        const handler = eachMessage === undefined ? 'eachBatch' : 'eachMessage'
        this.#home.logger.error(`Error when calling ${handler}`, {
          topic,
          partition,
          offset,
          stack: (error as Error)?.stack,
          error,
        })
      }
      this.#failure ??= asError(error)
    } finally {
      this.#isAlive = true
      assigned.isBusy = false
      this.#active--
      if (this.#isAutomatic && assigned.isUncommitted) this.#commitSoon()
      this.#ring()
    }
  }

  async #eachMessage(
    assigned: AssignedPartition,
    batch: ReadBatch,
    handler: NonNullable<ConsumerRunConfig['eachMessage']>,
  ): Promise<void> {
    const {topic, partition, messages} = batch
    const {paused, groupId} = this.#home
    const isTraced = PROCESS.hasSubscribers
    const heartbeat = (): Promise<void> => this.#heartbeat()
    const pause = this.#pauserOf(topic, partition)
    for (const message of messages) {
      if (!this.isRunning || assigned.isStale || this.#mustJoin) return
      const payload = {topic, partition, message, heartbeat, pause}
      if (isTraced) await PROCESS.tracePromise(async () => handler(payload), {groupId, topic, partition, message})
      else await handler(payload)
      assigned.resolve(Number(message.offset))
      this.#isAlive = true
      if (this.#isAutomatic && this.#isCommitDue()) this.#commitSoon()
      if (paused.has(topic, partition)) return
    }
  }

  async #eachBatch(
    assigned: AssignedPartition,
    batch: ReadBatch,
    handler: NonNullable<ConsumerRunConfig['eachBatch']>,
  ): Promise<void> {
    const {topic, partition} = batch
    const payload: EachBatchPayload = {
      batch,
      resolveOffset: offset => assigned.resolve(Number(offset)),
      heartbeat: () => this.#heartbeat(),
      pause: this.#pauserOf(topic, partition),
      commitOffsetsIfNecessary: async offsets => {
        if (offsets !== undefined) await this.commit(committedOf(offsets))
        else if (this.#isCommitDue()) await this.#commitAll()
      },
      uncommittedOffsets: () => offsetsOf(this.#uncommitted()),
      isRunning: () => this.isRunning,
      isStale: () => assigned.isStale,
    }
    const {groupId} = this.#home
    if (PROCESS.hasSubscribers)
      await PROCESS.tracePromise(async () => handler(payload), {groupId, topic, partition, batch})
    else await handler(payload)
    if (this.#config.eachBatchAutoResolve ?? true) assigned.resolve(Number(batch.lastOffset()))
  }

  #pauserOf(topic: string, partition: number): () => () => void {
    return () => {
      this.#home.paused.pause(topic, [partition])
      return () => {
        this.#home.paused.resume(topic, [partition])
        this.#ring()
      }
    }
  }

  get #isAutomatic(): boolean {
    return this.#config.autoCommit ?? true
  }

  #isCommitDue(): boolean {
    const {autoCommitInterval = null, autoCommitThreshold = null} = this.#config
    if (autoCommitInterval !== null && Date.now() >= this.#lastCommitMs + autoCommitInterval) return true
    if (autoCommitThreshold === null) return false
    let handled = 0
    for (const {resolved, committed, isUncommitted} of this.#assigned)
      if (isUncommitted) handled += resolved - Math.max(0, committed)
    return handled >= autoCommitThreshold
  }

  #uncommitted(): CommittedOffset[] {
    return this.#assigned
      .filter(each => each.isUncommitted && !each.door.isDeleted)
      .map(({topic, partition, resolved}) => ({topic, partition, offset: resolved}))
  }

  async #commitAll(): Promise<void> {
    await this.commit(this.#uncommitted())
  }

  /** Commits what was handled while the next messages are: at most one commit is on its way, and what comes meanwhile is in the one after it. */
  #commitSoon(): void {
    if (this.#committing !== undefined) return
    this.#committing = (async () => {
      try {
        while (this.#uncommitted().length > 0) await this.#commitAll()
      } catch (error) {
        this.#failure ??= toKafkaJSError(error)
        this.#ring()
      } finally {
        this.#committing = undefined
      }
    })()
  }

  /** What was handled is committed, as far as the group still takes it from this member. */
  async #commitBeforeLeaving(): Promise<void> {
    await this.#committing
    if (!this.#isAutomatic || this.#home.membership.generationId < 0) return
    try {
      await this.#commitAll()
    } catch (error) {
      this.#home.logger.warn(`What was handled could not be committed: ${(error as Error).message}`, {
        groupId: this.#home.groupId,
      })
    }
  }

  async #join(): Promise<void> {
    this.#isJoining = true
    try {
      await this.#joinAndTake()
    } finally {
      this.#isJoining = false
    }
    // whether what it was told of is behind it, the coordinator says
    if (this.#wasTold) void this.#beat()
    this.#wasTold = false
  }

  async #joinAndTake(): Promise<void> {
    const {membership, instrumentation, logger, groupId, topics} = this.#home
    const startMs = Date.now()
    if (membership.generationId >= 0) {
      await this.#commitBeforeLeaving()
      instrumentation.emit(EVENTS.REBALANCING, {groupId, memberId: membership.memberId})
    }
    if (!(membership.isCooperative && membership.generationId >= 0)) this.#release(() => true)
    this.#mustJoin = false
    this.#failure = undefined
    const given = await membership.join(this.assigned, this.#stopping.signal)
    const {memberId, generationId, leaderId, isLeader, protocol} = membership
    const strange = given.filter(({topic}) => !topics.has(topic)).map(({topic}) => topic)
    if (strange.length > 0)
      instrumentation.emit(EVENTS.RECEIVED_UNSUBSCRIBED_TOPICS, {
        groupId,
        generationId,
        memberId,
        assignedTopics: given.map(({topic}) => topic),
        topicsSubscribed: [...topics.keys()],
        topicsNotSubscribed: strange,
      })
    await this.#take(given.filter(({topic}) => topics.has(topic)))
    const payload = {
      groupId,
      memberId,
      leaderId,
      isLeader,
      memberAssignment: assignmentOf(this.assigned),
      groupProtocol: protocol,
      duration: Date.now() - startMs,
    }
    instrumentation.emit(EVENTS.GROUP_JOIN, payload)
    logger.info('Consumer has joined the group', payload)
  }

  /** Reads these from now on, and no others. */
  async #take(given: readonly TopicPartitionList[]): Promise<void> {
    const {cluster, membership, topics} = this.#home
    const wanted = given.flatMap(({topic, partitions}) => partitions.map(partition => ({topic, partition})))
    const isWanted = ({topic, partition}: {topic: string; partition: number}): boolean =>
      wanted.some(each => each.topic === topic && each.partition === partition)
    const before = this.#assigned.length
    this.#release(each => !isWanted(each) || each.door.isDeleted)
    // others wait for what it has let go of: everybody joins once more
    if (membership.isCooperative && this.#assigned.length < before) this.#mustJoin = true
    const added = wanted.filter(({topic, partition}) => this.#find(topic, partition) === undefined)
    const [committed, doors] = await Promise.all([
      membership.committed(added),
      Promise.all(added.map(({topic, partition}) => this.#door(cluster, topic, partition))),
    ])
    for (const [i, door] of doors.entries()) {
      const fromBeginning = topics.get(door.topic)! || this.#remade.has(door.topic)
      const assigned = new AssignedPartition(door, committed[i]!, fromBeginning)
      this.#assigned.push(assigned)
      const sought = this.#seeks.get(`${door.topic}-${door.partition}`)
      if (sought !== undefined) assigned.seek(sought)
      this.#seeks.delete(`${door.topic}-${door.partition}`)
    }
    this.#turn = 0
  }

  async #door(cluster: Cluster, topic: string, partition: number): Promise<Partition> {
    const name = `${topic}-${partition}`
    const known = this.#doors.get(name)
    if (known !== undefined && !known.isDeleted) return known
    if (known !== undefined) {
      await known.close().catch(() => {})
    }
    const door = await cluster.partition(topic, partition)
    this.#doors.set(name, door)
    return door
  }

  #release(isGiven: (assigned: AssignedPartition) => boolean): void {
    for (const each of this.#assigned) {
      if (!isGiven(each)) continue
      if (each.door.isDeleted) this.#remade.add(each.topic)
      each.close()
    }
    this.#assigned = this.#assigned.filter(each => !isGiven(each))
  }

  /** The group wants everybody to join again. */
  #rebalance(): void {
    this.#mustJoin = true
    this.#ring()
  }

  /** A handler says that it gets on. Throws where the group has gone on without it. */
  async #heartbeat(): Promise<void> {
    this.#isAlive = true
    if (this.#mustJoin) await this.#home.membership.heartbeat()
    else if (Date.now() >= this.#lastHeartbeatMs + this.#home.heartbeatMs) await this.#sendHeartbeat()
  }

  /** While handlers finish what they are given, the coordinator hears of it, whatever becomes of the event loop meanwhile. */
  async #beat(): Promise<void> {
    const {membership, directory, metadataMaxAgeMs, groupId} = this.#home
    if (membership.generationId < 0 || this.#mustJoin || (this.#active > 0 && !this.#isAlive)) return
    try {
      await this.#sendHeartbeat()
      if (directory.isOlderThan(metadataMaxAgeMs)) await this.#lookForPartitions()
    } catch (error) {
      const told = toKafkaJSError(error) as {type?: string}
      if (told.type === 'UNKNOWN_MEMBER_ID') membership.forget()
      if (told.type === 'UNKNOWN_MEMBER_ID' || REBALANCING.includes(told.type ?? '')) this.#rebalance()
      else this.#home.logger.debug(`No heartbeat: ${(error as Error).message}`, {groupId})
    }
  }

  /** Who leads the group has all join again where topics have other partitions than those that were dealt. */
  async #lookForPartitions(): Promise<void> {
    const {membership, directory, topics, logger, groupId} = this.#home
    if (!membership.isLeader) return
    try {
      if (await directory.load([...topics.keys()])) this.#rebalance()
    } catch (error) {
      logger.debug(`No metadata: ${(error as Error).message}`, {groupId})
    }
  }

  async #sendHeartbeat(): Promise<void> {
    const {membership, instrumentation, groupId} = this.#home
    this.#isAlive = false
    this.#lastHeartbeatMs = Date.now()
    await membership.heartbeat()
    const {memberId, generationId: groupGenerationId} = membership
    instrumentation.emit(EVENTS.HEARTBEAT, {groupId, memberId, groupGenerationId})
  }

  /** Called after every ring of this thread. */
  #look(): void {
    if (this.#bell === undefined) return
    const {paused} = this.#home
    for (const each of this.#assigned)
      if (!each.isBusy && !paused.has(each.topic, each.partition) && each.isReady) {
        this.#ring()
        return
      }
  }

  #nextRing(): Promise<void> {
    return new Promise(resolve => {
      this.#bell = resolve
      // what came before the bell was there rang for nobody
      const {partitionsConsumedConcurrently: concurrency = 1} = this.#config
      // who only waits for handlers to end takes no more: what is ready would ring at once, and again, and they would never have their turn
      if (this.isRunning && this.#active < concurrency && !this.#mustJoin && this.#failure === undefined) this.#look()
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

  async #end(): Promise<void> {
    this.#stopping.abort()
    for (const end of this.#ended.splice(0)) end()
    const {membership, logger, groupId} = this.#home
    await this.#commitBeforeLeaving()
    this.#hasLeft = true
    this.#release(() => true)
    try {
      await membership.leave()
    } catch (error) {
      logger.debug(`The group did not hear that this member leaves: ${(error as Error).message}`, {groupId})
    }
    const doors = [...this.#doors.values()]
    this.#doors.clear()
    await Promise.allSettled(doors.map(door => door.close()))
  }
}

/** A handler may throw anything; what is not an error is one to whoever hears of it, and as worth another try. */
function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(`a handler threw ${String(thrown)}`, {cause: thrown})
}

async function isOverWithin(work: Promise<void>, ms: number): Promise<boolean> {
  const waiting = new AbortController()
  const late = setTimeout(ms, false, {signal: waiting.signal}).catch(() => false)
  const isOver = await Promise.race([work.then(() => true), late])
  waiting.abort()
  return isOver
}

function processOf(batch: ReadBatch): object {
  const {topic, partition, highWatermark, messages} = batch
  return {
    topic,
    partition,
    highWatermark,
    offsetLag: batch.offsetLag(),
    offsetLagLow: batch.offsetLagLow(),
    batchSize: messages.length,
    firstOffset: batch.firstOffset(),
    lastOffset: batch.lastOffset(),
  }
}

function offsetsOf(offsets: readonly CommittedOffset[]): Offsets {
  return {
    topics: byTopic(offsets, ({partition, offset}) => ({partition, offset: String(offset)})).map(
      ({name, partitions}) => ({topic: name, partitions}),
    ),
  }
}

function committedOf({topics}: Offsets): CommittedOffset[] {
  return topics.flatMap(({topic, partitions}) =>
    partitions.map(({partition, offset}) => ({topic, partition, offset: Number(offset)})),
  )
}

import type {AssignedPartition} from './assigned-partition.ts'
import {type Commits, committedOf, offsetsOf} from './commits.ts'
import {KafkaJSError} from './errors.ts'
import {CONSUMER_EVENTS as EVENTS} from './events.ts'
import {exact} from './exact-offsets.ts'
import type {GroupShare} from './group-share.ts'
import type {Heartbeats} from './heartbeats.ts'
import type {ReadBatch} from './messages.ts'
import type {RunHome} from './run-home.ts'
import {PROCESS} from './tracing.ts'
import type {ConsumerRunConfig, EachBatchPayload} from './types.ts'

/** What a handler's helpers work on. */
export interface HandlerHome extends RunHome {
  readonly share: GroupShare
  readonly commits: Commits
  readonly heartbeats: Heartbeats
  readonly isRunning: () => boolean
  /** Partitions were resumed. */
  readonly changed: () => void
}

/** Gives the messages of batches to the program's handler, with the helpers that KafkaJS has for it. */
export class BatchHandler {
  readonly #home: HandlerHome
  readonly #config: ConsumerRunConfig

  constructor(home: HandlerHome) {
    this.#home = home
    this.#config = home.config
  }

  /** Resolves to what the handler failed with. */
  async handle(assigned: AssignedPartition, batch: ReadBatch): Promise<Error | undefined> {
    const {instrumentation} = this.#home
    const {eachMessage, eachBatch} = this.#config
    const startMs = Date.now()
    const isWatched =
      instrumentation.wants(EVENTS.START_BATCH_PROCESS) || instrumentation.wants(EVENTS.END_BATCH_PROCESS)
    if (isWatched) instrumentation.emit(EVENTS.START_BATCH_PROCESS, processOf(batch))
    try {
      if (eachMessage !== undefined) await this.#eachMessage(assigned, batch, eachMessage)
      else if (eachBatch !== undefined) await this.#eachBatch(assigned, batch, eachBatch)
      else assigned.resolve(Number(batch.lastOffset()))
      if (isWatched)
        instrumentation.emit(
          EVENTS.END_BATCH_PROCESS,
          Object.assign(processOf(batch), {duration: Date.now() - startMs}),
        )
      return undefined
    } catch (error) {
      if (!(error instanceof KafkaJSError)) this.#log(error, assigned, eachMessage === undefined)
      return asError(error)
    }
  }

  #log(error: unknown, {topic, partition, resolved}: AssignedPartition, isBatch: boolean): void {
    const where = {topic, partition, offset: String(resolved)}
    const details = {...where, stack: (error as Error | undefined)?.stack, error}
    this.#home.logger.error(`Error when calling ${isBatch ? 'eachBatch' : 'eachMessage'}`, details)
  }

  async #eachMessage(
    assigned: AssignedPartition,
    batch: ReadBatch,
    handler: NonNullable<ConsumerRunConfig['eachMessage']>,
  ): Promise<void> {
    const {topic, partition, messages} = batch
    const {paused, groupId, share, commits, heartbeats, isRunning} = this.#home
    const isTraced = PROCESS.hasSubscribers
    const heartbeat = (): Promise<void> => heartbeats.heartbeat()
    const pause = this.#pauserOf(topic, partition)
    for (const message of messages) {
      if (!isRunning() || assigned.isStale || share.mustJoin) return
      const payload = {topic, partition, message, heartbeat, pause}
      if (isTraced) await PROCESS.tracePromise(async () => handler(payload), {groupId, topic, partition, message})
      else await handler(payload)
      assigned.resolve(Number(message.offset))
      heartbeats.alive()
      if (commits.isAutomatic && commits.isDue) commits.commitSoon()
      if (paused.has(topic, partition)) return
    }
  }

  async #eachBatch(
    assigned: AssignedPartition,
    batch: ReadBatch,
    handler: NonNullable<ConsumerRunConfig['eachBatch']>,
  ): Promise<void> {
    const {topic, partition} = batch
    const {groupId, commits, heartbeats, isRunning} = this.#home
    const payload: EachBatchPayload = {
      batch,
      resolveOffset: offset => assigned.resolve(Number(offset)),
      heartbeat: () => heartbeats.heartbeat(),
      pause: this.#pauserOf(topic, partition),
      commitOffsetsIfNecessary: async offsets => {
        if (offsets !== undefined) await commits.commit(committedOf(offsets))
        else if (commits.isDue) await commits.commitAll()
      },
      uncommittedOffsets: () => offsetsOf(commits.uncommitted),
      isRunning,
      isStale: () => assigned.isStale,
    }
    if (PROCESS.hasSubscribers)
      await PROCESS.tracePromise(async () => handler(payload), {groupId, topic, partition, batch})
    else await handler(payload)
    if (this.#config.eachBatchAutoResolve ?? true) assigned.resolve(Number(batch.lastOffset()))
  }

  #pauserOf(topic: string, partition: number): () => () => void {
    const {paused, changed} = this.#home
    return () => {
      paused.pause(topic, [partition])
      return () => {
        paused.resume(topic, [partition])
        changed()
      }
    }
  }
}

/** A handler may throw anything; what is not an error is one to whoever hears of it, and as worth another try. */
function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(`a handler threw ${String(thrown)}`, {cause: thrown})
}

function processOf(batch: ReadBatch): object {
  const {topic, partition, highWatermark, messages} = batch
  const payload = {
    topic,
    partition,
    highWatermark,
    offsetLag: batch.offsetLag(),
    offsetLagLow: batch.offsetLagLow(),
    batchSize: messages.length,
    firstOffset: batch.firstOffset(),
    lastOffset: batch.lastOffset(),
  }
  return exact(payload, 'highWatermark', 'offsetLag', 'offsetLagLow', 'firstOffset', 'lastOffset')
}

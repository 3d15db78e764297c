import {AssertionFailed} from '../engine/assert.ts'
import {STATE} from '../engine/cluster/replica-line.ts'
import {errorNumber, OdradekError, storageError} from '../engine/errors.ts'
import {WINDOW_BYTES} from '../engine/limits.ts'
import type {CleanOutcome} from '../engine/log/clean-job.ts'
import {readTopicId} from '../engine/log/partition-metadata.ts'
import type {KnownProducer} from '../engine/log/producer-states.ts'
import type {SyncJob} from '../engine/log/sync-state.ts'
import {ArenaWriter, allocateArena} from '../engine/memory/arena.ts'
import {type InboxReceiver, REQUEST} from '../engine/memory/inbox.ts'
import {PartitionReplica} from '../engine/replica/partition-replica.ts'
import type {Replica} from '../engine/replica/replica.ts'
import type {HostOrder, HostSettings} from './host-orders.ts'
import type {HostWorld} from './host-world.ts'
import {directoryOf, isDamaged, openHostedLog, peerOf} from './hosted-log.ts'
import {moveDirectory, removePartition} from './partition-files.ts'

/** A batch that is taken and waits for the run to be written. */
export interface Staged {
  readonly inbox: InboxReceiver
  readonly slot: number
  readonly baseOffset: number
  readonly timestamp: number
}

/** One replica on its host: the replica's rules, and what its files and its syncs need of the thread. */
export class HostedReplica {
  readonly partition: PartitionReplica
  staged: Staged[] = []
  #againMs = Number.POSITIVE_INFINITY
  /** What tells the partition's directory from one that is put in its place. */
  #identity: string | undefined
  readonly #world: HostWorld
  #order: HostOrder
  /** The job that its broker has been asked for, and for which log. */
  #job: {readonly number: number; readonly replica: Replica} | undefined
  #toldCleanedEnd: number

  constructor(world: HostWorld, order: HostOrder, options: {hasArena: boolean}) {
    this.#world = world
    this.#order = order
    this.#toldCleanedEnd = order.recovery.cleanedEnd
    const {map} = world
    const row = map.row(order.row)
    this.partition = new PartitionReplica(
      {
        row,
        slot: order.slot,
        host: world.number,
        hasArena: options.hasArena,
        highWatermark: order.recovery.highWatermark,
        putOtherAside: () => this.#putOtherAside(),
        exists: () => world.storage.stat(this.#directory) !== undefined,
        isMissing: () => this.#order.recovery.wasThere && world.storage.stat(this.#directory) === undefined,
        open: nowMs => this.#open(options.hasArena, nowMs),
        quarantine: () => this.#putAside(),
        isDamaged: (log, offset) => isDamaged(world, this.#directory, log, offset),
        peer: slot => {
          const line = row.replica(slot)
          const {host} = line
          return peerOf(world, this.#order, {
            broker: map.brokerOf(host),
            line,
            arena: line.hasArena ? world.arenas[host] : undefined,
          })
        },
        ringReplica: slot => {
          const {host} = row.replica(slot)
          if (host >= 0) map.ringHost(host, order.row)
        },
        ringHolder: () => map.ringHolder(order.row),
        ringWaiters: () => map.ringWaiters(order.row),
      },
      order.rules,
    )
  }

  get row(): number {
    return this.#order.row
  }

  get hasNothingStaged(): boolean {
    const log = this.partition.replica?.log
    return log === undefined || log.stagedEnd === log.logEndOffset
  }

  start(nowMs: number): void {
    try {
      this.partition.start(nowMs)
    } catch (error) {
      this.#tryAgain(error, nowMs)
    }
  }

  /** The same replica, with other peers. */
  reorder(order: HostOrder): void {
    this.#order = order
    this.partition.rules = order.rules
  }

  configure({config, options, rules}: HostSettings): void {
    this.partition.rules = rules
    this.partition.replica?.configure(options)
    this.partition.replica?.log.configure(config)
    this.#order = {...this.#order, config, options, rules}
  }

  append(batch: Uint8Array, options: Parameters<PartitionReplica['append']>[1]): number {
    return this.partition.append(batch, options)
  }

  /** What the log knows of its producers; none where there is no log yet. */
  get producers(): readonly KnownProducer[] {
    return this.partition.replica?.log.producers ?? []
  }

  /** Answers a request that carries no batch with an offset. */
  ask(kind: number, argument: number, nowMs: number): number {
    this.partition.requireLead(nowMs)
    switch (kind) {
      case REQUEST.flush:
        return this.partition.logEndOffset
      case REQUEST.sync:
        return this.partition.wantSync()
      case REQUEST.deleteRecords:
        return this.partition.deleteRecordsBefore(argument, nowMs)
      default:
        throw new OdradekError('INVALID_ARGUMENT', `request ${kind} is not one of a partition`)
    }
  }

  /** A directory that is made now is put on record: if it goes, nobody may take this for a replica that never had anything. */
  #open(hasArena: boolean, nowMs: number): Replica {
    const isNew = this.#world.storage.stat(this.#directory) === undefined
    const place = {broker: this.#broker, arena: this.#arena(hasArena)}
    const replica = openHostedLog(this.#world, this.#order, place, nowMs)
    this.#identity = this.#world.identityOf?.(this.#directory)
    // an earlier life of this host may have said something
    this.#publishCleaning(replica)
    if (isNew) this.#directoryChanged()
    return replica
  }

  #directoryChanged(): void {
    this.#world.mailbox.send(`broker-${this.#broker}`, {type: 'directoryChanged'})
  }

  /** The directory goes to where a person can look at it, and what checkpoints say of it counts no more. */
  #putAside(): void {
    moveDirectory(this.#world.storage, this.#directory, this.#order.quarantine, this.#order.topicId)
    this.#order = {
      ...this.#order,
      recovery: {
        wasThere: false,
        clean: false,
        recoveryPoint: 0,
        logStartOffset: 0,
        cleanedEnd: 0,
        highWatermark: 0,
      },
    }
    // else the next start misses what nobody has any more
    this.#directoryChanged()
  }

  /** What stands where nobody has ever written is of another topic of that name. */
  #putOtherAside(): void {
    const {topicId, isNew} = this.#order
    if (isNew && readTopicId(this.#world.storage, this.#directory) !== topicId) this.#putAside()
  }

  /** A round of its rules, what is due to be synced or deleted; returns how much there was to do. */
  visit(nowMs: number): number {
    let work = 0
    this.#againMs = Number.POSITIVE_INFINITY
    try {
      work = this.partition.round(nowMs)
    } catch (error) {
      this.#tryAgain(error, nowMs)
    }
    this.#sync(nowMs)
    this.#expire(nowMs)
    this.#clean(nowMs)
    return work
  }

  /** After a full disk, or bytes of a leader that fail their check; meanwhile this replica lags. A bug of ours ends the thread. */
  #tryAgain(error: unknown, nowMs: number): void {
    if (error instanceof AssertionFailed) throw error
    this.#againMs = nowMs + AGAIN_MS
    if (this.partition.replica?.log.failure !== undefined) this.partition.fail()
  }

  dueInMs(nowMs: number): number {
    return Math.min(this.partition.dueInMs(nowMs), this.#againMs - nowMs)
  }

  close(): void {
    this.partition.close()
  }

  release(): void {
    this.partition.abandon()
    try {
      removePartition(this.#world.storage, this.#directory, this.#order.topicId)
    } catch (error) {
      // it stays as a stray; whoever comes after under that name puts it aside
      storageError(error, `removing ${this.#directory}`)
    }
    // after the directory is gone: the broker waits for that before it makes another one there
    this.#world.map.row(this.#order.row).replica(this.#order.slot).publishState(STATE.closed)
  }

  get #directory(): string {
    return directoryOf(this.#world.brokerDirs[this.#broker]!, this.#order)
  }

  get #broker(): number {
    return this.#world.map.brokerOf(this.#world.number)
  }

  #sync(nowMs: number): void {
    for (;;) {
      const job = this.partition.nextSync(nowMs)
      if (job === undefined) return
      this.partition.endSync(nowMs, syncFiles(job) ?? this.#directoryProblem())
    }
  }

  /** What was synced is of no use where the directory is not in its place any more. */
  #directoryProblem(): OdradekError | undefined {
    try {
      if (this.#world.identityOf?.(this.#directory) === this.#identity) return undefined
    } catch (error) {
      return storageError(error, `looking for ${this.#directory}`)
    }
    return new OdradekError('KAFKA_STORAGE_ERROR', `${this.#directory} was removed, or another one put in its place`)
  }

  /** Deletes what retention gives up. A disk that refuses now is asked again at the next look; nothing depends on it. */
  #expire(nowMs: number): void {
    const {replica} = this.partition
    try {
      const found = replica?.expired(nowMs, this.#world.clock.wallMs())
      if (found === undefined) return
      const {log} = replica!
      log.moveLogStart(found.logStartOffset)
      // readers learn the new start before the first file is gone
      this.partition.publish()
      log.dropSegments(found.count)
    } catch (error) {
      if (error instanceof AssertionFailed) throw error
    }
  }

  /** Has its broker compact what is worth it. */
  #clean(nowMs: number): void {
    const {replica} = this.partition
    if (replica === undefined) return
    try {
      this.#tellCleanedEnd(replica)
      const job = replica.nextCleaning(nowMs, this.#world.clock.wallMs())
      if (job === undefined) return
      const {number: host, map, mailbox} = this.#world
      const number = ++jobs
      this.#job = {number, replica}
      const {incarnation} = map.host(host)
      mailbox.send(`broker-${this.#broker}`, {type: 'clean', host, incarnation, row: this.row, number, job})
    } catch (error) {
      replica.failCleaning(error)
      this.#publishCleaning(replica)
    }
  }

  /** What came of a job; undefined where it was cut short. */
  cleaned(number: number, outcome: CleanOutcome | undefined, nowMs: number): void {
    const {replica} = this.partition
    // the log it was asked for may have been put aside
    if (replica === undefined || number !== this.#job?.number || replica !== this.#job.replica) return
    this.#job = undefined
    try {
      replica.endCleaning(nowMs, outcome)
      this.#tellCleanedEnd(replica)
    } catch (error) {
      replica.failCleaning(error)
      this.#tryAgain(error, nowMs)
    }
    this.#publishCleaning(replica)
    this.partition.publish()
  }

  #publishCleaning({cleaningFailure}: Replica): void {
    const line = this.#world.map.row(this.row).replica(this.#order.slot)
    line.publishCleaningFailure(cleaningFailure === undefined ? 0 : errorNumber(cleaningFailure))
  }

  /** How far the log is compacted goes on record; further back where the log was cut. */
  #tellCleanedEnd({log: {cleanedEnd}}: Replica): void {
    if (cleanedEnd === this.#toldCleanedEnd) return
    this.#toldCleanedEnd = cleanedEnd
    this.#world.mailbox.send(`broker-${this.#broker}`, {type: 'compacted', row: this.row, cleanedEnd})
  }

  /** The host's own arena, or one that is never shown, for replicas that share the thread. */
  #arena(own: boolean): ArenaWriter {
    if (!own) return (UNSEEN ??= new ArenaWriter(unseenArena()))
    const arena = new ArenaWriter(this.#world.arenas[this.#world.number]!, this.#order.row)
    // an earlier life of this host may have shown another partition there
    arena.clear()
    return arena
  }
}

/** What a disk or a leader's bytes did not allow is tried again after so long. */
const AGAIN_MS = 100

/** Counts what this thread has asked to be compacted. */
let jobs = 0

let UNSEEN: ArenaWriter | undefined

function unseenArena(): SharedArrayBuffer {
  return allocateArena({windows: 1, windowBytes: WINDOW_BYTES, indexEntries: 1})
}

function syncFiles(job: SyncJob): unknown {
  try {
    for (const file of job.files) file.sync()
    return undefined
  } catch (error) {
    return error
  }
}

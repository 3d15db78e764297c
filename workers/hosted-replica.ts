import {AssertionFailed} from '../engine/assert.ts'
import {OdradekError, storageError} from '../engine/errors.ts'
import {WINDOW_BYTES} from '../engine/limits.ts'
import {readTopicId} from '../engine/log/partition-metadata.ts'
import type {SyncJob} from '../engine/log/sync-state.ts'
import {ArenaWriter, allocateArena} from '../engine/memory/arena.ts'
import {type InboxReceiver, REQUEST} from '../engine/memory/inbox.ts'
import {PartitionReplica} from '../engine/replica/partition-replica.ts'
import type {Replica} from '../engine/replica/replica.ts'
import type {HostOrder, HostSettings} from './host-orders.ts'
import type {HostWorld} from './host-world.ts'
import {directoryOf, isDamaged, openHostedLog, peerOf} from './hosted-log.ts'
import {moveDirectory, removePartition, strayPath} from './partition-files.ts'

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
  /** What went wrong last. */
  problem: OdradekError | undefined
  #againMs = Number.POSITIVE_INFINITY
  readonly #world: HostWorld
  #order: HostOrder

  constructor(world: HostWorld, order: HostOrder, options: {hasArena: boolean}) {
    this.#world = world
    this.#order = order
    const {map} = world
    const row = map.row(order.row)
    this.partition = new PartitionReplica(
      {
        row,
        slot: order.slot,
        host: world.number,
        hasArena: options.hasArena,
        highWatermark: order.recovery.highWatermark,
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
        ringWaiters: () => {
          for (let bits = row.waiters.take(0); bits !== 0; bits &= bits - 1)
            map.threads.doorbell(31 - Math.clz32(bits & -bits)).ring(0)
          for (let bits = row.waiters.take(1); bits !== 0; bits &= bits - 1)
            map.threads.doorbell(63 - Math.clz32(bits & -bits)).ring(0)
        },
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
    if (this.#order.isNew) this.#putStrayAside()
    this.partition.start(nowMs)
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
    if (isNew) this.#world.mailbox.send(`broker-${this.#broker}`, {type: 'directoryMade'})
    return replica
  }

  /** The directory goes to where a person can look at it, and what checkpoints say of it counts no more. */
  #putAside(): void {
    moveDirectory(this.#world.storage, this.#directory, this.#order.quarantine)
    this.#order = {
      ...this.#order,
      recovery: {wasThere: false, clean: false, recoveryPoint: 0, logStartOffset: 0, highWatermark: 0},
    }
  }

  /** A topic of this name was deleted while the broker was away. */
  #putStrayAside(): void {
    const {storage} = this.#world
    const topicId = readTopicId(storage, this.#directory)
    if (topicId === undefined || topicId === this.#order.topicId) return
    moveDirectory(storage, this.#directory, strayPath(this.#order.quarantine, topicId))
  }

  /** A round of its rules, what is due to be synced or deleted; returns how much there was to do. */
  visit(nowMs: number): number {
    let work = 0
    this.#againMs = Number.POSITIVE_INFINITY
    try {
      work = this.partition.round(nowMs)
    } catch (error) {
      if (error instanceof AssertionFailed) throw error
      this.#againMs = nowMs + AGAIN_MS
      // a full disk, or a leader whose bytes fail their check: tried again, and meanwhile this replica lags
      this.problem = storageError(error, `following ${this.#directory}`)
      if (this.partition.replica?.log.failure !== undefined) this.partition.fail()
    }
    this.#sync(nowMs)
    this.#expire(nowMs)
    return work
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
      if (error instanceof AssertionFailed) throw error
      // what the disk does not let go is a stray at the next start, or for who comes under that name
    }
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
      this.partition.endSync(nowMs, syncFiles(job))
    }
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

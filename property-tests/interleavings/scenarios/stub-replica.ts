import type {ReplicaLine} from '../../../engine/cluster/replica-line.ts'
import type {ArenaWriter} from '../../../engine/memory/arena.ts'
import {FlushOrder} from '../../../engine/memory/flush-order.ts'
import type {Replica} from '../../../engine/replica/replica.ts'
import type {Flusher, SyncAnswer} from '../../../workers/replica-agent.ts'

/** Batches of a log in the order of their offsets, one offset each: what stands for its file. */
export type Stored = Uint8Array[]

/**
 * A replica without a disk, for the agent: what is committed is stored, and shows in the arena. It syncs whenever it can.
 */
export class StubReplica {
  readonly log: {
    logStartOffset: 0
    logEndOffset: number
    stagedEnd: number
    syncedEnd: number
    segmentCount: 1
    bytes: 0
    failure: undefined
  }
  readonly #arena: ArenaWriter
  readonly #stored: Stored
  #staged: Uint8Array[] = []
  #segmentBase = 0
  #syncing = -1

  constructor(arena: ArenaWriter, stored: Stored) {
    this.#arena = arena
    this.#stored = stored
    this.log = {
      logStartOffset: 0,
      logEndOffset: 0,
      stagedEnd: 0,
      syncedEnd: 0,
      segmentCount: 1,
      bytes: 0,
      failure: undefined,
    }
  }

  get highWatermark(): number {
    return this.log.logEndOffset
  }

  get isSyncing(): boolean {
    return this.#syncing >= 0
  }

  append(batch: Uint8Array): number {
    const offset = this.log.stagedEnd
    if (!this.#arena.hasRoom(batch.length)) {
      this.commit()
      this.#segmentBase = offset
      this.#arena.open({segmentBase: offset, position: 0, firstOffset: offset})
    }
    this.#arena.addIndexEntry(offset - this.#segmentBase, this.#arena.fill(batch))
    this.#staged.push(Uint8Array.from(batch))
    this.log.stagedEnd = offset + 1
    return offset
  }

  commit(): void {
    if (this.#staged.length === 0) return
    this.#stored.push(...this.#staged)
    this.#staged = []
    this.#arena.publish()
    this.log.logEndOffset = this.log.stagedEnd
  }

  wantSync(): number {
    return this.log.logEndOffset
  }

  nextSync(): {end: number; files: {fd: number; sync(): void}[]} | undefined {
    if (this.#syncing >= 0 || this.log.syncedEnd === this.log.logEndOffset) return undefined
    this.#syncing = this.log.logEndOffset
    return {end: this.#syncing, files: [{fd: this.#syncing, sync() {}}]}
  }

  endSync(): void {
    this.log.syncedEnd = this.#syncing
    this.#syncing = -1
  }

  expired(): undefined {
    return undefined
  }

  nextCleaning(): undefined {
    return undefined
  }

  dueInMs(): number {
    return Number.POSITIVE_INFINITY
  }
}

export function asReplica(stub: StubReplica): Replica {
  return stub as unknown as Replica
}

/** The replica thread's way to a flusher thread that is there already. */
export class StubFlusher implements Flusher {
  readonly #line: FlushOrder
  #ordered = false

  constructor(order: SharedArrayBuffer) {
    this.#line = new FlushOrder(order)
  }

  start(files: readonly {readonly fd: number; sync(): void}[]): SyncAnswer | undefined {
    if (!this.#line.isUp) return {error: undefined}
    this.#line.order(files.map(file => file.fd))
    this.#line.doorbell.ring(0)
    this.#ordered = true
    return undefined
  }

  answer(): SyncAnswer | undefined {
    if (!this.#ordered || this.#line.isOpen()) return undefined
    this.#ordered = false
    return {error: undefined}
  }
}

/** Whether what a reader may see is in the line's order: checked by everyone who looks. */
export function endsAreOrdered(line: ReplicaLine): boolean {
  const synced = line.syncedEnd
  const highWatermark = line.highWatermark
  return synced <= highWatermark && highWatermark <= line.writtenEnd
}

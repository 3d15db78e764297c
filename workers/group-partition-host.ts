import {AssertionFailed} from '../engine/assert.ts'
import type {ClusterMap} from '../engine/cluster/cluster-map.ts'
import type {PartitionRow} from '../engine/cluster/partition-row.ts'
import type {ErrorCode} from '../engine/errors.ts'
import {GroupCoordinator, type Whereabouts} from '../engine/group/group-coordinator.ts'
import type {GroupWorld, Now} from '../engine/group/group-world.ts'
import type {LogSource} from '../engine/log/log-reader.ts'
import {OffsetsLoader} from './offsets-loader.ts'
import {OffsetsSender, type OffsetsSenderOptions} from './offsets-sender.ts'

export interface GroupPartitionOptions extends OffsetsSenderOptions {
  readonly source: LogSource
  readonly world: Omit<GroupWorld, 'append'>
  readonly whereabouts: Whereabouts
}

/** What cannot be read is tried again after so long. */
const READ_AGAIN_MS = 100

/** A partition of `__consumer_offsets` in one reign of this broker over it: loaded first, then the coordinator of its groups. */
export class GroupPartitionHost {
  readonly #options: GroupPartitionOptions
  readonly #sender: OffsetsSender
  readonly #loader: OffsetsLoader
  readonly #coordinator: GroupCoordinator
  #isLoaded = false
  #readAgainMs = 0

  constructor(options: GroupPartitionOptions) {
    const {row, slot, source, world} = options
    this.#options = options
    this.#sender = new OffsetsSender(options)
    this.#loader = new OffsetsLoader(row.replica(slot), source)
    this.#coordinator = new GroupCoordinator({
      append: (records, done) => this.#sender.append(records, done),
      newMemberId: prefix => world.newMemberId(prefix),
      rebalancing: group => world.rebalancing(group),
      topic: name => world.topic(name),
    })
  }

  /** Who answers for its groups, or why nobody does yet. */
  get coordinator(): GroupCoordinator | ErrorCode {
    return this.#isLoaded ? this.#coordinator : 'COORDINATOR_LOAD_IN_PROGRESS'
  }

  get rowNumber(): number {
    return this.#options.rowNumber
  }

  /** Whether the reign that it is for goes on. */
  get isCurrent(): boolean {
    const {row, slot, leaderEpoch} = this.#options
    return isReign(row, slot, leaderEpoch) && !this.#sender.isCutOff
  }

  /** Whether a ring of a host may be all that is waited for. */
  get isPending(): boolean {
    return this.#sender.isPending || !this.#isLoaded
  }

  round(now: Now): number {
    if (!this.#isLoaded) return this.#load(now)
    const work = this.#coordinator.round(now)
    this.#sender.flush(now.wallMs)
    return work + this.#sender.round()
  }

  /** Tells its host again of what that may not have heard. */
  attach(): void {
    this.#sender.attach()
  }

  threadsEnded(hasEnded: (clientHost: string) => boolean, now: Now): void {
    if (this.#isLoaded && this.#coordinator.hasThreads) this.#coordinator.threadsEnded(hasEnded, now)
  }

  dueInMs(nowMs: number): number {
    if (this.#isLoaded) return Math.max(0, this.#coordinator.dueMs - nowMs)
    // that more is visible is rung for
    return this.#loader.isVisible ? Math.max(1, this.#readAgainMs - nowMs) : Number.POSITIVE_INFINITY
  }

  /** The reign is over: whoever waits is sent away. */
  close(): void {
    this.#loader.close()
    this.#sender.fail('NOT_COORDINATOR')
    this.#coordinator.unload('NOT_COORDINATOR')
  }

  #load(now: Now): number {
    if (now.nowMs < this.#readAgainMs) return 0
    // the bit stands before the look
    this.#options.row.waiters.add(this.#options.place)
    if (!this.#loader.isVisible) return 0
    try {
      this.#loader.read(record => this.#coordinator.replay(record))
    } catch (error) {
      // whatever the disk has done, other partitions go on; a broken rule of ours does not
      if (error instanceof AssertionFailed) throw error
      this.#doubt()
      this.#readAgainMs = now.nowMs + READ_AGAIN_MS
      return 0
    }
    if (this.#loader.isDone) {
      this.#loader.close()
      this.#coordinator.loaded(now, this.#options.whereabouts)
      this.#isLoaded = true
    }
    return 1
  }

  /** Has the host look at what cannot be read: it leaves the lead to somebody who has better bytes. */
  #doubt(): void {
    const {row, slot, map, rowNumber} = this.#options
    const line = row.replica(slot)
    line.doubt(this.#loader.position)
    if (line.host >= 0) map.ringHost(line.host, rowNumber)
  }
}

/** Whether the replica in `slot` leads in that epoch, and has taken up its reign. */
export function isReign(row: PartitionRow, slot: number, epoch: number): boolean {
  const {leader, leaderEpoch} = row.leadership
  return leader === slot && leaderEpoch === epoch && row.replica(slot).followedEpoch === epoch
}

/** The broker that coordinates the groups of a partition now, 0 where nobody does. */
export function coordinatingBroker(map: ClusterMap, row: PartitionRow): number {
  const {leader} = row.leadership
  const host = leader < 0 || !row.isServed ? -1 : row.replica(leader).host
  return host < 0 ? 0 : map.brokerOf(host)
}

import type {ReplicaLine} from '../cluster/replica-line.ts'
import {OdradekError} from '../errors.ts'
import {Follower} from './follower.ts'
import type {ReplicaWorld} from './replica-world.ts'
import type {ShownLog} from './shown-log.ts'
import type {TakenLeadership} from './taken-leadership.ts'

/**
 * What a replica does while somebody else leads: agrees with the leader's log, takes what that has and this one lacks, and moves its
 * high watermark and log start behind the leader's.
 */
export class Following {
  readonly #world: ReplicaWorld
  readonly #taken: TakenLeadership
  readonly #log: ShownLog
  readonly #publish: () => void
  readonly #leader: number
  readonly #leaderLine: ReplicaLine
  readonly #line: ReplicaLine
  readonly #follower: Follower

  /** `publish` shows the ends, and what follows from them. */
  constructor({world, taken, log}: {world: ReplicaWorld; taken: TakenLeadership; log: ShownLog}, publish: () => void) {
    this.#world = world
    this.#taken = taken
    this.#log = log
    this.#publish = publish
    this.#leader = taken.leadership.leader
    this.#leaderLine = world.row.replica(this.#leader)
    this.#line = world.row.replica(world.slot)
    this.#follower = new Follower(world.peer(this.#leader), log)
  }

  /** Returns how much there was to do; more than nothing means that another round may have more. */
  round(nowMs: number): number {
    const {leaderEpoch} = this.#taken.leadership
    // the leader records its epoch before it shows it: only then can anybody agree with it
    if (this.#leaderLine.followedEpoch !== leaderEpoch) return 0
    if (!this.#follower.agrees) {
      const end = this.#leaderLine.writtenEnd
      const {logStartOffset} = this.#leaderLine
      if (!this.#follower.reconcile({end, logStartOffset}, this.#counts)) return 1
      this.#log.reset()
      this.#line.publishFollowedEpoch(leaderEpoch)
      this.#world.ringReplica(this.#leader)
      return 1
    }
    const limit = this.#leaderLine.writtenEnd
    const {wantedSyncEnd} = this.#leaderLine
    const highWatermark = this.#leaderLine.highWatermark
    const syncedWatermark = this.#leaderLine.syncedWatermark
    const logStartOffset = this.#leaderLine.logStartOffset
    const taken = this.#fetch(limit, nowMs)
    const {endOffset, replica} = this.#log
    this.#log.moveHighWatermark(Math.max(this.#log.highWatermark, Math.min(highWatermark, endOffset)))
    this.#log.moveSyncedWatermark(syncedWatermark)
    if (replica !== undefined && replica.log.syncedEnd < Math.min(wantedSyncEnd, endOffset)) replica.wantSync()
    if (logStartOffset <= endOffset) this.#log.followLogStart(logStartOffset)
    this.#publish()
    this.#line.publishHighWatermark(this.#log.highWatermark)
    return taken
  }

  close(): void {
    this.#follower.close()
  }

  /** Where the leader's bytes fail their check it is to look at them itself. */
  #fetch(limit: number, nowMs: number): number {
    try {
      return this.#follower.fetch(limit, nowMs, this.#counts)
    } catch (error) {
      if (error instanceof OdradekError && error.code === 'CORRUPT_MESSAGE') {
        this.#leaderLine.doubt(Math.max(this.#log.endOffset, this.#leaderLine.logStartOffset))
        this.#world.ringReplica(this.#leader)
      }
      throw error
    }
  }

  /** Whether what was just read of the leader still counts: it was read in the epoch that this replica follows. */
  readonly #counts = (): boolean =>
    this.#leaderLine.followedEpoch === this.#taken.leadership.leaderEpoch && this.#taken.stands
}

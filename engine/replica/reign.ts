import type {ReplicaLine} from '../cluster/replica-line.ts'
import {OdradekError} from '../errors.ts'
import {type ReplicaEnd, reachedByAll} from './high-watermark.ts'
import {IsrPolicy} from './isr-policy.ts'
import type {OtherReplicas} from './other-replicas.ts'
import type {PartitionRules} from './partition-rules.ts'
import type {ReplicaWorld} from './replica-world.ts'
import type {ShownLog} from './shown-log.ts'
import type {TakenLeadership} from './taken-leadership.ts'

/** What a leader does for all: it counts how far the ISR has come, moves the high watermark, and asks for another ISR where that is due. */
export class Reign {
  rules: PartitionRules
  readonly #world: ReplicaWorld
  readonly #taken: TakenLeadership
  readonly #log: ShownLog
  readonly #others: OtherReplicas
  readonly #line: ReplicaLine
  readonly #isr: IsrPolicy
  /** Where it began in the log. */
  #epochStart = 0
  #syncedWatermark = 0
  /** When the leader looks at its ISR by itself. */
  #lookAgainMs = 0
  /** What was proposed last, and for which word; `any` is all that was ever proposed for that one. */
  #proposed = {word: 0n, isr: 0, any: 0, againMs: 0}

  constructor(
    {world, taken, log, others}: {world: ReplicaWorld; taken: TakenLeadership; log: ShownLog; others: OtherReplicas},
    rules: PartitionRules,
  ) {
    this.#world = world
    this.#taken = taken
    this.#log = log
    this.#others = others
    this.#line = world.row.replica(world.slot)
    this.#isr = new IsrPolicy(rules.replicaLagTimeMaxMs)
    this.rules = rules
  }

  /** It begins at the log's end; nothing counts as synced by all before everybody has said so in this epoch. */
  begin(nowMs: number): void {
    this.#syncedWatermark = 0
    this.#epochStart = this.#log.endOffset
    this.#isr.begin(nowMs, this.#epochStart)
  }

  /** When it is to be looked at again though nobody rings. */
  get lookAgainMs(): number {
    return this.#lookAgainMs
  }

  requireMinIsr(): void {
    const members = count(this.#taken.leadership.isr)
    const {minInsyncReplicas} = this.rules
    if (members < minInsyncReplicas) {
      throw new OdradekError(
        'NOT_ENOUGH_REPLICAS',
        `${members} replicas are in sync, min.insync.replicas is ${minInsyncReplicas}`,
      )
    }
  }

  round(nowMs: number): void {
    this.advance()
    const {isr} = this.#taken.leadership
    const replicas = this.#others.hosted
    // who lags, or was refused, is looked at again though nobody rings
    const isWhole = isr === replicas && this.#log.highWatermark === this.#log.endOffset
    this.#lookAgainMs = isWhole
      ? Number.POSITIVE_INFINITY
      : nowMs + Math.min(LOOK_AGAIN_MS, this.rules.replicaLagTimeMaxMs / 2)
    const syncedFloor = this.#syncedFloor
    if (isr !== replicas) this.#wantSynced(syncedFloor)
    const wanted = this.#isr.wanted(
      {
        leadership: this.#taken.leadership,
        logEndOffset: this.#log.endOffset,
        highWatermark: this.#log.highWatermark,
        epochStart: this.#epochStart,
        endOf: this.#endOf,
        syncedFloor,
        syncedEndOf: this.#syncedEndOf,
        replicas,
      },
      nowMs,
    )
    if (wanted !== isr) this.#propose(wanted, nowMs)
  }

  #propose(isr: number, nowMs: number): void {
    const {word, leadership} = this.#taken
    // a refusal comes as a new version of what was: to ask at once again would go on for ever
    if (this.#proposed.isr === isr && (this.#proposed.word === word || nowMs < this.#proposed.againMs)) return
    // from here on whoever enters counts as a member, for the coordinator may have let it in, by this proposal or one before
    const any = this.#proposed.word === word ? this.#proposed.any | isr : isr
    this.#proposed = {word, isr, any, againMs: nowMs + PROPOSE_AGAIN_MS}
    this.#world.row.propose(this.#world.slot, {...leadership, isr})
    this.#world.ringHolder()
  }

  /** A leader has synced whatever was acknowledged as synced by all, which was visible, or older than its reign. */
  get #syncedFloor(): number {
    return Math.min(this.#log.syncedEnd, Math.max(this.#log.highWatermark, this.#epochStart))
  }

  /** Who is not in sync yet is to sync so much. */
  #wantSynced(end: number): void {
    if (end <= this.#line.wantedSyncEnd) return
    this.#line.wantSync(end)
    this.#others.ring()
  }

  /** Moves the high watermark, and what is synced everywhere, as far as the ISR has come. */
  advance(): void {
    const {word, leadership} = this.#taken
    const pending = this.#proposed.word === word ? this.#proposed.any & ~leadership.isr : 0
    const {minInsyncReplicas} = this.rules
    const written = reachedByAll(leadership, pending, minInsyncReplicas, this.#endOf)
    const synced = reachedByAll(leadership, pending, minInsyncReplicas, this.#syncedEndOf)
    // counted under a leadership that may be over: then nothing is shown
    if (!this.#taken.stands) return
    let hasMoved = false
    if (written !== undefined && written > this.#log.highWatermark) {
      this.#log.moveHighWatermark(written)
      this.#line.publishHighWatermark(written)
      hasMoved = true
    }
    const syncedWatermark = Math.min(synced ?? 0, this.#log.highWatermark)
    if (syncedWatermark > this.#syncedWatermark) {
      this.#syncedWatermark = syncedWatermark
      this.#log.moveSyncedWatermark(syncedWatermark)
      this.#line.publishSyncedWatermark(syncedWatermark)
      hasMoved = true
    }
    if (hasMoved) this.#world.ringWaiters()
  }

  readonly #endOf = (slot: number): ReplicaEnd =>
    slot === this.#world.slot
      ? {epoch: this.#taken.leadership.leaderEpoch, end: this.#log.endOffset}
      : this.#others.endOf(slot)

  readonly #syncedEndOf = (slot: number): ReplicaEnd =>
    slot === this.#world.slot
      ? {epoch: this.#taken.leadership.leaderEpoch, end: this.#log.syncedEnd}
      : this.#others.syncedEndOf(slot)
}

/** A proposal that was refused is made again after so long. */
const PROPOSE_AGAIN_MS = 500
/** A leader some of whose replicas are not with it looks at them that often. */
const LOOK_AGAIN_MS = 500

function count(isr: number): number {
  let left = isr
  let members = 0
  for (; left !== 0; left &= left - 1) members++
  return members
}

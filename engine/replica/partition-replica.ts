import {AssertionFailed} from '../assert.ts'
import {NO_EPOCH, type ReplicaLine, STATE} from '../cluster/replica-line.ts'
import {OdradekError, storageError} from '../errors.ts'
import type {SyncJob} from '../log/sync-state.ts'
import {BATCH, producerId} from '../record/record-batch.ts'
import {Following} from './following.ts'
import {OtherReplicas} from './other-replicas.ts'
import type {PartitionRules} from './partition-rules.ts'
import {Reign} from './reign.ts'
import type {Replica} from './replica.ts'
import type {ReplicaWorld} from './replica-world.ts'
import {ShownLog} from './shown-log.ts'
import {takeOver} from './take-over.ts'
import {TakenLeadership} from './taken-leadership.ts'

/**
 * One replica of a partition in a cluster: reads the leadership word and leads, follows, or waits. Its host calls `round` whenever
 * the row is marked; appends come in between, and `commit` ends each run of them. Everything others may count on is in its
 * line, published after what it speaks of.
 */
export class PartitionReplica {
  readonly #world: ReplicaWorld
  readonly #line: ReplicaLine
  readonly #taken: TakenLeadership
  readonly #log: ShownLog
  readonly #others: OtherReplicas
  readonly #reign: Reign
  #leads = false
  #following: Following | undefined
  /** A batch that was taken and not written yet is to be synced. */
  #syncIsWanted = false
  /** When a replica whose disk did not take what it wrote counts as one again. */
  #resumesMs = Number.POSITIVE_INFINITY
  /** The log was opened, or found to be none. */
  #isStarted = false
  /** The directory is lost or damaged: this replica begins anew once the others do without it. */
  #lost = false

  constructor(world: ReplicaWorld, rules: PartitionRules) {
    this.#world = world
    this.#line = world.row.replica(world.slot)
    this.#taken = new TakenLeadership(world.row)
    this.#log = new ShownLog(world)
    this.#others = new OtherReplicas(world)
    this.#reign = new Reign({world, taken: this.#taken, log: this.#log, others: this.#others}, rules)
  }

  set rules(rules: PartitionRules) {
    this.#reign.rules = rules
  }

  /**
   * Opens what is there and shows it: from here on a coordinator may elect this replica. Where the directory is lost or damaged
   * it shows itself as failed, and begins anew once it is out of the ISR: then nobody counts on what it had. Throws where the disk does
   * not allow it now; the next round tries again, and until then it counts as one that starts.
   */
  start(nowMs: number): void {
    this.#line.leaveEpoch()
    // what an earlier thread of this replica had shown stays visible: it may lead on in the same epoch
    this.#log.moveHighWatermark(Math.max(this.#log.highWatermark, this.#line.highWatermark))
    this.#line.publishHost(this.#world.host, this.#world.hasArena)
    try {
      if (this.#world.row.leadership.leaderEpoch === 0) this.#world.putOtherAside()
      if (this.#world.isMissing()) throw new OdradekError('LOG_DAMAGED', 'the directory is gone')
      if (this.#world.exists()) this.#log.open(nowMs)
      else this.#log.reset()
    } catch (error) {
      if (error instanceof AssertionFailed) throw error
      const failure = storageError(error, 'opening the log')
      this.#lost = failure.code === 'LOG_DAMAGED' || failure.code === 'FOREIGN_DIR'
      if (!this.#lost) throw failure
      this.#isStarted = true
      this.fail()
      return
    }
    this.#isStarted = true
    this.#line.publishState(STATE.running)
    this.#world.ringHolder()
  }

  /** Whether the leadership has changed and this replica has not taken that up: the next round, or append, will. */
  get isBehindLeadership(): boolean {
    return !this.#taken.stands
  }

  get leads(): boolean {
    return this.#leads
  }

  /** The log with its rules; undefined while there is none on disk. */
  get replica(): Replica | undefined {
    return this.#log.replica
  }

  get logEndOffset(): number {
    return this.#log.endOffset
  }

  /**
   * One round: takes up a change of the leadership, fetches as a follower, counts ends as a leader. Returns how much there was to do;
   * more than nothing means that another round may have more.
   */
  round(nowMs: number): number {
    if (!this.#isStarted) this.start(nowMs)
    if (nowMs >= this.#resumesMs) this.#resume()
    const {word} = this.#world.row
    let work = 0
    if (word !== this.#taken.word) {
      work++
      this.#change(word, nowMs)
    }
    if (this.#lost) {
      if (this.#isReplaced) this.#beginAnew()
    } else if (this.#line.doubtedAt >= 0) this.#examine(this.#line.doubtedAt)
    if (this.#leads) this.#reign.round(nowMs)
    else if (this.#following !== undefined) work += this.#following.round(nowMs)
    return work
  }

  /** Takes a batch, as leader, and returns its base offset. `needsMinIsr`: the sender wants all of the ISR to have it; `needsSync`: on stable storage. */
  append(
    batch: Uint8Array,
    options: {nowMs: number; wallMs: number; needsMinIsr: boolean; needsSync: boolean},
  ): number {
    this.requireLead(options.nowMs)
    if (options.needsMinIsr) this.#reign.requireMinIsr()
    try {
      const {log} = this.#openAsLeader(options.nowMs)
      const known = hasProducer(batch) ? log.duplicateOf(batch) : undefined
      this.#syncIsWanted ||= options.needsSync
      if (known !== undefined) return known.baseOffset
      return this.#log.append(batch, options.wallMs)
    } catch (error) {
      this.#yieldTo(error, options.nowMs)
      throw error
    }
  }

  /** Writes what was taken and shows it; followers are told. */
  commit(nowMs: number): void {
    try {
      this.#log.replica?.commit(nowMs)
      if (this.#syncIsWanted) this.wantSync()
    } catch (error) {
      this.#yieldTo(error, nowMs)
      throw error
    } finally {
      this.publish()
    }
  }

  /**
   * A disk that does not take what a leader writes: where somebody else can, he shall lead. This replica is out of the ISR then, follows, and
   * is in sync again once it has written what it lacks. A full disk is no such failure: it may be that of all brokers.
   */
  #yieldTo(error: unknown, nowMs: number): void {
    if (error instanceof AssertionFailed || storageError(error, 'writing').code !== 'KAFKA_STORAGE_ERROR') return
    if (!this.#canBeReplaced) return
    this.#resumesMs = nowMs + RESUME_MS
    this.fail()
  }

  #resume(): void {
    this.#resumesMs = Number.POSITIVE_INFINITY
    if (this.#lost || this.#log.replica?.log.failure !== undefined) return
    this.#line.publishState(STATE.running)
    this.#world.ringHolder()
  }

  /** Shows the ends as they are, and what follows from them. */
  publish(): void {
    const {replica} = this.#log
    if (replica === undefined || this.#line.followedEpoch === NO_EPOCH) return
    const hasMoved = this.#log.show()
    if (replica.log.failure !== undefined) this.fail()
    const {leader} = this.#taken.leadership
    if (this.#leads) {
      if (hasMoved) this.#others.ring()
      this.#reign.advance()
    } else if (hasMoved && leader >= 0) this.#world.ringReplica(leader)
  }

  deleteRecordsBefore(offset: number, nowMs: number): number {
    this.requireLead(nowMs)
    const start = this.#openAsLeader(nowMs).deleteRecordsBefore(offset)
    this.publish()
    return start
  }

  /** Somebody waits for all that is written here to be synced, by those who follow, too; returns that end. */
  wantSync(): number {
    this.#syncIsWanted = false
    const {replica} = this.#log
    if (replica === undefined) return 0
    const end = replica.wantSync()
    this.#line.wantSync(end)
    this.#others.ring()
    return end
  }

  nextSync(nowMs: number): SyncJob | undefined {
    return this.#log.replica?.nextSync(nowMs)
  }

  endSync(nowMs: number, error?: unknown): void {
    this.#log.endSync(nowMs, error)
    this.publish()
  }

  /** How long it can be left alone, where nobody marks the row. */
  dueInMs(nowMs: number): number {
    const log = Math.min(
      this.#log.replica?.dueInMs(nowMs) ?? Number.POSITIVE_INFINITY,
      Math.max(0, this.#resumesMs - nowMs),
    )
    return this.#leads ? Math.min(log, Math.max(0, this.#reign.lookAgainMs - nowMs)) : log
  }

  /**
   * Closes the log for good, cleanly where that is possible. A log that could not be opened, or is damaged, does not count as closed: whoever
   * opens it next has to look at it.
   */
  close(): void {
    this.#following?.close()
    this.#line.leaveEpoch()
    if (this.#isStarted && !this.#lost) this.#line.publishState(STATE.closed)
    this.#log.replica?.log.close()
  }

  /** Lets go of the files without a word on them: the partition was deleted, or moved away. */
  abandon(): void {
    this.#following?.close()
    this.#line.leaveEpoch()
    this.#line.publishHost(-1)
    this.#line.publishState(STATE.starting)
    this.#log.replica?.log.abandon()
    // where the topic was deleted, nothing else comes for those who wait
    this.#world.ringWaiters()
  }

  /** Throws where this replica does not lead now. */
  requireLead(nowMs: number): void {
    if (this.isBehindLeadership) this.round(nowMs)
    if (!this.#leads) {
      const {leader, leaderEpoch} = this.#taken.leadership
      throw new OdradekError('NOT_LEADER_OR_FOLLOWER', `slot ${leader} leads in epoch ${leaderEpoch}`)
    }
  }

  #openAsLeader(nowMs: number): Replica {
    return this.#log.open(nowMs, this.#taken.leadership.leaderEpoch)
  }

  #change(word: bigint, nowMs: number): void {
    const before = this.#taken.leadership
    this.#taken.take(word)
    const {leadership} = this.#taken
    // somebody may have come who could lead in place of this one
    if (this.#line.damagedAt >= 0) this.#line.publishDamagedAt(-1)
    if (leadership.leaderEpoch === before.leaderEpoch && leadership.leader === before.leader) {
      // the ISR changed, not the reign: what this round counts, it counts under the new one
      return
    }
    this.#stopReign()
    if (this.#lost || leadership.deleted) return
    if (leadership.leader === this.#world.slot) {
      let begun = false
      try {
        begun = this.#beginReign(nowMs)
      } finally {
        if (!begun) this.#leaveUntaken()
      }
    } else if (leadership.leader >= 0) this.#beginFollowing()
  }

  /** A leadership that this replica could not take up: the next round looks at the one there is then. */
  #leaveUntaken(): void {
    this.#stopReign()
    this.#taken.forget()
  }

  #stopReign(): void {
    this.#following?.close()
    this.#following = undefined
    this.#leads = false
    this.#line.leaveEpoch()
  }

  /** False where the leadership changed meanwhile. */
  #beginReign(nowMs: number): boolean {
    const parts = {world: this.#world, taken: this.#taken, log: this.#log, others: this.#others}
    if (!takeOver(parts, nowMs)) return false
    const {leaderEpoch} = this.#taken.leadership
    this.#log.replica?.log.startEpoch(leaderEpoch)
    this.#leads = true
    this.#reign.begin(nowMs)
    this.#log.reset()
    this.#line.publishFollowedEpoch(leaderEpoch)
    this.#others.ring()
    this.#reign.advance()
    this.#world.ringWaiters()
    this.#world.ringHolder()
    return true
  }

  #beginFollowing(): void {
    const parts = {world: this.#world, taken: this.#taken, log: this.#log}
    this.#following = new Following(parts, () => this.publish())
  }

  /** Out of the ISR, and the leader has taken over what it wants of this one's files. */
  get #isReplaced(): boolean {
    const {isr, leader, leaderEpoch} = this.#taken.leadership
    const isOutside = leader >= 0 && (isr & (1 << this.#world.slot)) === 0
    return isOutside && this.#world.row.replica(leader).followedEpoch === leaderEpoch
  }

  #beginAnew(): void {
    this.#stopReign()
    this.#log.forsake()
    // where the disk does not allow it now, it is lost still, and the next round tries again
    this.#world.quarantine()
    this.#lost = false
    this.#line.publishState(STATE.starting)
    this.#log.reset()
    this.#line.endDoubt(this.#line.doubtedAt)
    this.#line.publishState(STATE.running)
    this.#beginFollowing()
    this.#world.ringWaiters()
    this.#world.ringHolder()
  }

  /**
   * Somebody could not read what this log has at an offset. Where that is so it is lost, as if it had been found damaged at the start; but
   * a leader without anybody in its place goes on with what can be read.
   */
  #examine(offset: number): void {
    const {replica} = this.#log
    const isBad = replica !== undefined && this.#world.isDamaged(replica.log, offset)
    if (isBad && this.#canBeReplaced) {
      this.#lost = true
      this.fail()
      return
    }
    if (isBad) this.#line.publishDamagedAt(offset)
    this.#line.endDoubt(offset)
    this.#world.ringWaiters()
  }

  /** Whether somebody else leads, or is in sync and could. */
  get #canBeReplaced(): boolean {
    const {isr, leader, leaderEpoch} = this.#taken.leadership
    if (!this.#leads) return leader >= 0
    return this.#others.hasMember(
      isr,
      ({followedEpoch, state}) => followedEpoch === leaderEpoch && state === STATE.running,
    )
  }

  /** A disk that failed: this replica takes nothing more, and must not lead. */
  fail(): void {
    if (this.#line.state === STATE.failed) return
    this.#line.publishState(STATE.failed)
    this.#world.ringHolder()
  }
}

/** Long enough for another leader to be elected. */
const RESUME_MS = 1000

/** Whether the sender can send it again without its being stored twice. What is too short for a batch is refused by the log. */
function hasProducer(batch: Uint8Array): boolean {
  return batch.length >= BATCH.records && producerId(new DataView(batch.buffer, batch.byteOffset, batch.length), 0) >= 0
}

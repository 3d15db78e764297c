import {AssertionFailed} from '../assert.ts'
import {decodeLeadership, type Leadership, NO_LEADERSHIP} from '../cluster/leadership.ts'
import type {PartitionRow} from '../cluster/partition-row.ts'
import {NO_EPOCH, type ReplicaLine, STATE} from '../cluster/replica-line.ts'
import {OdradekError, storageError} from '../errors.ts'
import {REPLICAS_MAX} from '../limits.ts'
import type {Log} from '../log/log.ts'
import type {CompactionCounters} from '../log/log-cleaning.ts'
import type {SyncJob} from '../log/sync-state.ts'
import {BATCH, producerId} from '../record/record-batch.ts'
import {Follower} from './follower.ts'
import {type ReplicaEnd, reachedByAll} from './high-watermark.ts'
import {IsrPolicy} from './isr-policy.ts'
import type {Replica} from './replica.ts'
import type {ReplicaPeer} from './replica-peer.ts'

/** What the rules of a topic and a broker say about a replica. */
export interface PartitionRules {
  readonly minInsyncReplicas: number
  readonly replicaLagTimeMaxMs: number
}

/** What a replica of a cluster stands on; all of it handed in. */
export interface PartitionWorld {
  readonly row: PartitionRow
  readonly slot: number
  /** Number of the thread that hosts this replica. */
  readonly host: number
  /** Whether it is the one replica of its host that shows its newest bytes in the host's arena. */
  readonly hasArena: boolean
  /** As far as the high watermark is known to have come, from before this thread. */
  readonly highWatermark: number
  /** Moves out of the way what another topic of that name has left; called where nobody has ever led this one. */
  putOtherAside(): void
  /** Whether the partition's directory is there: before the first append it need not be. */
  exists(): boolean
  /** Whether the directory should be there and is not. */
  isMissing(): boolean
  /** Opens the log, with its directory made where it is missing. */
  open(nowMs: number): Replica
  /** Moves the directory out of the way: what is in it cannot be trusted. */
  quarantine(): void
  /** Whether what the files of `log` have at `offset` fails its check. */
  isDamaged(log: Log, offset: number): boolean
  peer(slot: number): ReplicaPeer
  /** Wakes the host of another replica. */
  ringReplica(slot: number): void
  /** Wakes the coordinator that holds the lease. */
  ringHolder(): void
  /** Wakes the threads that wait for the partition's ends. */
  ringWaiters(): void
}

/**
 * One replica of a partition in a cluster: reads the leadership word and leads, follows, or waits. Its host calls `round` whenever
 * the row is marked; appends come in between, and `commit` ends each run of them. Everything others may count on is in its
 * line, published after what it speaks of.
 */
export class PartitionReplica {
  readonly #world: PartitionWorld
  readonly #line: ReplicaLine
  readonly #isr: IsrPolicy
  rules: PartitionRules
  #replica: Replica | undefined
  #word = 0n
  #leadership: Leadership = NO_LEADERSHIP
  #leads = false
  #follower: Follower | undefined
  /** Where this replica's reign began, as leader. */
  #epochStart = 0
  #highWatermark = 0
  #syncedWatermark = 0
  /** When a leader looks at its ISR by itself. */
  #lookAgainMs = 0
  #batches = 0
  /** As it is shown. */
  #compaction: CompactionCounters | undefined
  #appendedBytes = 0
  #syncs = 0
  /** A batch that was taken and not written yet is to be synced. */
  #syncIsWanted = false
  /** When a replica whose disk did not take what it wrote counts as one again. */
  #resumesMs = Number.POSITIVE_INFINITY
  /** The log was opened, or found to be none. */
  #isStarted = false
  /** The directory is lost or damaged: this replica begins anew once the others do without it. */
  #lost = false
  /** What was proposed last, and for which word; `any` is all that was ever proposed for that one. */
  #proposed = {word: 0n, isr: 0, any: 0, againMs: 0}

  constructor(world: PartitionWorld, rules: PartitionRules) {
    this.#world = world
    this.rules = rules
    this.#line = world.row.replica(world.slot)
    this.#highWatermark = world.highWatermark
    this.#isr = new IsrPolicy(rules.replicaLagTimeMaxMs)
  }

  /**
   * Opens what is there and shows it: from here on a coordinator may elect this replica. Where the directory is lost or damaged
   * it shows itself as failed, and begins anew once it is out of the ISR: then nobody counts on what it had. Throws where the disk does
   * not allow it now; the next round tries again, and until then it counts as one that starts.
   */
  start(nowMs: number): void {
    this.#line.leaveEpoch()
    // what an earlier thread of this replica had shown stays visible: it may lead on in the same epoch
    this.#highWatermark = Math.max(this.#highWatermark, this.#line.highWatermark)
    this.#line.publishHost(this.#world.host, this.#world.hasArena)
    try {
      if (this.#world.row.leadership.leaderEpoch === 0) this.#world.putOtherAside()
      if (this.#world.isMissing()) throw new OdradekError('LOG_DAMAGED', 'the directory is gone')
      if (this.#world.exists()) this.#open(nowMs)
      else this.#showEnds()
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
    return this.#world.row.word !== this.#word
  }

  get leads(): boolean {
    return this.#leads
  }

  /** The log with its rules; undefined while there is none on disk. */
  get replica(): Replica | undefined {
    return this.#replica
  }

  get logEndOffset(): number {
    return this.#replica?.log.logEndOffset ?? 0
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
    if (word !== this.#word) {
      work++
      this.#change(word, nowMs)
    }
    if (this.#lost) {
      if (this.#isReplaced) this.#beginAnew()
    } else if (this.#line.doubtedAt >= 0) this.#examine(this.#line.doubtedAt)
    if (this.#leads) this.#lead(nowMs)
    else if (this.#follower !== undefined) work += this.#follow(nowMs)
    return work
  }

  /** Takes a batch, as leader, and returns its base offset. `needsMinIsr`: the sender wants all of the ISR to have it; `needsSync`: on stable storage. */
  append(
    batch: Uint8Array,
    options: {nowMs: number; wallMs: number; needsMinIsr: boolean; needsSync: boolean},
  ): number {
    this.requireLead(options.nowMs)
    const {isr} = this.#leadership
    if (options.needsMinIsr && count(isr) < this.rules.minInsyncReplicas) {
      throw new OdradekError(
        'NOT_ENOUGH_REPLICAS',
        `${count(isr)} replicas are in sync, min.insync.replicas is ${this.rules.minInsyncReplicas}`,
      )
    }
    try {
      const replica = this.#opened(options.nowMs)
      const known = hasProducer(batch) ? replica.log.duplicateOf(batch) : undefined
      this.#syncIsWanted ||= options.needsSync
      if (known !== undefined) return known.baseOffset
      const offset = replica.append(batch, options.wallMs)
      this.#batches++
      this.#appendedBytes += batch.length
      return offset
    } catch (error) {
      this.#yieldTo(error, options.nowMs)
      throw error
    }
  }

  /** Writes what was taken and shows it; followers are told. */
  commit(nowMs: number): void {
    try {
      this.#replica?.commit(nowMs)
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
    if (this.#lost || this.#replica?.log.failure !== undefined) return
    this.#line.publishState(STATE.running)
    this.#world.ringHolder()
  }

  /** Shows the ends as they are, and what follows from them. */
  publish(): void {
    if (this.#replica === undefined || this.#line.followedEpoch === NO_EPOCH) return
    const {log} = this.#replica
    const hasMoved = log.logEndOffset !== this.#line.writtenEnd || log.syncedEnd !== this.#line.syncedEnd
    this.#line.publishWrittenEnd(log.logEndOffset)
    this.#line.publishLastEpoch(log.lastEpoch)
    this.#line.publishLogStartOffset(log.logStartOffset)
    this.#line.publishSyncedEnd(log.syncedEnd)
    this.#line.count({
      batches: this.#batches,
      appendedBytes: this.#appendedBytes,
      syncs: this.#syncs,
      segments: log.segmentCount,
      sizeBytes: log.bytes,
    })
    if (log.compaction !== this.#compaction) {
      this.#compaction = log.compaction
      this.#line.countCompaction(log.compaction)
    }
    if (log.failure !== undefined) this.fail()
    if (this.#leads) {
      if (hasMoved) this.#ringFollowers()
      this.#advance()
    } else if (hasMoved && this.#leadership.leader >= 0) this.#world.ringReplica(this.#leadership.leader)
  }

  deleteRecordsBefore(offset: number, nowMs: number): number {
    this.requireLead(nowMs)
    const start = this.#opened(nowMs).deleteRecordsBefore(offset)
    this.publish()
    return start
  }

  /** Somebody waits for all that is written here to be synced, by those who follow, too; returns that end. */
  wantSync(): number {
    this.#syncIsWanted = false
    if (this.#replica === undefined) return 0
    const end = this.#replica.wantSync()
    this.#line.wantSync(end)
    this.#ringFollowers()
    return end
  }

  nextSync(nowMs: number): SyncJob | undefined {
    return this.#replica?.nextSync(nowMs)
  }

  endSync(nowMs: number, error?: unknown): void {
    this.#syncs++
    this.#replica!.endSync(nowMs, error)
    this.publish()
  }

  /** How long it can be left alone, where nobody marks the row. */
  dueInMs(nowMs: number): number {
    const log = Math.min(
      this.#replica?.dueInMs(nowMs) ?? Number.POSITIVE_INFINITY,
      Math.max(0, this.#resumesMs - nowMs),
    )
    return this.#leads ? Math.min(log, Math.max(0, this.#lookAgainMs - nowMs)) : log
  }

  /**
   * Closes the log for good, cleanly where that is possible. A log that could not be opened, or is damaged, does not count as closed: whoever
   * opens it next has to look at it.
   */
  close(): void {
    this.#follower?.close()
    this.#line.leaveEpoch()
    if (this.#isStarted && !this.#lost) this.#line.publishState(STATE.closed)
    this.#replica?.log.close()
  }

  /** Lets go of the files without a word on them: the partition was deleted, or moved away. */
  abandon(): void {
    this.#follower?.close()
    this.#line.leaveEpoch()
    this.#line.publishHost(-1)
    this.#line.publishState(STATE.starting)
    this.#replica?.log.abandon()
    // where the topic was deleted, nothing else comes for those who wait
    this.#world.ringWaiters()
  }

  /** Throws where this replica does not lead now. */
  requireLead(nowMs: number): void {
    if (this.isBehindLeadership) this.round(nowMs)
    if (!this.#leads) {
      throw new OdradekError(
        'NOT_LEADER_OR_FOLLOWER',
        `slot ${this.#leadership.leader} leads in epoch ${this.#leadership.leaderEpoch}`,
      )
    }
  }

  #opened(nowMs: number): Replica {
    return this.#replica ?? this.#open(nowMs)
  }

  #open(nowMs: number): Replica {
    const replica = this.#world.open(nowMs)
    try {
      if (this.#leads && replica.log.epochs.latest !== this.#leadership.leaderEpoch)
        replica.log.startEpoch(this.#leadership.leaderEpoch)
    } catch (error) {
      replica.log.abandon()
      throw error
    }
    this.#replica = replica
    replica.followHighWatermark(this.#highWatermark)
    if (this.#line.followedEpoch === NO_EPOCH) this.#showEnds()
    return replica
  }

  /** Shows the ends of a log that follows no epoch yet. */
  #showEnds(): void {
    const log = this.#replica?.log
    const end = log?.logEndOffset ?? 0
    this.#highWatermark = Math.min(this.#highWatermark, end)
    this.#line.resetEnds({
      writtenEnd: end,
      syncedEnd: log?.syncedEnd ?? 0,
      highWatermark: this.#highWatermark,
      logStartOffset: log?.logStartOffset ?? 0,
    })
    this.#line.publishLastEpoch(log?.lastEpoch ?? NO_EPOCH)
  }

  #change(word: bigint, nowMs: number): void {
    const before = this.#leadership
    const leadership = decodeLeadership(word)
    this.#word = word
    this.#leadership = leadership
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
    } else if (leadership.leader >= 0) this.#beginFollowing(leadership)
  }

  /** A leadership that this replica could not take up: the next round looks at the one there is then. */
  #leaveUntaken(): void {
    this.#stopReign()
    this.#word = 0n
    this.#leadership = NO_LEADERSHIP
  }

  #stopReign(): void {
    this.#follower?.close()
    this.#follower = undefined
    this.#leads = false
    this.#line.leaveEpoch()
  }

  /**
   * Takes over what the most advanced replica has written beyond this one's end: it lies in that one's files, whatever became
   * of its thread. Nothing committed can be missing from this log, so whatever cannot be read was promised to nobody but by acks=1.
   * False where the leadership changed meanwhile: then somebody else may be writing what it takes over.
   */
  #beginReign(nowMs: number): boolean {
    const counts = (): boolean => this.#world.row.word === this.#word
    const best = this.#mostAdvanced()
    if (best >= 0) {
      const adoption = this.#newFollower(best)
      try {
        adoption.adopt(this.#world.row.replica(best).writtenEnd, nowMs, counts)
      } finally {
        adoption.close()
      }
      if (!counts()) return false
    }
    let logStartOffset = 0
    for (const slot of this.#otherSlots()) {
      const line = this.#world.row.replica(slot)
      this.#highWatermark = Math.max(this.#highWatermark, line.highWatermark)
      logStartOffset = Math.max(logStartOffset, line.logStartOffset)
    }
    this.#highWatermark = Math.min(this.#highWatermark, this.logEndOffset)
    this.#followLogStart(Math.min(logStartOffset, this.#highWatermark))
    this.#syncedWatermark = 0
    this.#replica?.log.startEpoch(this.#leadership.leaderEpoch)
    this.#leads = true
    this.#replica?.followHighWatermark(this.#highWatermark)
    this.#epochStart = this.logEndOffset
    this.#isr.begin(nowMs, this.logEndOffset)
    this.#showEnds()
    this.#line.publishFollowedEpoch(this.#leadership.leaderEpoch)
    this.#ringFollowers()
    this.#advance()
    this.#world.ringWaiters()
    this.#world.ringHolder()
    return true
  }

  /** What was deleted elsewhere is deleted here: nobody who was told so finds it again under another leader. */
  #followLogStart(offset: number): void {
    const log = this.#replica?.log
    if (log !== undefined && offset > log.logStartOffset) log.moveLogStart(offset)
  }

  /** The replica whose log is the greatest by (last epoch, end), where that is greater than this one's; else -1. */
  #mostAdvanced(): number {
    let best = -1
    let epoch = this.#replica?.log.lastEpoch ?? NO_EPOCH
    let end = this.logEndOffset
    for (const slot of this.#otherSlots()) {
      const line = this.#world.row.replica(slot)
      if (line.host < 0) continue
      const {lastEpoch, writtenEnd} = line
      if (lastEpoch < epoch || (lastEpoch === epoch && writtenEnd <= end)) continue
      best = slot
      epoch = lastEpoch
      end = writtenEnd
    }
    return best
  }

  #beginFollowing(leadership: Leadership): void {
    this.#follower = this.#newFollower(leadership.leader)
  }

  #newFollower(slot: number): Follower {
    return new Follower(this.#world.peer(slot), {
      replica: () => this.#replica,
      open: nowMs => this.#opened(nowMs),
    })
  }

  #follow(nowMs: number): number {
    const follower = this.#follower!
    const {leader, leaderEpoch} = this.#leadership
    const leaderLine = this.#world.row.replica(leader)
    // the leader records its epoch before it shows it: only then can anybody agree with it
    if (leaderLine.followedEpoch !== leaderEpoch) return 0
    if (!follower.agrees) {
      const end = leaderLine.writtenEnd
      const {logStartOffset} = leaderLine
      if (!follower.reconcile({end, logStartOffset}, () => this.#stillFollows(leaderLine))) return 1
      this.#showEnds()
      this.#line.publishFollowedEpoch(leaderEpoch)
      this.#world.ringReplica(leader)
      return 1
    }
    const limit = leaderLine.writtenEnd
    const {wantedSyncEnd} = leaderLine
    const highWatermark = leaderLine.highWatermark
    const logStartOffset = leaderLine.logStartOffset
    const taken = this.#fetch(follower, limit, nowMs)
    this.#highWatermark = Math.max(this.#highWatermark, Math.min(highWatermark, this.logEndOffset))
    this.#replica?.followHighWatermark(this.#highWatermark)
    if (this.#replica !== undefined && this.#replica.log.syncedEnd < Math.min(wantedSyncEnd, this.logEndOffset))
      this.#replica.wantSync()
    if (logStartOffset <= this.logEndOffset) this.#followLogStart(logStartOffset)
    this.publish()
    this.#line.publishHighWatermark(this.#highWatermark)
    return taken
  }

  /** Where the leader's bytes fail their check it is to look at them itself. */
  #fetch(follower: Follower, limit: number, nowMs: number): number {
    const {leader} = this.#leadership
    const leaderLine = this.#world.row.replica(leader)
    try {
      return follower.fetch(limit, nowMs, () => this.#stillFollows(leaderLine))
    } catch (error) {
      if (error instanceof OdradekError && error.code === 'CORRUPT_MESSAGE') {
        leaderLine.doubt(Math.max(this.logEndOffset, leaderLine.logStartOffset))
        this.#world.ringReplica(leader)
      }
      throw error
    }
  }

  /** Whether what was just read of the leader still counts: it was read in the epoch that this replica follows. */
  #stillFollows(leaderLine: ReplicaLine): boolean {
    return leaderLine.followedEpoch === this.#leadership.leaderEpoch && this.#world.row.word === this.#word
  }

  #lead(nowMs: number): void {
    this.#advance()
    const {isr} = this.#leadership
    // who lags, or was refused, is looked at again though nobody rings
    const isWhole = isr === this.#replicas() && this.#highWatermark === this.logEndOffset
    this.#lookAgainMs = isWhole
      ? Number.POSITIVE_INFINITY
      : nowMs + Math.min(LOOK_AGAIN_MS, this.rules.replicaLagTimeMaxMs / 2)
    const syncedFloor = this.#syncedFloor
    if (isr !== this.#replicas()) this.#wantSynced(syncedFloor)
    const wanted = this.#isr.wanted(
      {
        leadership: this.#leadership,
        logEndOffset: this.logEndOffset,
        highWatermark: this.#highWatermark,
        epochStart: this.#epochStart,
        endOf: this.#endOf,
        syncedFloor,
        syncedEndOf: this.#syncedEndOf,
        replicas: this.#replicas(),
      },
      nowMs,
    )
    if (wanted === isr) return
    // a refusal comes as a new version of what was: to ask at once again would go on for ever
    if (this.#proposed.isr === wanted && (this.#proposed.word === this.#word || nowMs < this.#proposed.againMs)) return
    // from here on whoever enters counts as a member, for the coordinator may have let it in, by this proposal or one before
    const any = this.#proposed.word === this.#word ? this.#proposed.any | wanted : wanted
    this.#proposed = {word: this.#word, isr: wanted, any, againMs: nowMs + PROPOSE_AGAIN_MS}
    this.#world.row.propose(this.#world.slot, {...this.#leadership, isr: wanted})
    this.#world.ringHolder()
  }

  /** A leader has synced whatever was acknowledged as synced by all, which was visible, or older than its reign. */
  get #syncedFloor(): number {
    const synced = this.#replica?.log.syncedEnd ?? 0
    return Math.min(synced, Math.max(this.#highWatermark, this.#epochStart))
  }

  /** Who is not in sync yet is to sync so much. */
  #wantSynced(end: number): void {
    if (end <= this.#line.wantedSyncEnd) return
    this.#line.wantSync(end)
    this.#ringFollowers()
  }

  /** Moves the high watermark, and what is synced everywhere, as far as the ISR has come. */
  #advance(): void {
    const pending = this.#proposed.word === this.#word ? this.#proposed.any & ~this.#leadership.isr : 0
    const {minInsyncReplicas} = this.rules
    const written = reachedByAll(this.#leadership, pending, minInsyncReplicas, this.#endOf)
    const synced = reachedByAll(this.#leadership, pending, minInsyncReplicas, this.#syncedEndOf)
    // counted under a leadership that may be over: then nothing is shown
    if (this.#world.row.word !== this.#word) return
    let hasMoved = false
    if (written !== undefined && written > this.#highWatermark) {
      this.#highWatermark = written
      this.#replica?.followHighWatermark(written)
      this.#line.publishHighWatermark(written)
      hasMoved = true
    }
    const syncedWatermark = Math.min(synced ?? 0, this.#highWatermark)
    if (syncedWatermark > this.#syncedWatermark) {
      this.#syncedWatermark = syncedWatermark
      this.#line.publishSyncedWatermark(syncedWatermark)
      hasMoved = true
    }
    if (hasMoved) this.#world.ringWaiters()
  }

  readonly #endOf = (slot: number): ReplicaEnd => {
    if (slot === this.#world.slot) return {epoch: this.#leadership.leaderEpoch, end: this.logEndOffset}
    const line = this.#world.row.replica(slot)
    const epoch = line.followedEpoch
    const end = line.writtenEnd
    return line.followedEpoch === epoch ? {epoch, end} : {epoch: NO_EPOCH, end: 0}
  }

  readonly #syncedEndOf = (slot: number): ReplicaEnd => {
    if (slot === this.#world.slot) return {epoch: this.#leadership.leaderEpoch, end: this.#replica?.log.syncedEnd ?? 0}
    const line = this.#world.row.replica(slot)
    const epoch = line.followedEpoch
    const end = line.syncedEnd
    return line.followedEpoch === epoch ? {epoch, end} : {epoch: NO_EPOCH, end: 0}
  }

  /** Slots whose replica is hosted somewhere. */
  #replicas(): number {
    let replicas = 1 << this.#world.slot
    for (const slot of this.#otherSlots()) if (this.#world.row.replica(slot).host >= 0) replicas |= 1 << slot
    return replicas
  }

  #otherSlots(): number[] {
    return OTHER_SLOTS[this.#world.slot]!
  }

  #ringFollowers(): void {
    for (const slot of this.#otherSlots()) if (this.#world.row.replica(slot).host >= 0) this.#world.ringReplica(slot)
  }

  /** Out of the ISR, and the leader has taken over what it wants of this one's files. */
  get #isReplaced(): boolean {
    const {isr, leader, leaderEpoch} = this.#leadership
    const isOutside = leader >= 0 && (isr & (1 << this.#world.slot)) === 0
    return isOutside && this.#world.row.replica(leader).followedEpoch === leaderEpoch
  }

  #beginAnew(): void {
    this.#stopReign()
    this.#replica?.log.abandon()
    this.#replica = undefined
    // where the disk does not allow it now, it is lost still, and the next round tries again
    this.#world.quarantine()
    this.#lost = false
    this.#line.publishState(STATE.starting)
    this.#showEnds()
    this.#line.endDoubt(this.#line.doubtedAt)
    this.#line.publishState(STATE.running)
    this.#beginFollowing(this.#leadership)
    this.#world.ringWaiters()
    this.#world.ringHolder()
  }

  /**
   * Somebody could not read what this log has at an offset. Where that is so it is lost, as if it had been found damaged at the start; but
   * a leader without anybody in its place goes on with what can be read.
   */
  #examine(offset: number): void {
    const isBad = this.#replica !== undefined && this.#world.isDamaged(this.#replica.log, offset)
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
    const {isr, leader, leaderEpoch} = this.#leadership
    if (!this.#leads) return leader >= 0
    return this.#otherSlots().some(slot => {
      const {followedEpoch, state} = this.#world.row.replica(slot)
      return (isr & (1 << slot)) !== 0 && followedEpoch === leaderEpoch && state === STATE.running
    })
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
/** A proposal that was refused is made again after so long. */
const PROPOSE_AGAIN_MS = 500
/** A leader some of whose replicas are not with it looks at them that often. */
const LOOK_AGAIN_MS = 500

/** Whether the sender can send it again without its being stored twice. What is too short for a batch is refused by the log. */
function hasProducer(batch: Uint8Array): boolean {
  return batch.length >= BATCH.records && producerId(new DataView(batch.buffer, batch.byteOffset, batch.length), 0) >= 0
}

const OTHER_SLOTS = Array.from({length: REPLICAS_MAX}, (_, own) =>
  Array.from({length: REPLICAS_MAX}, (_, slot) => slot).filter(slot => slot !== own),
)

function count(isr: number): number {
  let left = isr
  let members = 0
  for (; left !== 0; left &= left - 1) members++
  return members
}

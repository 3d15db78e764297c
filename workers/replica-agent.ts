import {AssertionFailed} from '../engine/assert.ts'
import type {LogMap} from '../engine/cluster/log-map.ts'
import {STATE} from '../engine/cluster/replica-line.ts'
import {errorNumber, type OdradekError, storageError} from '../engine/errors.ts'
import {RUN_BATCHES_MAX} from '../engine/limits.ts'
import type {CleanJob, CleanOutcome} from '../engine/log/clean-job.ts'
import type {CompactionCounters} from '../engine/log/log-cleaning.ts'
import {RING} from '../engine/memory/doorbell.ts'
import {type InboxReceiver, REQUEST, type Reply} from '../engine/memory/inbox.ts'
import type {Replica} from '../engine/replica/replica.ts'
import type {Attachments} from './attachments.ts'
import type {Clock} from './clock.ts'

/** What a replica thread has around its replica. */
export interface ReplicaWorld {
  readonly map: LogMap
  readonly attachments: Attachments
  readonly clock: Clock
  readonly flusher: Flusher
  /** Handles what came in on the control channel. */
  readonly control: () => void
  /** Keeps the dir's checkpoints; called when the log start has moved. */
  readonly checkpointLogStart: (logStartOffset: number) => void
  /** Has a job done on another thread; what comes of it is handed to `cleaned`. */
  readonly clean: (job: CleanJob) => void
  /** Writes down how far the log is compacted. */
  readonly checkpointCleaned: (cleanedEnd: number) => void
  /** Why what is synced does not last all the same: the dir is gone. */
  readonly dirProblem: () => OdradekError | undefined
}

/** Syncs files, on another thread where it can. */
export interface Flusher {
  /**
   * Starts a sync, of about `unsyncedBytes`; the answer comes by a ring, or is returned at once where the sync was done
   * here.
   */
  start(files: readonly {readonly fd: number; sync(): void}[], unsyncedBytes: number): SyncAnswer | undefined
  /** The answer of a sync that was started, if it is there. */
  answer(): SyncAnswer | undefined
}

export interface SyncAnswer {
  readonly error: unknown
}

/** Batches that are taken and wait for the run to be written; one entry each. */
interface Staged {
  readonly inbox: InboxReceiver
  readonly slot: number
  readonly thread: number
  readonly baseOffset: number
  readonly timestamp: number
}

/** The work of a replica thread: drain inboxes, append, write, publish, answer, sync, expire; one round a `doWork`. */
export class ReplicaAgent {
  readonly #replica: Replica
  readonly #world: ReplicaWorld
  #staged: Staged[] = []
  /** Threads that are owed a ring, by bit. */
  #ringLow = 0
  #ringHigh = 0
  /** Inboxes that were left with something in them. */
  #leftOver: number[] = []
  #closing: {readonly inbox: InboxReceiver; readonly slot: number} | undefined
  #batches = 0
  /** As it is shown. */
  #compaction: CompactionCounters | undefined
  #appendedBytes = 0
  #syncs = 0
  /** At least so much is in the files and not known to be on stable storage. */
  #unsyncedBytes: number
  readonly #reply: Reply = {status: 0, baseOffset: 0, timestamp: 0}

  constructor(replica: Replica, world: ReplicaWorld) {
    this.#replica = replica
    this.#world = world
    const {log} = replica
    // what the last owner left may all be in the system's memory only
    this.#unsyncedBytes = log.syncedEnd < log.logEndOffset ? log.bytes : 0
    this.#publish()
  }

  /** Set when a close was asked for: everything sent so far is taken, no sync is under way. */
  get readyToClose(): boolean {
    return this.#closing !== undefined && !this.#replica.isSyncing && this.#leftOver.length === 0
  }

  /** One round; returns how much there was to do. */
  doWork(): number {
    const {doorbell} = this.#world.map
    const low = doorbell.takeDirty(0)
    const high = doorbell.takeDirty(1)
    if (high & CONTROL_BIT) this.#world.control()
    const nowMs = this.#world.clock.monotonicMs()
    this.#world.map.replica.beat(nowMs)
    let work = this.#finishSync(nowMs)
    work += this.#drainDirty(low, high)
    this.#finishRun(nowMs)
    this.#expire(nowMs)
    this.#clean(nowMs)
    this.#ringReaders()
    work += this.#startSync(nowMs)
    this.#tellFailure()
    this.#ringReaders()
    this.#ringSenders()
    return work + this.#leftOver.length
  }

  dueInMs(): number {
    return this.#replica.dueInMs(this.#world.clock.monotonicMs())
  }

  /** Answers the close, with the error it ended in if there was one, and wakes everybody a last time. */
  closed(error: OdradekError | undefined): void {
    const {map, attachments} = this.#world
    // the close has synced what others may be waiting for
    if (error === undefined) this.#publish()
    const {inbox, slot} = this.#closing!
    if (error === undefined) this.#answer(inbox, slot, 0, this.#replica.log.logEndOffset, -1)
    else this.#refuse(inbox, slot, error)
    // a sender looks at the state first: whoever sees the end must see the answer that came before it
    map.replica.publishState(STATE.closed)
    for (const thread of attachments.threads()) map.threads.doorbell(thread).ring(0)
    for (let thread = 0; thread < RING.control; thread++)
      if (map.threads.isTaken(thread)) map.threads.doorbell(thread).ring(0)
  }

  #drainDirty(low: number, high: number): number {
    let work = 0
    const again = this.#leftOver
    this.#leftOver = []
    for (const thread of again) work += this.#drain(thread)
    for (let bits = low; bits !== 0; bits &= bits - 1) work += this.#drain(31 - Math.clz32(bits & -bits))
    for (let bits = high & ~(CONTROL_BIT | FLUSHER_BIT); bits !== 0; bits &= bits - 1)
      work += this.#drain(63 - Math.clz32(bits & -bits))
    return work
  }

  #drain(thread: number): number {
    const inbox = this.#world.attachments.inbox(thread)
    if (inbox === undefined) return 0
    let taken = 0
    for (;;) {
      if (this.#staged.length >= RUN_BATCHES_MAX) {
        if (!this.#leftOver.includes(thread)) this.#leftOver.push(thread)
        return taken
      }
      const slot = inbox.take()
      if (slot < 0) return taken
      taken++
      this.#handle(inbox, slot, thread)
    }
  }

  #handle(inbox: InboxReceiver, slot: number, thread: number): void {
    if (thread < 32) this.#ringLow |= 1 << thread
    else this.#ringHigh |= 1 << (thread - 32)
    switch (inbox.kind(slot)) {
      case REQUEST.append:
        this.#append(inbox, slot, thread)
        return
      case REQUEST.flush:
        this.#finishRun(this.#world.clock.monotonicMs())
        this.#answer(inbox, slot, 0, this.#replica.highWatermark, -1)
        return
      case REQUEST.sync:
        this.#finishRun(this.#world.clock.monotonicMs())
        this.#answer(inbox, slot, 0, this.#replica.wantSync(), -1)
        return
      case REQUEST.deleteRecords:
        this.#deleteRecords(inbox, slot)
        return
      default:
        this.#closing = {inbox, slot}
    }
  }

  #append(inbox: InboxReceiver, slot: number, thread: number): void {
    const wallMs = this.#world.clock.wallMs()
    const batch = inbox.bytes(slot)
    try {
      const baseOffset = this.#replica.append(batch, wallMs)
      this.#staged.push({inbox, slot, thread, baseOffset, timestamp: wallMs})
      this.#batches++
      this.#appendedBytes += batch.length
      this.#unsyncedBytes += batch.length
    } catch (error) {
      const failure = failureOf(error, 'appending')
      // a roll on the way may have written what was staged before this batch, or lost it
      const {log} = this.#replica
      if (log.stagedEnd === log.logEndOffset) {
        this.#publish()
        this.#answerStaged(failure)
      }
      this.#refuse(inbox, slot, failure)
    }
  }

  #deleteRecords(inbox: InboxReceiver, slot: number): void {
    this.#finishRun(this.#world.clock.monotonicMs())
    try {
      const start = this.#replica.deleteRecordsBefore(inbox.argument(slot))
      this.#world.checkpointLogStart(start)
      this.#publish()
      this.#answer(inbox, slot, 0, start, -1)
    } catch (error) {
      this.#refuse(inbox, slot, failureOf(error, 'deleting records'))
    }
  }

  /** Writes what is staged, publishes the new ends, then answers: what is acknowledged is visible. */
  #finishRun(nowMs: number): void {
    if (this.#staged.length === 0) return
    let failure: OdradekError | undefined
    try {
      this.#replica.commit(nowMs)
    } catch (error) {
      failure = failureOf(error, 'writing')
    }
    this.#publish()
    this.#answerStaged(failure)
  }

  #answerStaged(failure: OdradekError | undefined): void {
    const {logEndOffset} = this.#replica.log
    for (const {inbox, slot, baseOffset, timestamp} of this.#staged) {
      if (baseOffset < logEndOffset) this.#answer(inbox, slot, 0, baseOffset, timestamp)
      else this.#refuse(inbox, slot, failure!)
    }
    this.#staged = []
  }

  #refuse(inbox: InboxReceiver, slot: number, failure: OdradekError): void {
    this.#note(failure)
    this.#answer(inbox, slot, errorNumber(failure.code), -1, -1)
  }

  /** An answer has room for a number; whoever gets it finds the words here, if no other failure came in between. */
  #note({code, message}: OdradekError): void {
    this.#world.map.failure.writeNote(errorNumber(code), message.slice(code.length + 2))
  }

  #answer(inbox: InboxReceiver, slot: number, status: number, baseOffset: number, timestamp: number): void {
    this.#reply.status = status
    this.#reply.baseOffset = baseOffset
    this.#reply.timestamp = timestamp
    inbox.reply(slot, this.#reply)
  }

  /** Starts a sync that is due. One that was done here at once may leave another to do, so it counts as work. */
  #startSync(nowMs: number): number {
    const job = this.#replica.nextSync(nowMs)
    if (job === undefined) return 0
    this.#syncs++
    const bytes = this.#unsyncedBytes
    // one that covers only what was rolled leaves some of them
    if (job.end === this.#replica.log.logEndOffset) this.#unsyncedBytes = 0
    const answer = this.#world.flusher.start(job.files, bytes)
    if (answer === undefined) return 0
    this.#endSync(answer, nowMs)
    return 1
  }

  #finishSync(nowMs: number): number {
    if (!this.#replica.isSyncing) return 0
    const answer = this.#world.flusher.answer()
    if (answer === undefined) return 0
    this.#endSync(answer, nowMs)
    return 1
  }

  #endSync(answer: SyncAnswer, nowMs: number): void {
    // a sync of files that lost their names succeeds
    const error = answer.error ?? this.#world.dirProblem()
    this.#replica.endSync(nowMs, error)
    this.#publish()
    // a sync may be what any sender waits for
    this.#oweAllRings()
  }

  /** A log that failed never syncs again: whoever waits for that must hear it, whatever it was that failed. */
  #tellFailure(): void {
    const {failure} = this.#replica.log
    const {replica: line} = this.#world.map
    if (failure === undefined || line.state === STATE.failed) return
    this.#note(failure)
    line.publishState(STATE.failed)
    this.#oweAllRings()
  }

  #oweAllRings(): void {
    for (const thread of this.#world.attachments.threads()) {
      if (thread < 32) this.#ringLow |= 1 << thread
      else this.#ringHigh |= 1 << (thread - 32)
    }
  }

  /** Deletes what retention gives up. A disk that refuses now is asked again at the next look; nothing depends on it. */
  #expire(nowMs: number): void {
    try {
      const found = this.#replica.expired(nowMs, this.#world.clock.wallMs())
      if (found === undefined) return
      const {log} = this.#replica
      log.moveLogStart(found.logStartOffset)
      // readers learn the new start before the first file is gone
      this.#publish()
      log.dropSegments(found.count)
      this.#world.checkpointLogStart(found.logStartOffset)
      this.#publish()
    } catch (error) {
      if (error instanceof AssertionFailed) throw error
    }
  }

  /** Has compacted elsewhere what is worth it. */
  #clean(nowMs: number): void {
    try {
      const job = this.#replica.nextCleaning(nowMs, this.#world.clock.wallMs())
      if (job !== undefined) this.#world.clean(job)
    } catch (error) {
      this.#replica.failCleaning(error)
      this.#publishCleaning()
    }
  }

  /** What came of a job; undefined where it was cut short. */
  cleaned(outcome: CleanOutcome | undefined): void {
    try {
      const isDone = this.#replica.endCleaning(this.#world.clock.monotonicMs(), outcome)
      if (isDone) this.#world.checkpointCleaned(this.#replica.log.cleanedEnd)
    } catch (error) {
      this.#replica.failCleaning(error)
    }
    this.#publishCleaning()
    this.#publish()
  }

  #publishCleaning(): void {
    const {cleaningFailure} = this.#replica
    this.#world.map.replica.publishCleaningFailure(cleaningFailure === undefined ? 0 : errorNumber(cleaningFailure))
  }

  #publish(): void {
    const {replica: line} = this.#world.map
    const {log} = this.#replica
    line.publishWrittenEnd(log.logEndOffset)
    line.publishLogStartOffset(log.logStartOffset)
    line.publishSyncedEnd(log.syncedEnd)
    line.publishHighWatermark(this.#replica.highWatermark)
    line.count({
      batches: this.#batches,
      appendedBytes: this.#appendedBytes,
      syncs: this.#syncs,
      segments: log.segmentCount,
      sizeBytes: log.bytes,
    })
    if (log.compaction === this.#compaction) return
    this.#compaction = log.compaction
    line.countCompaction(log.compaction)
  }

  /** A reader that wakes may take this thread's core at once: so it is rung when those who sent have their answers, and before a sync, which lasts. */
  #ringReaders(): void {
    const {waiters, threads} = this.#world.map
    for (let bits = waiters.take(0); bits !== 0; bits &= bits - 1)
      threads.doorbell(31 - Math.clz32(bits & -bits)).ring(0)
    for (let bits = waiters.take(1); bits !== 0; bits &= bits - 1)
      threads.doorbell(63 - Math.clz32(bits & -bits)).ring(0)
  }

  #ringSenders(): void {
    const {threads} = this.#world.map
    for (let bits = this.#ringLow; bits !== 0; bits &= bits - 1) threads.doorbell(31 - Math.clz32(bits & -bits)).ring(0)
    for (let bits = this.#ringHigh; bits !== 0; bits &= bits - 1)
      threads.doorbell(63 - Math.clz32(bits & -bits)).ring(0)
    this.#ringLow = 0
    this.#ringHigh = 0
  }
}

/** What the disk or a sender did wrong; a bug of ours is neither, and ends the thread. */
function failureOf(error: unknown, doing: string): OdradekError {
  if (error instanceof AssertionFailed) throw error
  return storageError(error, doing)
}

const CONTROL_BIT = 1 << (RING.control - 32)
const FLUSHER_BIT = 1 << (RING.flusher - 32)

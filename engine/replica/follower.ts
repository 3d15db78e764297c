import {AssertionFailed} from '../assert.ts'
import {OdradekError} from '../errors.ts'
import {LogReader} from '../log/log-reader.ts'
import {baseOffset} from '../record/record-batch.ts'
import {agreedEnd} from './reconcile.ts'
import type {Replica} from './replica.ts'
import type {ReplicaPeer} from './replica-peer.ts'

/** The log that follows; it may be made by the first record that is fetched. */
export interface FollowingLog {
  readonly replica: Replica | undefined
  open(nowMs: number): Replica
}

/** Reads of another log in one round, so that other replicas of the thread get their turn. */
const READS_A_ROUND = 8

/**
 * Copies another replica's log: first cuts its own to where both agree, by their epochs, then takes batch after batch as they are.
 * The bytes come from the other's window in shared memory, or from its file; each batch is checked on the way.
 */
export class Follower {
  readonly #peer: ReplicaPeer
  readonly #reader: LogReader
  readonly #log: FollowingLog
  #agrees = false
  /** At work on its own log: what goes wrong then is no fault of the other one's. */
  #writes = false

  constructor(peer: ReplicaPeer, log: FollowingLog) {
    this.#peer = peer
    this.#reader = new LogReader(peer.source)
    this.#log = log
  }

  /** Whether this log is the beginning of the other one. */
  get agrees(): boolean {
    return this.#agrees
  }

  /**
   * Cuts what the other log does not have. `leader` is its end and start as it shows them now. `counts` tells whether its epochs, which
   * have just been read, are those of a leader; where they are not, nothing is cut, and false returned.
   */
  reconcile(leader: {end: number; logStartOffset: number}, counts: () => boolean): boolean {
    const log = this.#log.replica?.log
    const own = {epochs: log?.epochs.starts ?? [], end: log?.logEndOffset ?? 0}
    const epochs = this.#peer.epochs()
    if (epochs.length === 0 && leader.end > leader.logStartOffset)
      throw new OdradekError(
        'CORRUPT_MESSAGE',
        'the leader epochs of a log with records are lost: nothing tells where it and this one part',
      )
    const agreed = agreedEnd(own, {epochs, end: leader.end})
    if (!counts()) return false
    this.#writes = true
    // a log that ends before the other one begins, or agrees in nothing it still has, begins anew
    if (log !== undefined) {
      if (agreed < leader.logStartOffset || (agreed <= log.logStartOffset && agreed < log.logEndOffset))
        log.restartAt(Math.min(agreed, log.logStartOffset))
      else if (agreed < log.logEndOffset) log.truncateTo(agreed)
    }
    this.#writes = false
    this.#agrees = true
    return true
  }

  /**
   * Takes what lies between this log's end and `limit`; returns how many reads had something. `counts` tells after each read
   * whether the bytes may be used: they were read while the other one still led.
   */
  fetch(limit: number, nowMs: number, counts: () => boolean): number {
    let reads = 0
    while (reads < READS_A_ROUND) {
      const end = this.#log.replica?.log.logEndOffset ?? 0
      if (end >= limit) return reads
      const start = Math.max(end, this.#peer.source.logStartOffset())
      const found = this.#reader.read(start, limit)
      if (!found && start <= end) return reads
      if (!counts()) return reads + 1
      reads++
      this.#writes = true
      const replica = this.#log.open(nowMs)
      if (!found) {
        // all that the other log had was deleted: this one begins, empty, where that one ends
        replica.log.restartAt(start)
        this.#writes = false
        return reads
      }
      const {bytes, view, start: at} = this.#reader
      // what lies before the other log's start is gone there: this one begins where the batch begins that holds that start
      if (start > end && baseOffset(view, at) > end) replica.log.restartAt(baseOffset(view, at))
      replica.log.appendAsFollower(bytes, at, this.#reader.end)
      replica.commit(nowMs)
      this.#writes = false
    }
    return reads
  }

  /**
   * Takes what the other log has up to `limit`, after its thread has ended or was deposed. What cannot be read any more is left: whatever
   * was committed is here already. Throws where its own log cannot take it. Ends where it does not count any more: others may be writing there.
   */
  adopt(limit: number, nowMs: number, counts: () => boolean): void {
    try {
      if (!this.reconcile({end: limit, logStartOffset: this.#peer.source.logStartOffset()}, counts)) return
      while (counts() && this.fetch(limit, nowMs, counts) > 0);
    } catch (error) {
      if (error instanceof AssertionFailed || this.#writes) throw error
    }
  }

  close(): void {
    this.#reader.close()
  }
}

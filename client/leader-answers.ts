import type {ClusterMap} from '../engine/cluster/cluster-map.ts'
import type {PartitionRow} from '../engine/cluster/partition-row.ts'
import {type ErrorCode, errorCodeOf, OdradekError} from '../engine/errors.ts'
import type {Reply} from '../engine/memory/inbox.ts'
import type {ProducerBatch} from './producer-batch.ts'
import type {Taken} from './send.ts'

/** What a leader's answer comes to: `again`, soon; `renumber`, for what went before is not there; or a failure for good. */
export type Answer = 'none' | 'again' | 'renumber' | 'stored' | OdradekError

/** What another try, or another leader, may put right. */
const RETRIED: ReadonlySet<ErrorCode> = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_OR_FOLLOWER',
  'NOT_ENOUGH_REPLICAS',
  'KAFKA_STORAGE_ERROR',
])

/** A leader that was started anew knows the newest batches of a producer, and that what comes before them is stored. */
const NOBODY_KNOWS_WHERE: Taken = {baseOffset: -1, timestamp: -1}

/** What the leaders of one partition answer, and what that is worth while leaders change. */
export class LeaderAnswers {
  readonly #map: ClusterMap
  readonly #row: PartitionRow
  readonly #reply: Reply = {status: 0, baseOffset: 0, timestamp: 0}

  constructor(map: ClusterMap, row: PartitionRow) {
    this.#map = map
    this.#row = row
  }

  /** Reads the answer to a batch in its slot, and notes on the batch what was stored. */
  read(batch: ProducerBatch): Answer {
    const inbox = batch.inbox!
    if (!inbox.sender.isDone(batch.slot)) return 'none'
    inbox.confirm()
    inbox.sender.readReply(batch.slot, this.#reply)
    const {status, baseOffset, timestamp} = this.#reply
    if (status === 0) {
      batch.stored = {baseOffset, timestamp}
      batch.end = baseOffset + batch.records
      return 'stored'
    }
    const code = errorCodeOf(status)
    const {leader} = this.#row.leadership
    if (code === 'DUPLICATE_SEQUENCE_NUMBER') {
      batch.stored = NOBODY_KNOWS_WHERE
      // somewhere below what the leader has; where another one leads by now, nobody looks at it
      batch.end = leader < 0 ? Number.POSITIVE_INFINITY : this.#row.replica(leader).writtenEnd
      return 'stored'
    }
    // what went before was stored by a leader whose dir is gone: the numbers begin anew
    if (code === 'OUT_OF_ORDER_SEQUENCE_NUMBER') return 'renumber'
    if (RETRIED.has(code)) {
      batch.refusedAs = code
      return 'again'
    }
    const host = leader < 0 ? -1 : this.#row.replica(leader).host
    const text = host < 0 ? undefined : this.#map.host(host).failure.readNote(status)
    return new OdradekError(code, text)
  }

  /** Whether the host has said that it did not store what is in the slot. */
  isRefusal({inbox, slot}: ProducerBatch): boolean {
    if (!inbox!.sender.isDone(slot)) return false
    inbox!.sender.readReply(slot, this.#reply)
    return this.#reply.status !== 0
  }

  /** Whether a stored batch has got where its sender wanted it, under the leadership it was sent in. */
  isSafe({leaderEpoch, end, acks, durability}: ProducerBatch): boolean {
    const {leader, leaderEpoch: now} = this.#row.leadership
    if (leader < 0 || now !== leaderEpoch) return false
    const line = this.#row.replica(leader)
    const inSync = durability === 'synced' ? line.syncedWatermark : line.highWatermark
    const alone = durability === 'synced' ? line.syncedEnd : Number.POSITIVE_INFINITY
    const reached = acks === -1 ? inSync : alone
    // looked at again after the ends: they are this leadership's
    return reached >= end && this.#row.leadership.leaderEpoch === leaderEpoch
  }
}

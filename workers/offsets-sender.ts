import type {ClusterMap} from '../engine/cluster/cluster-map.ts'
import type {HostInbox} from '../engine/cluster/host-inbox.ts'
import type {HostInboxes} from '../engine/cluster/host-inboxes.ts'
import type {LeftSlots} from '../engine/cluster/left-slots.ts'
import type {PartitionRow} from '../engine/cluster/partition-row.ts'
import {type ErrorCode, errorCodeOf} from '../engine/errors.ts'
import {type GroupRecord, RECORD_OVERHEAD} from '../engine/group/group-records.ts'
import {OFFSETS_WAITING_BYTES_MAX, SLOT_BYTES} from '../engine/limits.ts'
import {APPEND_NEEDS, REQUEST, type Reply} from '../engine/memory/inbox.ts'
import {BatchBuilder} from '../engine/record/batch-builder.ts'
import {BATCH} from '../engine/record/record-batch.ts'

type Done = (error: ErrorCode | undefined) => void

/** Records that are to be stored together, and who hears of it. */
interface Asked {
  readonly records: readonly GroupRecord[]
  readonly bytes: number
  readonly done: Done
}

interface Sent {
  readonly asked: readonly Asked[]
  readonly records: number
  inbox: HostInbox | undefined
  slot: number
  readonly length: number
  /** Offset behind its records once the leader has them, -1 before. */
  end: number
  error: ErrorCode | undefined
}

export interface OffsetsSenderOptions {
  readonly map: ClusterMap
  readonly inboxes: HostInboxes
  /** Slots that a host may still look at though nobody waits for its answer. */
  readonly left: LeftSlots
  /** This thread's place among the cluster's threads. */
  readonly place: number
  readonly row: PartitionRow
  readonly rowNumber: number
  /** The replica of this broker, and the reign in which it leads. */
  readonly slot: number
  readonly leaderEpoch: number
  readonly durability: 'written' | 'synced'
  readonly maxBatchBytes: number
}

/** What a leader's refusal means to who asked the coordinator; what is missing is told as it is. */
const MEANING: Partial<Record<ErrorCode, ErrorCode>> = {
  NOT_ENOUGH_REPLICAS: 'COORDINATOR_NOT_AVAILABLE',
  DISK_FULL: 'COORDINATOR_NOT_AVAILABLE',
  NOT_LEADER_OR_FOLLOWER: 'NOT_COORDINATOR',
  UNKNOWN_TOPIC_OR_PARTITION: 'NOT_COORDINATOR',
  KAFKA_STORAGE_ERROR: 'NOT_COORDINATOR',
}

/**
 * Appends to a partition that a replica of this broker leads, for its groups' coordinator: in order, as acks=all, and only in this one reign. What it
 * has no answer to when that is over nobody can tell: the next coordinator finds it in the log or does not.
 */
export class OffsetsSender {
  readonly #options: OffsetsSenderOptions
  /** Oldest first: what was asked for since the last time, or found no room yet. */
  #asked: Asked[] = []
  #askedBytes = 0
  /** Oldest first. */
  #sent: Sent[] = []
  readonly #reply: Reply = {status: 0, baseOffset: 0, timestamp: 0}

  constructor(options: OffsetsSenderOptions) {
    this.#options = options
  }

  get isPending(): boolean {
    return this.#asked.length > 0 || this.#sent.length > 0
  }

  /** Whether the host has ended before it answered: its replica may go on in the same reign, and knows nothing of what it was sent. */
  get isCutOff(): boolean {
    return this.#sent.some(({inbox, end}) => end < 0 && inbox?.hasEnded)
  }

  /** With no records `done` hears when everything before is settled. */
  append(records: readonly GroupRecord[], done: Done): void {
    let bytes = 0
    for (const {key, value} of records) bytes += key.length + (value?.length ?? 0) + RECORD_OVERHEAD
    if (bytes > 0 && this.#askedBytes + bytes > OFFSETS_WAITING_BYTES_MAX) {
      done('COORDINATOR_NOT_AVAILABLE')
      return
    }
    this.#askedBytes += bytes
    this.#asked.push({records, bytes, done})
  }

  /** Sends what waits, as few batches, as far as there is room. */
  flush(wallMs: number): void {
    const most = Math.min(SLOT_BYTES, this.#options.maxBatchBytes)
    while (this.#asked.length > 0) {
      let bytes: number = BATCH.records
      let count = 0
      for (const each of this.#asked) {
        if (count > 0 && bytes + each.bytes > most) break
        bytes += each.bytes
        count++
      }
      if (!this.#send(this.#asked.slice(0, count), bytes, wallMs)) return
      this.#asked.splice(0, count)
      this.#askedBytes -= bytes - BATCH.records
    }
  }

  /** Reads answers, and tells of what is settled; returns how much that was. */
  round(): number {
    if (this.#sent.length === 0) return 0
    const {row, place} = this.#options
    // the bit stands before the look: an end that is published after it rings this thread
    row.waiters.add(place)
    let work = 0
    for (const sent of this.#sent) if (sent.slot >= 0 && this.#readAnswer(sent)) work++
    for (let first = this.#sent[0]; first !== undefined && this.#isSettled(first); first = this.#sent[0]) {
      this.#sent.shift()
      work++
      for (const {done} of first.asked) done(first.error)
    }
    return work
  }

  /** Tells the host again of an inbox that it has not answered from: one that only starts does not hear. */
  attach(): void {
    for (const {inbox, slot} of this.#sent) if (slot >= 0) inbox!.attach()
  }

  /** The reign is over. */
  fail(error: ErrorCode): void {
    const sent = this.#sent
    const asked = this.#asked
    this.#sent = []
    this.#asked = []
    this.#askedBytes = 0
    for (const {inbox, slot, length} of sent) if (slot >= 0) this.#options.left.add(inbox!, slot, length)
    for (const {done} of [...sent.flatMap(each => each.asked), ...asked]) done(error)
  }

  /** False where there is no room now: there will be, when the host has answered what is on its way, or has ended. */
  #send(asked: readonly Asked[], bytes: number, wallMs: number): boolean {
    const {map, inboxes, row, rowNumber, slot: replica, durability, maxBatchBytes} = this.#options
    const records = asked.reduce((sum, each) => sum + each.records.length, 0)
    const sent: Sent = {asked, records, inbox: undefined, slot: -1, length: bytes, end: -1, error: undefined}
    const {host} = row.replica(replica)
    if (records === 0) sent.end = 0
    else if (bytes > maxBatchBytes) sent.error = 'MESSAGE_TOO_LARGE'
    else if (host < 0 || map.host(host).hasEnded) sent.error = 'COORDINATOR_NOT_AVAILABLE'
    else {
      const inbox = inboxes.inboxTo(host, bytes)
      const slot = inbox?.sender.claim(bytes) ?? -1
      if (inbox === undefined || slot < 0) return false
      const builder = new BatchBuilder(bytes)
      builder.setNow(wallMs)
      for (const each of asked) for (const {key, value} of each.records) builder.add(key, value, undefined)
      const argument = APPEND_NEEDS.minIsr | (durability === 'synced' ? APPEND_NEEDS.sync : 0)
      inbox.sender.submit(slot, {kind: REQUEST.append, bytes: builder.finish(), row: rowNumber, argument})
      sent.inbox = inbox
      sent.slot = slot
      inbox.ring()
    }
    this.#sent.push(sent)
    return true
  }

  /** Whether there was one. */
  #readAnswer(sent: Sent): boolean {
    const inbox = sent.inbox!
    if (!inbox.sender.isDone(sent.slot)) return false
    inbox.confirm()
    inbox.sender.readReply(sent.slot, this.#reply)
    inbox.sender.free(sent.slot, sent.length)
    sent.slot = -1
    const {status, baseOffset} = this.#reply
    if (status === 0) sent.end = baseOffset + sent.records
    else {
      const code = errorCodeOf(status)
      sent.error = MEANING[code] ?? code
    }
    return true
  }

  #isSettled({end, error}: Sent): boolean {
    if (error !== undefined) return true
    if (end < 0) return false
    const {row, slot, leaderEpoch, durability} = this.#options
    const line = row.replica(slot)
    const reached = durability === 'synced' ? line.syncedWatermark : line.highWatermark
    // looked at after the ends: they are this reign's
    return reached >= end && row.leadership.leaderEpoch === leaderEpoch && row.leadership.leader === slot
  }
}

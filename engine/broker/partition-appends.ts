import type {ClusterMap} from '../cluster/cluster-map.ts'
import type {HostInbox} from '../cluster/host-inbox.ts'
import type {HostInboxes} from '../cluster/host-inboxes.ts'
import {LeftSlots} from '../cluster/left-slots.ts'
import {type ErrorCode, errorCodeOf} from '../errors.ts'
import {APPEND_NEEDS, REQUEST, type Reply} from '../memory/inbox.ts'
import {ownLine, type ServedPartition} from './served-partition.ts'

export type Acks = -1 | 0 | 1

/** Hears what became of a batch, or a question: why nothing, or the offset and time it got. */
export type Appended = (error: ErrorCode | undefined, offset: number, timestampMs: number) => void

/** This thread's way to its hosts: its place among the cluster's threads, whose doorbell they ring, and its inboxes. */
export interface HostWay {
  readonly place: number
  readonly inboxes: HostInboxes
}

interface Ask {
  readonly partition: ServedPartition
  /** The reign it was made in. */
  readonly leaderEpoch: number
  readonly kind: number
  readonly argument: number
  /** Of the request's frame, until they are in a slot. */
  readonly bytes: Uint8Array | undefined
  readonly length: number
  readonly records: number
  readonly acks: Acks
  readonly durability: 'written' | 'synced'
  readonly deadlineMs: number
  readonly done: Appended
  inbox: HostInbox | undefined
  slot: number
  /** Offset behind its records once the leader has them. */
  end: number
  offset: number
  timestampMs: number
}

/** Told again of an inbox that it has not answered from: a host that only starts does not hear. */
const ATTACH_AGAIN_MS = 100
/** Rings wake this thread for what hosts answer; if one were lost, this is how long that stays unseen. */
const UNRUNG_MS = 20

/**
 * Batches of clients on their way to the replicas of this broker, many connections' at a time. Each is copied once, from the request's frame into a slot of the host's
 * inbox; with no slot free it waits in the frame. A leader's answer counts when what the sender wants is reached in the reign that the batch was sent in: then only is it told.
 */
export class PartitionAppends {
  readonly #map: ClusterMap
  readonly #way: () => HostWay | undefined
  readonly #left = new LeftSlots()
  /** Oldest first. */
  #unsent: Ask[] = []
  #sent: Ask[] = []
  #attachMs = 0
  readonly #reply: Reply = {status: 0, baseOffset: 0, timestamp: 0}

  /** `way` is taken at first need; undefined where there is no place for it now. */
  constructor(map: ClusterMap, way: () => HostWay | undefined) {
    this.#map = map
    this.#way = way
  }

  /** Whether a ring of a host may be all that is waited for. */
  get isPending(): boolean {
    return this.#unsent.length > 0 || this.#sent.length > 0 || !this.#left.isEmpty
  }

  /** Sends a batch of `records` to the partition's leader on this broker, with the next round. */
  append(
    partition: ServedPartition,
    batch: {bytes: Uint8Array; records: number},
    wanted: {acks: Acks; durability: 'written' | 'synced'; deadlineMs: number},
    done: Appended,
  ): void {
    const needsMinIsr = wanted.acks === -1 ? APPEND_NEEDS.minIsr : 0
    // who waits for nothing does not wait for a sync
    const needsSync = wanted.acks !== 0 && wanted.durability === 'synced' ? APPEND_NEEDS.sync : 0
    this.#add(partition, {kind: REQUEST.append, argument: needsMinIsr | needsSync, ...batch, ...wanted, done})
  }

  /** Asks the leader for something that goes without a batch. */
  ask(partition: ServedPartition, request: {kind: number; argument: number; deadlineMs: number}, done: Appended): void {
    this.#add(partition, {...request, bytes: undefined, records: 0, acks: 1, durability: 'written', done})
  }

  /** Sends what waits, reads answers and tells of what is settled; returns how much that was. */
  round(nowMs: number): number {
    if (!this.isPending) return 0
    this.#left.free()
    if (nowMs >= this.#attachMs) {
      this.#attachMs = nowMs + ATTACH_AGAIN_MS
      this.#left.attach()
      for (const {inbox, slot} of this.#sent) if (slot >= 0) inbox!.attach()
    }
    let work = this.#sendWaiting(nowMs)
    const sent = this.#sent
    this.#sent = []
    for (const ask of sent) {
      if (this.#settle(ask, nowMs)) work++
      else this.#sent.push(ask)
    }
    return work
  }

  dueInMs(nowMs: number): number {
    if (!this.isPending) return Number.POSITIVE_INFINITY
    let due = UNRUNG_MS
    for (const {deadlineMs} of this.#unsent) due = Math.min(due, deadlineMs - nowMs)
    for (const {deadlineMs} of this.#sent) due = Math.min(due, deadlineMs - nowMs)
    return Math.max(0, due)
  }

  /** The broker goes: what is on its way nobody waits for here any more. */
  close(): void {
    const asks = [...this.#sent, ...this.#unsent]
    this.#sent = []
    this.#unsent = []
    for (const ask of asks) this.#end(ask, 'NOT_LEADER_OR_FOLLOWER')
  }

  #add(
    partition: ServedPartition,
    ask: Pick<Ask, 'kind' | 'argument' | 'bytes' | 'records' | 'acks' | 'durability' | 'deadlineMs' | 'done'>,
  ): void {
    const {leaderEpoch} = partition.row.leadership
    const length = ask.bytes?.length ?? 0
    const {kind, argument, bytes, records, acks, durability, deadlineMs, done} = ask
    this.#unsent.push({
      ...{partition, leaderEpoch, kind, argument, bytes, length, records, acks, durability, deadlineMs, done},
      ...{inbox: undefined, slot: -1, end: -1, offset: -1, timestampMs: -1},
    })
  }

  #sendWaiting(nowMs: number): number {
    if (this.#unsent.length === 0) return 0
    const way = this.#way()
    const waiting = this.#unsent
    this.#unsent = []
    /** Hosts whose inboxes have no room for the oldest batch that waits for them: nothing overtakes it. */
    const full = new Set<number>()
    const used = new Set<HostInbox>()
    let work = 0
    for (const ask of waiting) {
      const sent = this.#send(ask, {way, full, used})
      if (sent === true) this.#sent.push(ask)
      else if (sent !== false) this.#end(ask, sent)
      else if (nowMs >= ask.deadlineMs) this.#end(ask, 'REQUEST_TIMED_OUT')
      else {
        this.#unsent.push(ask)
        continue
      }
      work++
    }
    for (const inbox of used) inbox.ring()
    return work
  }

  /** True where it is on its way, false where there is no room now, else why it cannot be. */
  #send(
    ask: Ask,
    {way, full, used}: {way: HostWay | undefined; full: Set<number>; used: Set<HostInbox>},
  ): boolean | ErrorCode {
    const {partition, leaderEpoch, length, kind, argument, bytes} = ask
    const {leadership} = partition.row
    if (leadership.leaderEpoch !== leaderEpoch || leadership.leader !== partition.slot) return 'NOT_LEADER_OR_FOLLOWER'
    const {host} = ownLine(partition)
    if (host < 0 || this.#map.host(host).hasEnded) return 'NOT_LEADER_OR_FOLLOWER'
    if (way === undefined || full.has(host)) return false
    const inbox = way.inboxes.inboxTo(host, length)
    const slot = inbox?.sender.claim(length) ?? -1
    if (inbox === undefined || slot < 0) {
      full.add(host)
      return false
    }
    // the bit stands before the batch does: an end that moves with it rings this thread
    if (kind === REQUEST.append) partition.row.waiters.add(way.place)
    const row = partition.rowNumber
    inbox.sender.submit(slot, bytes === undefined ? {kind, argument, row} : {kind, argument, row, bytes})
    used.add(inbox)
    ask.inbox = inbox
    ask.slot = slot
    return true
  }

  /** Whether it is told of by now. */
  #settle(ask: Ask, nowMs: number): boolean {
    if (ask.slot >= 0) {
      const answer = this.#readAnswer(ask)
      if (answer !== undefined) return this.#end(ask, answer)
    }
    const isStored = ask.slot < 0
    if (isStored && this.#isReached(ask)) return this.#end(ask, undefined)
    const {leaderEpoch, leader} = ask.partition.row.leadership
    // a host that has ended before it answered may have stored it or not, and so may one that led
    if (isStored ? leaderEpoch !== ask.leaderEpoch || leader !== ask.partition.slot : ask.inbox!.hasEnded)
      return this.#end(ask, 'NOT_LEADER_OR_FOLLOWER')
    if (nowMs >= ask.deadlineMs) return this.#end(ask, 'REQUEST_TIMED_OUT')
    return false
  }

  /** Takes an answer in, and gives the error it brought. */
  #readAnswer(ask: Ask): ErrorCode | undefined {
    const {sender} = ask.inbox!
    if (!sender.isDone(ask.slot)) return undefined
    ask.inbox!.confirm()
    sender.readReply(ask.slot, this.#reply)
    sender.free(ask.slot, ask.length)
    ask.slot = -1
    const {status, baseOffset, timestamp} = this.#reply
    if (status !== 0) return errorCodeOf(status)
    ask.offset = baseOffset
    ask.end = baseOffset + ask.records
    ask.timestampMs = timestamp
    return undefined
  }

  /** Whether what is stored has got where its sender wants it, in the reign that it was sent in. */
  #isReached({partition, acks, durability, end, leaderEpoch, kind}: Ask): boolean {
    if (kind !== REQUEST.append || acks === 0) return true
    const line = ownLine(partition)
    if (acks === 1 && durability === 'written') return true
    const way = this.#way()
    // the bit stands before the look
    if (way !== undefined) partition.row.waiters.add(way.place)
    const inSync = durability === 'synced' ? line.syncedWatermark : line.highWatermark
    const reached = acks === -1 ? inSync : line.syncedEnd
    const {leadership} = partition.row
    // looked at after the ends: they are this reign's
    return reached >= end && leadership.leaderEpoch === leaderEpoch && leadership.leader === partition.slot
  }

  #end(ask: Ask, error: ErrorCode | undefined): true {
    if (ask.slot >= 0) this.#left.add(ask.inbox!, ask.slot, ask.length)
    if (error === undefined) ask.done(undefined, ask.offset, ask.timestampMs)
    else ask.done(error, -1, -1)
    return true
  }
}

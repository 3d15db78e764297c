import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {ClusterMap} from '../cluster/cluster-map.ts'
import {HostInboxes} from '../cluster/host-inboxes.ts'
import type {TopicImage} from '../ensemble/metadata.ts'
import {type ErrorCode, errorNumber} from '../errors.ts'
import {SLOT_BYTES} from '../limits.ts'
import {APPEND_NEEDS, allocateInbox, InboxReceiver, REQUEST} from '../memory/inbox.ts'
import {type Acks, PartitionAppends} from './partition-appends.ts'

const HOST = 0
const LEADERSHIP = {leaderEpoch: 3, version: 0, leader: 0, isr: 0b11, deleted: false}

interface Sending {
  readonly acks?: Acks
  readonly durability?: 'written' | 'synced'
  readonly bytes?: number
  readonly row?: number
  readonly deadlineMs?: number
}

/** Partitions that are led on this broker, and the host that takes what is sent to them. */
class Bed {
  readonly map = ClusterMap.allocate({coordinators: 1, brokers: 1, hostsABroker: 1})
  hasPlace = true
  readonly told: (number | ErrorCode)[] = []
  readonly appends: PartitionAppends
  attaches = 0
  #receiver: InboxReceiver | undefined

  constructor(slots = 4) {
    const {map} = this
    map.host(HOST).startAnew(0)
    for (const row of [0, 1]) {
      map.row(row).exchangeLeadership(map.row(row).word, LEADERSHIP)
      map.row(row).replica(0).publishHost(HOST)
      map.row(row).replica(0).publishWrittenEnd(100)
    }
    const send = (_to: string, body: unknown): void => {
      const {inbox, from} = body as {inbox: SharedArrayBuffer; from: number}
      this.attaches++
      this.#receiver ??= new InboxReceiver(inbox, from)
    }
    const mailbox = {address: 'broker-1', send, receive: () => undefined}
    const inboxes = new HostInboxes({map, mailbox, thread: 0}, wanted => allocateInbox(Math.max(slots, wanted)))
    this.appends = new PartitionAppends(map, () => (this.hasPlace ? {place: 0, inboxes} : undefined))
  }

  partition(rowNumber: number) {
    return {rowNumber, row: this.map.row(rowNumber), slot: 0, index: 0, topic: {} as TopicImage}
  }

  append({acks = -1, durability = 'written', bytes = 10, row = 0, deadlineMs = 1000}: Sending = {}): void {
    const batch = {bytes: new Uint8Array(bytes).fill(row + 1), records: 2}
    this.appends.append(this.partition(row), batch, {acks, durability, deadlineMs}, (error, offset) =>
      this.told.push(error ?? offset),
    )
  }

  /** The host takes the next request. */
  take(): {slot: number; row: number; argument: number; kind: number} {
    const slot = this.#receiver!.take()
    const receiver = this.#receiver!
    if (slot < 0) return {slot, row: -1, argument: -1, kind: -1}
    return {slot, row: receiver.row(slot), argument: receiver.argument(slot), kind: receiver.kind(slot)}
  }

  /** The host answers; what is told by then. */
  reply(slot: number, baseOffset: number, error?: ErrorCode): (number | ErrorCode)[] {
    const status = error === undefined ? 0 : errorNumber(error)
    this.#receiver!.reply(slot, {status, baseOffset, timestamp: 5})
    return this.round()
  }

  round(nowMs = 0): (number | ErrorCode)[] {
    this.appends.round(nowMs)
    return this.told.splice(0)
  }
}

test('a batch is told of when what acks asks for is reached', () => {
  const bed = new Bed()
  for (const acks of [0, 1, -1] as const) bed.append({acks})
  assert.equal(bed.round(), [])
  const sent = [bed.take(), bed.take(), bed.take()]
  assert.equal(
    sent.map(({argument}) => argument),
    [0, 0, APPEND_NEEDS.minIsr],
  )
  assert.equal(bed.reply(sent[0]!.slot, 10), [10])
  assert.equal(bed.reply(sent[1]!.slot, 12), [12])
  assert.equal(bed.reply(sent[2]!.slot, 14), [])
  bed.map.row(0).replica(0).publishHighWatermark(15)
  assert.equal(bed.round(), [])
  bed.map.row(0).replica(0).publishHighWatermark(16)
  assert.equal(bed.round(), [14])
  assert.not.ok(bed.appends.isPending)
})

test('where the topic is synced, the sync is waited for, alone or by all', () => {
  const bed = new Bed()
  for (const acks of [0, 1, -1] as const) bed.append({acks, durability: 'synced'})
  bed.round()
  const sent = [bed.take(), bed.take(), bed.take()]
  assert.equal(
    sent.map(({argument}) => argument),
    [0, APPEND_NEEDS.sync, APPEND_NEEDS.minIsr | APPEND_NEEDS.sync],
  )
  assert.equal(
    sent.flatMap(({slot}, i) => bed.reply(slot, i * 2)),
    [0],
  )
  const line = bed.map.row(0).replica(0)
  line.publishSyncedEnd(10)
  assert.equal(bed.round(), [2])
  line.publishHighWatermark(10)
  assert.equal(bed.round(), [])
  line.publishSyncedWatermark(6)
  assert.equal(bed.round(), [4])
})

test('many are on their way at once, and those without room keep their order', () => {
  const bed = new Bed(2)
  for (let i = 0; i < 3; i++) bed.append({acks: 1, row: i % 2})
  bed.round()
  const [first, second] = [bed.take(), bed.take()]
  assert.equal([first.row, second.row, bed.take().slot], [0, 1, -1])
  assert.equal(bed.reply(second.slot, 7), [7])
  bed.round()
  assert.is(bed.take().row, 0)
})

test('a batch larger than the inbox gets a larger one, once nothing is in that', () => {
  const bed = new Bed(2)
  bed.append({acks: 1})
  bed.append({acks: 1, bytes: 3 * SLOT_BYTES})
  bed.round()
  const {slot} = bed.take()
  assert.equal(bed.reply(slot, 1), [1])
  bed.round()
  assert.is(bed.attaches, 2)
})

test('a refusal is told as it is', () => {
  const bed = new Bed()
  bed.append()
  bed.round()
  assert.equal(bed.reply(bed.take().slot, -1, 'NOT_ENOUGH_REPLICAS'), ['NOT_ENOUGH_REPLICAS'])
})

test('a question goes without a batch, and its answer waits for nothing', () => {
  const bed = new Bed()
  const request = {kind: REQUEST.deleteRecords, argument: 12, deadlineMs: 1000}
  bed.appends.ask(bed.partition(0), request, (_, offset) => bed.told.push(offset))
  bed.round()
  const {slot, kind, argument} = bed.take()
  assert.equal([kind, argument], [REQUEST.deleteRecords, 12])
  assert.equal(bed.reply(slot, 12), [12])
})

test('in another reign nothing is sent, and what was stored counts no more', () => {
  const bed = new Bed()
  bed.append()
  bed.round()
  bed.append()
  const {row} = bed.partition(0)
  row.exchangeLeadership(row.word, {...LEADERSHIP, leaderEpoch: 4})
  assert.equal(bed.round(), ['NOT_LEADER_OR_FOLLOWER'])
  row.replica(0).publishHighWatermark(100)
  assert.equal(bed.reply(bed.take().slot, 0), ['NOT_LEADER_OR_FOLLOWER'])
})

test('of a host that has ended nothing is waited for; nothing is sent to one', () => {
  const bed = new Bed()
  bed.append()
  bed.round()
  bed.map.host(HOST).publishEnded(1)
  assert.equal(bed.round(), ['NOT_LEADER_OR_FOLLOWER'])
  bed.append()
  assert.equal(bed.round(), ['NOT_LEADER_OR_FOLLOWER'])
  assert.equal(bed.round(), [])
  assert.not.ok(bed.appends.isPending)
})

test('when its time is over it is told so, and its slot is used again only when the host is through with it', () => {
  const bed = new Bed(2)
  bed.append({deadlineMs: 500})
  bed.append({deadlineMs: 500})
  bed.round()
  const [{slot}] = [bed.take(), bed.take()]
  assert.is(bed.appends.dueInMs(490), 10)
  assert.equal(bed.round(500), ['REQUEST_TIMED_OUT', 'REQUEST_TIMED_OUT'])
  bed.append({acks: 1, deadlineMs: 2000})
  bed.append({acks: 1, deadlineMs: 600})
  bed.round(550)
  assert.is(bed.take().slot, -1)
  assert.equal(bed.round(600), ['REQUEST_TIMED_OUT'])
  assert.equal(bed.reply(slot, 0), [])
  bed.round(610)
  assert.is(bed.take().slot, 0)
})

test('a host that has not answered is told of the inbox again', () => {
  const bed = new Bed()
  bed.append({deadlineMs: 10_000})
  bed.round(0)
  bed.round(99)
  const before = bed.attaches
  bed.round(100)
  assert.is(bed.attaches, before + 1)
  assert.is(bed.appends.dueInMs(100), 20)
})

test('without a place among the threads nothing is sent', () => {
  const bed = new Bed()
  bed.hasPlace = false
  bed.append({deadlineMs: 10})
  assert.equal(bed.round(5), [])
  assert.equal(bed.round(10), ['REQUEST_TIMED_OUT'])
})

test('when the broker goes, whoever waits looks elsewhere', () => {
  const bed = new Bed(1)
  bed.append()
  bed.append()
  bed.round()
  bed.appends.close()
  assert.equal(bed.told, ['NOT_LEADER_OR_FOLLOWER', 'NOT_LEADER_OR_FOLLOWER'])
  assert.is(new Bed().appends.dueInMs(0), Number.POSITIVE_INFINITY)
})

test.run()

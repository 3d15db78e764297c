import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {ClusterMap} from '../engine/cluster/cluster-map.ts'
import {HostInboxes} from '../engine/cluster/host-inboxes.ts'
import {LeftSlots} from '../engine/cluster/left-slots.ts'
import {type ErrorCode, errorNumber} from '../engine/errors.ts'
import {groupRecord} from '../engine/group/group-records.ts'
import {OFFSETS_WAITING_BYTES_MAX} from '../engine/limits.ts'
import {APPEND_NEEDS, allocateInbox, InboxReceiver} from '../engine/memory/inbox.ts'
import {BATCH} from '../engine/record/record-batch.ts'
import {OffsetsSender} from './offsets-sender.ts'

const HOST = 0
const LEADERSHIP = {leaderEpoch: 3, version: 0, leader: 0, isr: 0b11, deleted: false}
const RECORD = groupRecord('g', null)

/** A sender to a partition that is led on this broker, and the host that takes its batches. */
class Bed {
  readonly map = ClusterMap.allocate({coordinators: 1, brokers: 1, hostsABroker: 1})
  readonly row = this.map.row(0)
  readonly line = this.row.replica(0)
  readonly left = new LeftSlots()
  readonly sender: OffsetsSender
  readonly told: (ErrorCode | 'stored')[] = []
  #receiver: InboxReceiver | undefined
  attaches = 0

  constructor({durability = 'written', maxBatchBytes = 1 << 20, slots = 4}: Partial<Options> = {}) {
    const {map, row, left} = this
    map.host(HOST).startAnew(0)
    row.exchangeLeadership(row.word, LEADERSHIP)
    this.line.publishHost(HOST)
    this.line.publishWrittenEnd(100)
    const send = (_to: string, body: unknown): void => {
      const {inbox, from} = body as {inbox: SharedArrayBuffer; from: number}
      this.attaches++
      this.#receiver ??= new InboxReceiver(inbox, from)
    }
    const mailbox = {address: 'broker-1', send, receive: () => undefined}
    const inboxes = new HostInboxes({map, mailbox, thread: 0}, wanted => allocateInbox(Math.max(slots, wanted)))
    this.sender = new OffsetsSender({
      ...{map, inboxes, left, row, durability, maxBatchBytes, place: 0, rowNumber: 0, slot: 0},
      leaderEpoch: LEADERSHIP.leaderEpoch,
    })
  }

  append(records = 1): void {
    const all = Array.from({length: records}, () => RECORD)
    this.sender.append(all, error => this.told.push(error ?? 'stored'))
  }

  flush(): void {
    this.sender.flush(1000)
  }

  /** The host takes the next batch; how many records it has, and what it asks for. */
  take(): {slot: number; records: number; argument: number} {
    const slot = this.#receiver!.take()
    const bytes = slot < 0 ? Buffer.alloc(0) : Buffer.from(this.#receiver!.bytes(slot))
    const records = slot < 0 ? 0 : bytes.readInt32BE(BATCH.recordCount)
    return {slot, records, argument: slot < 0 ? 0 : this.#receiver!.argument(slot)}
  }

  reply(slot: number, baseOffset: number, error?: ErrorCode): void {
    this.answer(slot, baseOffset, error)
    this.sender.round()
  }

  answer(slot: number, baseOffset: number, error?: ErrorCode): void {
    const status = error === undefined ? 0 : errorNumber(error)
    this.#receiver!.reply(slot, {status, baseOffset, timestamp: 0})
  }
}

interface Options {
  readonly durability: 'written' | 'synced'
  readonly maxBatchBytes: number
  readonly slots: number
}

for (const [durability, publish, other] of [
  ['written', 'publishHighWatermark', 'publishSyncedWatermark'],
  ['synced', 'publishSyncedWatermark', 'publishHighWatermark'],
] as const)
  test(`what is asked for at once is one batch, and stored when every replica in sync has it ${durability}`, () => {
    const bed = new Bed({durability})
    bed.append(2)
    bed.append(1)
    bed.flush()
    const {slot, records, argument} = bed.take()
    assert.is(records, 3)
    assert.is(argument, APPEND_NEEDS.minIsr | (durability === 'synced' ? APPEND_NEEDS.sync : 0))
    bed.line[other](100)
    bed.reply(slot, 10)
    assert.equal(bed.told, [])
    bed.line[publish](12)
    bed.sender.round()
    assert.equal(bed.told, [])
    bed.line[publish](13)
    bed.sender.round()
    assert.equal([bed.told, bed.sender.isPending], [['stored', 'stored'], false])
  })

test('outcomes are told in order; nothing is asked for to hear when all before is settled', () => {
  const bed = new Bed()
  bed.append()
  bed.flush()
  bed.append()
  bed.flush()
  bed.sender.append([], () => bed.told.push('NOT_CONTROLLER'))
  bed.flush()
  const [first, second] = [bed.take(), bed.take()]
  bed.line.publishHighWatermark(9)
  bed.reply(second.slot, 6)
  assert.equal(bed.told, [])
  bed.reply(first.slot, 5)
  assert.equal(bed.told, ['stored', 'stored', 'NOT_CONTROLLER'])
})

for (const [refusal, told] of [
  ['NOT_ENOUGH_REPLICAS', 'COORDINATOR_NOT_AVAILABLE'],
  ['NOT_LEADER_OR_FOLLOWER', 'NOT_COORDINATOR'],
  ['KAFKA_STORAGE_ERROR', 'NOT_COORDINATOR'],
  ['MESSAGE_TOO_LARGE', 'MESSAGE_TOO_LARGE'],
] as const)
  test(`a leader's ${refusal} is ${told} to who asked`, () => {
    const bed = new Bed()
    bed.append()
    bed.flush()
    bed.reply(bed.take().slot, -1, refusal)
    assert.equal(bed.told, [told])
  })

test('what is too large is refused; where nobody is to take it, so is that', () => {
  const bed = new Bed({maxBatchBytes: 100})
  bed.append(50)
  bed.flush()
  bed.sender.round()
  assert.equal(bed.told, ['MESSAGE_TOO_LARGE'])
  bed.map.host(HOST).publishEnded(bed.map.host(HOST).incarnation)
  bed.append()
  bed.flush()
  bed.sender.round()
  assert.equal(bed.told.slice(1), ['COORDINATOR_NOT_AVAILABLE'])
})

test('what finds no room waits for it, and goes as one batch then', () => {
  const bed = new Bed()
  for (let i = 0; i < 6; i++) {
    bed.append()
    bed.flush()
  }
  bed.sender.append([], () => bed.told.push('NOT_CONTROLLER'))
  const taken = Array.from({length: 4}, () => bed.take())
  assert.is(bed.take().slot, -1)
  assert.equal([bed.told, bed.sender.isPending], [[], true])
  bed.line.publishHighWatermark(9)
  for (const [i, {slot}] of taken.entries()) bed.reply(slot, i)
  assert.equal(bed.told, Array(4).fill('stored'))
  bed.flush()
  const {slot, records} = bed.take()
  assert.is(records, 2)
  bed.reply(slot, 4)
  assert.equal(bed.told, [...Array(6).fill('stored'), 'NOT_CONTROLLER'])
})

test('an answer is work: the room that it frees is used at once', () => {
  const bed = new Bed()
  bed.append()
  bed.flush()
  bed.answer(bed.take().slot, 100)
  assert.is(bed.sender.round(), 1)
  assert.is(bed.sender.round(), 0)
})

test('more than may wait is refused', () => {
  const bed = new Bed()
  const value = new Uint8Array(OFFSETS_WAITING_BYTES_MAX / 2)
  const half = {key: new Uint8Array(0), value}
  for (let i = 0; i < 2; i++) bed.sender.append([half], error => bed.told.push(error ?? 'stored'))
  bed.sender.append([], () => bed.told.push('NOT_CONTROLLER'))
  assert.equal(bed.told, ['COORDINATOR_NOT_AVAILABLE'])
})

test('what is asked for at once is cut at the bound of a batch', () => {
  const bed = new Bed({maxBatchBytes: 200})
  for (let i = 0; i < 4; i++) bed.append()
  bed.flush()
  const taken = [bed.take(), bed.take()]
  assert.equal(
    taken.map(({records}) => records),
    [3, 1],
  )
  bed.line.publishHighWatermark(9)
  bed.reply(taken[0]!.slot, 0)
  bed.reply(taken[1]!.slot, 3)
  assert.equal(bed.told, Array(4).fill('stored'))
})

test('more than a slot holds goes in several batches', () => {
  const bed = new Bed()
  for (let i = 0; i < 3; i++) bed.append(600)
  bed.flush()
  assert.equal([bed.take().records, bed.take().records], [1200, 600])
})

test('under another reign nothing counts; who waits is told when it is over, and the slot is kept until the host is done with it', () => {
  const bed = new Bed()
  bed.append()
  bed.flush()
  const {slot} = bed.take()
  bed.line.publishHighWatermark(9)
  bed.row.exchangeLeadership(bed.row.word, {...LEADERSHIP, leaderEpoch: 4})
  bed.append()
  bed.sender.fail('NOT_COORDINATOR')
  assert.equal(
    [bed.told, bed.left.isEmpty, bed.sender.isPending],
    [['NOT_COORDINATOR', 'NOT_COORDINATOR'], false, false],
  )
  bed.reply(slot, 5)
  bed.left.free()
  assert.ok(bed.left.isEmpty)
  const again = new Bed()
  again.append()
  again.flush()
  const taken = again.take()
  again.line.publishHighWatermark(9)
  again.row.exchangeLeadership(again.row.word, {...LEADERSHIP, leaderEpoch: 4})
  again.reply(taken.slot, 5)
  assert.equal(again.told, [])
})

test('a host that has ended before it answered cuts the sender off', () => {
  const bed = new Bed()
  bed.append()
  bed.flush()
  assert.not.ok(bed.sender.isCutOff)
  bed.map.host(HOST).publishEnded(1)
  assert.ok(bed.sender.isCutOff)
  bed.append()
  bed.flush()
  bed.sender.fail('NOT_COORDINATOR')
  assert.equal(bed.told, ['NOT_COORDINATOR', 'NOT_COORDINATOR'])
})

test('a host is told again of the inbox until it has answered', () => {
  const bed = new Bed()
  bed.append()
  bed.flush()
  bed.sender.attach()
  assert.is(bed.attaches, 2)
  bed.reply(bed.take().slot, 0)
  bed.append()
  bed.flush()
  bed.sender.attach()
  assert.is(bed.attaches, 2)
})

test.run()

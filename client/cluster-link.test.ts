import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {ClusterMap} from '../engine/cluster/cluster-map.ts'
import type {HostInbox} from '../engine/cluster/host-inbox.ts'
import {SLOT_BYTES} from '../engine/limits.ts'
import {allocateInbox, InboxReceiver, REQUEST} from '../engine/memory/inbox.ts'
import {ClusterLink} from './cluster-link.ts'
import {Parking} from './parking.ts'

const HOST = 0
const SLOTS = 2

interface Told {
  readonly type: string
  readonly thread: number
  readonly name: string
  readonly inbox: SharedArrayBuffer
  readonly from: number
}

/** A thread's link, and what hosts are told. */
function linked(address = 'client-1', map = ClusterMap.allocate({coordinators: 1, brokers: 1, hostsABroker: 2})) {
  const thread = map.threads.claim(0)
  const told: (Told & {to: string})[] = []
  const link = new ClusterLink({
    map,
    thread,
    parking: new Parking(map.threads.doorbell(thread), {ref() {}, unref() {}, close() {}}),
    mailbox: {
      address,
      send: (to, body) => told.push({to, ...(body as Told)}),
      receive: () => undefined,
    },
    allocateInbox: slots => allocateInbox(Math.max(SLOTS, slots)),
  })
  if (map.host(HOST).incarnation === 0) map.host(HOST).startAnew(0)
  return {map, link, told, thread}
}

/** Sends a request of `length` bytes through the inbox. */
function submit({sender}: HostInbox, length: number): number {
  const slot = sender.claim(length)
  sender.submit(slot, {kind: REQUEST.append, bytes: new Uint8Array(length)})
  return slot
}

test('a host is told of an inbox once, and again while it has not answered', () => {
  const {link, told, thread} = linked()
  const inbox = link.inboxTo(HOST, 10)!
  assert.is(link.inboxTo(HOST, 10), inbox)
  assert.equal(
    told.map(({to, type, thread: place, from}) => [to, type, place, from]),
    [['host-0', 'attach', thread, 0]],
  )
  inbox.attach()
  assert.equal([told.length, told[0]!.name], [2, told[1]!.name])
  inbox.confirm()
  inbox.attach()
  assert.is(told.length, 2)
})

test('a host that was started anew gets an inbox of another name, in the same memory where nothing is in it', () => {
  const {map, link, told} = linked()
  const first = link.inboxTo(HOST, 1)!
  assert.not(first.hasEnded)
  map.host(HOST).publishEnded(first.incarnation)
  assert.ok(first.hasEnded)
  map.host(HOST).startAnew(0)
  const second = link.inboxTo(HOST, 1)!
  assert.ok(first.hasEnded)
  assert.ok(second.memory === first.memory)
  assert.is.not(told[0]!.name, told[1]!.name)
  submit(second, 1)
  map.host(HOST).startAnew(0)
  const third = link.inboxTo(HOST, 1)!
  assert.ok(third.memory !== second.memory, 'what is in it is still to be sent elsewhere')
})

test('a thread that gets the place of one that died has inboxes of other names', () => {
  const {map, link, told, thread} = linked('client-1')
  link.inboxTo(HOST, 1)
  map.threads.free(thread)
  const next = linked('client-2', map)
  next.link.inboxTo(HOST, 1)
  assert.is(next.thread, thread)
  assert.is.not(next.told[0]!.name, told[0]!.name)
})

test('an inbox that is too small for a batch is replaced once nothing is in it; until then nobody sends', () => {
  const {link, told} = linked()
  const small = link.inboxTo(HOST, 1)!
  assert.is(small.sender.slots, SLOTS)
  const slot = submit(small, 1)
  const large = 5 * SLOT_BYTES
  assert.is(link.inboxTo(HOST, large), undefined)
  assert.is(link.inboxTo(HOST, 0), undefined, 'or it would never be empty')
  assert.is(told.length, 1)
  small.sender.free(slot, 1)
  const made = link.inboxTo(HOST, 0)!
  assert.is(told.length, 2)
  assert.is.not(told[1]!.name, told[0]!.name)
  const receiver = new InboxReceiver(told[1]!.inbox, told[1]!.from)
  submit(made, large)
  assert.is(receiver.bytes(receiver.take()).length, large)
  assert.is(link.inboxTo(HOST, large), made)
})

test('the first inbox is as large as the first batch needs; one to a host that was started anew as large as any was in want of', () => {
  const {map, link} = linked()
  const first = link.inboxTo(HOST, 4 * SLOT_BYTES)!
  assert.ok(first.sender.slots >= 4)
  submit(first, 4 * SLOT_BYTES)
  assert.is(link.inboxTo(HOST, 20 * SLOT_BYTES), undefined)
  assert.is(link.inboxTo(HOST, 30 * SLOT_BYTES), undefined)
  map.host(HOST).startAnew(0)
  assert.ok(link.inboxTo(HOST, 0)!.sender.slots >= 30)
})

test('who goes says so to every host that has an inbox of his', () => {
  const {map, link, told, thread} = linked()
  map.host(1).startAnew(0)
  for (const host of [0, 1]) link.inboxTo(host, 1)
  told.length = 0
  link.close()
  link.close()
  assert.equal(
    told.map(({to, type, thread: place}) => [to, type, place]),
    [0, 1].map(host => [`host-${host}`, 'detach', thread]),
  )
})

test.run()

import {ClusterMap} from '../../../engine/cluster/cluster-map.ts'
import {HostInbox} from '../../../engine/cluster/host-inbox.ts'
import type {Letter, Mailbox} from '../../../engine/cluster/mail.ts'
import {RING} from '../../../engine/memory/doorbell.ts'
import {allocateInbox, InboxSender, REQUEST, type Reply} from '../../../engine/memory/inbox.ts'
import {HostAgent} from '../../../workers/host-agent.ts'
import type {HostWorld} from '../../../workers/host-world.ts'
import {must, type Scenario} from '../scenario.ts'

interface World {
  readonly map: SharedArrayBuffer
  readonly inbox: SharedArrayBuffer
  /** Letters on their way; a word is written beside each, which is a turn. */
  readonly mail: Letter[]
  readonly posts: SharedArrayBuffer
  /** Times the application was answered. */
  answers: number
}

const HOST = 0
const SHAPE = {coordinators: 1, brokers: 1, hostsABroker: 1}

function world(): World {
  const map = ClusterMap.allocate(SHAPE)
  map.host(HOST).startAnew(0)
  return {map: map.memory, inbox: allocateInbox(2), mail: [], posts: new SharedArrayBuffer(8), answers: 0}
}

function mailbox(world: World, address: string): Mailbox {
  const words = new Int32Array(world.posts)
  const map = new ClusterMap(world.map)
  return {
    address,
    send(to, body) {
      Atomics.add(words, 0, 1)
      world.mail.push({from: address, to, body})
      map.host(HOST).doorbell.ring(RING.control)
    },
    receive: () => world.mail.shift(),
  }
}

/** A host of no replica: it answers every request with a refusal. */
function host(world: World): void {
  const map = new ClusterMap(world.map)
  const agent = new HostAgent({
    map,
    number: HOST,
    mailbox: mailbox(world, 'host-0'),
    clock: {monotonicMs: () => 0, wallMs: () => 0},
  } as unknown as HostWorld)
  const {doorbell} = map.host(HOST)
  for (;;) {
    const seen = doorbell.count()
    if (agent.doWork() === 0) doorbell.wait(seen, Number.POSITIVE_INFINITY)
  }
}

/** Tells the host of its inbox, sends at once, and asks again while no answer has come. */
function application(world: World): void {
  const map = new ClusterMap(world.map)
  const thread = map.threads.claim(7)
  const sender = new InboxSender(world.inbox)
  const line = map.host(HOST)
  const incarnation = line.incarnation
  const inbox = new HostInbox(
    {map, mailbox: mailbox(world, 'client-1'), thread},
    {host: HOST, incarnation, memory: world.inbox, sender, number: 0},
  )
  const bell = map.threads.doorbell(thread)
  const reply: Reply = {status: 0, baseOffset: 0, timestamp: 0}
  inbox.attach()
  for (let request = 0; request < 2; request++) {
    const slot = sender.claim(0)
    sender.submit(slot, {kind: REQUEST.flush, argument: request})
    // told twice, it is the same inbox
    inbox.attach()
    inbox.ring()
    for (let seen = bell.count(); !sender.isDone(slot); seen = bell.count()) bell.wait(seen, Number.POSITIVE_INFINITY)
    sender.readReply(slot, reply)
    must(reply.status !== 0 && reply.baseOffset === -1, 'a host without the replica refuses')
    must(map.host(HOST).failure.readNote(reply.status) !== undefined, 'the words of a refusal are there before it')
    inbox.confirm()
    world.answers++
  }
}

/** An application's thread comes to a host: its letter, its inbox, its first requests. */
export const hostAttach: Scenario<World> = {
  name: 'host attach',
  world,
  actors: [
    {name: 'host', run: host, daemon: true},
    {name: 'app', run: application},
  ],
  mortal: {app: []},
  check: ({answers}, dead) => {
    if (dead === undefined) must(answers === 2, 'what is sent before the host knows of the inbox is answered as well')
  },
}

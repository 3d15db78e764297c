import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {allocateInbox, InboxReceiver, REQUEST} from '../memory/inbox.ts'
import {ClusterMap} from './cluster-map.ts'
import {HostInboxes} from './host-inboxes.ts'
import {LeftSlots} from './left-slots.ts'

const HOST = 0

test('a host that did not hear of the inbox is told again, until it is through with what was left there', () => {
  const map = ClusterMap.allocate({coordinators: 1, brokers: 1, hostsABroker: 1})
  map.host(HOST).startAnew(0)
  const letters: {inbox: SharedArrayBuffer; from: number}[] = []
  const send = (_to: string, body: unknown): void => void letters.push(body as (typeof letters)[0])
  const mailbox = {address: 'broker-1', send, receive: () => undefined}
  const inbox = new HostInboxes({map, mailbox, thread: 0}, allocateInbox).inboxTo(HOST, 10)!
  const slot = inbox.sender.claim(10)
  inbox.sender.submit(slot, {kind: REQUEST.append, bytes: new Uint8Array(10)})
  const left = new LeftSlots()
  left.add(inbox, slot, 10)
  letters.length = 0
  left.attach()
  assert.is(letters.length, 1)
  const receiver = new InboxReceiver(letters[0]!.inbox, letters[0]!.from)
  receiver.reply(receiver.take(), {status: 0, baseOffset: 0, timestamp: 0})
  left.free()
  left.attach()
  assert.equal([left.isEmpty, inbox.sender.isIdle, letters.length], [true, true, 1])
})

test.run()

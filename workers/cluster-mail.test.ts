import {setImmediate} from 'node:timers/promises'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {ClusterMap} from '../engine/cluster/cluster-map.ts'
import {EVERY} from '../engine/cluster/mail.ts'
import {RING} from '../engine/memory/doorbell.ts'
import {ThreadMailbox} from './cluster-mail.ts'

let clusters = 0

/** A cluster's mail, with boxes in this thread. */
class Post {
  readonly name = `mail-${process.pid}-${clusters++}`
  readonly map = ClusterMap.allocate({coordinators: 3, brokers: 1, hostsABroker: 2})
  readonly #boxes: ThreadMailbox[] = []

  box(address: string): ThreadMailbox {
    const box = new ThreadMailbox(this.name, this.map, address)
    this.#boxes.push(box)
    return box
  }

  close(): void {
    for (const box of this.#boxes) box.close()
  }
}

function all(box: ThreadMailbox): unknown[] {
  const bodies: unknown[] = []
  for (let letter = box.receive(); letter !== undefined; letter = box.receive()) bodies.push(letter.body)
  return bodies
}

const rang = (line: {doorbell: {takeDirty: (half: 0 | 1) => number}}): boolean =>
  (line.doorbell.takeDirty(1) & (1 << (RING.control - 32))) !== 0

async function post(act: (post: Post) => unknown): Promise<void> {
  const office = new Post()
  try {
    await act(office)
  } finally {
    office.close()
  }
}

test('a letter gets to its address alone, in the order sent, with who sent it', () =>
  post(office => {
    const [from, to, other] = ['broker-1', 'coordinator-1', 'coordinator-2'].map(address => office.box(address))
    from!.send('coordinator-1', 1)
    from!.send('coordinator-1', {two: [2]})
    assert.equal(to!.receive(), {from: 'broker-1', to: 'coordinator-1', body: 1})
    assert.equal(all(to!), [{two: [2]}])
    assert.equal([all(other!), all(from!)], [[], []])
  }))

test('what is for everybody of a kind gets to each of them, and to nobody else', () =>
  post(office => {
    const [one, two, broker, client] = ['coordinator-1', 'coordinator-2', 'broker-1', 'client-x'].map(address =>
      office.box(address),
    )
    broker!.send(EVERY.coordinator, 'all')
    one!.send(EVERY.broker, 'brokers')
    one!.send(EVERY.client, 'clients')
    assert.equal([all(one!), all(two!), all(broker!), all(client!)], [['all'], ['all'], ['brokers'], ['clients']])
  }))

test('one of a kind hears another through the channel they share', () =>
  post(office => {
    const [one, two] = ['coordinator-1', 'coordinator-2'].map(address => office.box(address))
    one!.send('coordinator-2', 'x')
    assert.equal([all(one!), all(two!)], [[], ['x']])
  }))

test('each host has a channel of its own, and of another cluster nobody hears', () =>
  post(office => {
    const [one, two] = ['host-0', 'host-1'].map(address => office.box(address))
    const broker = office.box('broker-1')
    const elsewhere = new Post()
    const stranger = elsewhere.box('host-0')
    broker.send('host-0', 'x')
    assert.equal([all(one!), all(two!), all(stranger)], [['x'], [], []])
    elsewhere.close()
  }))

test('who sleeps on a doorbell is rung: coordinators, one or all, and hosts', () =>
  post(office => {
    const {map} = office
    const broker = office.box('broker-1')
    const rings = () => [map.coordinator(1), map.coordinator(2), map.host(0), map.host(1)].map(rang)
    broker.send('coordinator-2', 0)
    assert.equal(rings(), [false, true, false, false])
    broker.send(EVERY.coordinator, 0)
    assert.equal(rings(), [true, true, false, false])
    broker.send('host-1', 0)
    assert.equal(rings(), [false, false, false, true])
    for (const to of ['broker-1', 'client-x', EVERY.client, 'supervisor']) broker.send(to, 0)
    assert.equal(rings(), [false, false, false, false])
  }))

test('a thread without a loop throws away what its channels to others hear', () =>
  post(office => {
    const [host, broker, client] = ['host-0', 'broker-1', 'client-x'].map(address => office.box(address))
    host!.send('broker-1', 'first')
    // this comes by the channel that the host keeps
    client!.send('broker-1', 'second')
    assert.equal(all(host!), [])
    host!.send('broker-1', 'third')
    assert.equal(all(broker!), ['first', 'second', 'third'])
  }))

test('a thread with a loop is called for letters, and closes its channels to others with the turn', () =>
  post(async office => {
    const [client, broker] = ['client-x', 'broker-1'].map(address => office.box(address))
    const heard: unknown[] = []
    const {promise, resolve} = deferred()
    client!.onLetters(() => {
      heard.push(...all(client!))
      if (heard.length === 2) resolve()
    })
    broker!.send('client-x', 1)
    broker!.send('client-y', 'another')
    broker!.send(EVERY.client, 2)
    await promise
    assert.equal(heard, [1, 2])
    client!.send('broker-1', 'one')
    assert.equal(all(broker!), ['one'])
    await setImmediate()
    client!.send('broker-1', 'two')
    client!.send('coordinator-1', 'three')
    assert.equal(all(broker!), ['two'])
  }))

function deferred(): {promise: Promise<void>; resolve: () => void} {
  let resolve!: () => void
  const promise = new Promise<void>(done => {
    resolve = done
  })
  return {promise, resolve}
}

test.run()

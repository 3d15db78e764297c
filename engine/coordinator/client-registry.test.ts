import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {ClientRegistry, isClientSeen, isConnectionsSeen} from './client-registry.ts'

const seen = (id: string, gone = false) =>
  ({type: 'clientSeen', client: {id, place: 1, thread: 77, broker: 2}, gone}) as const

test('clients are known for as long as they tell of themselves', () => {
  const registry = new ClientRegistry(100)
  registry.take(seen('a'), 0)
  registry.take(seen('b'), 50)
  assert.equal(registry.list(60), [
    {id: 'a', place: 1, thread: 77, broker: 2, idleMs: 60},
    {id: 'b', place: 1, thread: 77, broker: 2, idleMs: 10},
  ])
  assert.equal(
    registry.list(120).map(({id}) => id),
    ['b'],
  )
  registry.take(seen('b', true), 121)
  assert.equal(registry.list(121), [])
})

const connected = (incarnation: number, ...clientIds: string[]) =>
  ({
    type: 'connectionsSeen',
    broker: 2,
    incarnation,
    connections: clientIds.map((clientId, i) => ({clientId, clientHost: '/::1', clientPort: 7000 + i, idleMs: 5})),
  }) as const

test('connections are those that their broker told of last', () => {
  const registry = new ClientRegistry(100)
  const brokers = [1, 2].map(id => ({id, incarnation: 3, fenced: false}))
  assert.equal(registry.listConnections(brokers, 0), [])
  registry.takeConnections(connected(3, 'a', 'b'), 10)
  assert.equal(registry.listConnections(brokers, 500), [
    {clientId: 'a', clientHost: '/::1', clientPort: 7000, broker: 2, idleMs: 495},
    {clientId: 'b', clientHost: '/::1', clientPort: 7001, broker: 2, idleMs: 495},
  ])
  registry.takeConnections(connected(3, 'b'), 600)
  assert.equal(
    registry.listConnections(brokers, 600).map(({clientId}) => clientId),
    ['b'],
  )
})

test('connections are gone with the start of the broker that had them', () => {
  const registry = new ClientRegistry(100)
  registry.takeConnections(connected(3, 'a'), 0)
  assert.equal(registry.listConnections([{id: 2, incarnation: 3, fenced: true}], 1), [])
  assert.equal(registry.listConnections([{id: 2, incarnation: 4, fenced: false}], 1), [])
  assert.is(registry.listConnections([{id: 2, incarnation: 3, fenced: false}], 1).length, 1)
})

test('only its own letters are taken for such', () => {
  assert.ok(isClientSeen(seen('a')))
  assert.ok(isConnectionsSeen(connected(1)))
  for (const body of [null, undefined, {type: 'request'}, 7]) assert.not(isClientSeen(body) || isConnectionsSeen(body))
})

test.run()

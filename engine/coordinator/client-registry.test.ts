import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {ClientRegistry, isClientSeen} from './client-registry.ts'

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

test('only its own letters are taken for such', () => {
  assert.ok(isClientSeen(seen('a')))
  for (const body of [null, undefined, {type: 'request'}, 7]) assert.not(isClientSeen(body))
})

test.run()

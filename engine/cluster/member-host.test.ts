import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {ClusterMap} from './cluster-map.ts'
import {hasThreadEnded, memberHost, memberThread} from './member-host.ts'

test('a thread is told by its host, and nobody else is', () => {
  const thread = {start: 'abc', place: 3, thread: 77, address: 'client-1-2'}
  assert.equal(memberThread(memberHost(thread)), thread)
  for (const other of ['/127.0.0.1', '', '/a/b/c/client-1', '/a/1/2/broker-1'])
    assert.is(memberThread(other), undefined, other)
})

test('a thread has ended when the cluster was opened anew, when its place is free or another’s, or the system says so', () => {
  const {threads} = ClusterMap.allocate({coordinators: 1, brokers: 1, hostsABroker: 1})
  const place = threads.claim(77)
  const member = {start: 's', place, thread: 77, address: 'client-1'}
  const ended = (changes: object = {}, alive = true): boolean =>
    hasThreadEnded({...member, ...changes}, {start: 's', threads, isAlive: () => alive})
  assert.not.ok(ended())
  assert.ok(ended({start: 'before'}))
  assert.ok(ended({thread: 78}))
  assert.ok(ended({place: place + 1}))
  assert.ok(ended({}, false))
  threads.free(place)
  assert.ok(ended())
})

test.run()

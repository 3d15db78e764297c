import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {ClusterMap} from '../cluster/cluster-map.ts'
import {THREAD} from '../cluster/thread-line.ts'
import {Liveness} from './liveness.ts'

function twoHosts() {
  const map = ClusterMap.allocate({coordinators: 1, brokers: 1, hostsABroker: 2})
  const start = (host: number, nowMs: number) => {
    map.host(host).startAnew(nowMs)
    map.host(host).publishState(THREAD.running)
  }
  return {map, start, liveness: new Liveness(map, 1000)}
}

test('a host is alive from its start until it is known to have ended', () => {
  const {map, start, liveness} = twoHosts()
  assert.equal(liveness.look(0), [])
  start(1, 0)
  assert.equal([liveness.look(0), liveness.isHostAlive(1), liveness.look(1)], [[1], true, []])
  map.host(1).publishEnded(1)
  assert.equal([liveness.look(2), liveness.isHostAlive(1), liveness.deathOf(map.host(1), 2)], [[1], false, 'has ended'])
})

test('a host that is still starting is not alive, nor one that has closed', () => {
  const {map, start, liveness} = twoHosts()
  map.host(0).startAnew(0)
  assert.equal(liveness.look(0), [])
  start(1, 0)
  liveness.look(1)
  map.host(1).publishState(THREAD.closed)
  assert.equal([liveness.look(2), liveness.deathOf(map.host(1), 2)], [[1], 'is closed'])
})

test('silence is death after the session timeout, and a beat is life', () => {
  const {map, start, liveness} = twoHosts()
  start(0, 0)
  for (let nowMs = 0; nowMs <= 1000; nowMs += 250) liveness.look(nowMs)
  assert.equal([liveness.isHostAlive(0), liveness.dueInMs(1000)], [true, 1])
  assert.equal([liveness.look(1001), liveness.deathOf(map.host(0), 1001)], [[0], 'is silent'])
  map.host(0).beat(1100)
  assert.equal([liveness.look(1100), liveness.isHostAlive(0)], [[0], true])
})

test('who sleeps is alive until it was to wake by itself, and a session longer', () => {
  const {map, start, liveness} = twoHosts()
  start(0, 0)
  map.host(0).lieDown(map.host(0).doorbell.count(), 5000)
  for (let nowMs = 0; nowMs <= 6000; nowMs += 250) liveness.look(nowMs)
  assert.equal([liveness.isHostAlive(0), liveness.dueInMs(6000)], [true, 1])
  assert.equal([liveness.look(6001), liveness.deathOf(map.host(0), 6001)], [[0], 'is silent'])
  map.host(0).getUp(6100)
  assert.equal([liveness.look(6100), liveness.isHostAlive(0)], [[0], true])
  map.host(0).lieDown(map.host(0).doorbell.count(), Number.POSITIVE_INFINITY)
  for (let nowMs = 6250; nowMs <= 20_000; nowMs += 250) assert.equal(liveness.look(nowMs), [])
})

test('who was rung and does not wake is silent from when that was seen', () => {
  const {map, start, liveness} = twoHosts()
  const line = map.host(0)
  start(0, 0)
  line.lieDown(line.doorbell.count(), Number.POSITIVE_INFINITY)
  for (let nowMs = 0; nowMs <= 5000; nowMs += 250) liveness.look(nowMs)
  line.doorbell.ring(0)
  for (let nowMs = 5250; nowMs <= 6250; nowMs += 250) assert.equal(liveness.look(nowMs), [])
  assert.is(liveness.dueInMs(6250), 1)
  assert.equal([liveness.look(6251), liveness.deathOf(line, 6251)], [[0], 'is silent'])
})

test('each sleep has its own ring', () => {
  const {map, start, liveness} = twoHosts()
  const line = map.host(0)
  start(0, 0)
  for (let nowMs = 0; nowMs <= 5000; nowMs += 400) {
    line.lieDown(line.doorbell.count(), Number.POSITIVE_INFINITY)
    line.doorbell.ring(0)
    liveness.look(nowMs)
    assert.is(liveness.deathOf(line, nowMs), undefined)
    line.getUp(nowMs)
  }
})

test('one that ended in its sleep is awake when it is started anew', () => {
  const {map, start, liveness} = twoHosts()
  start(0, 0)
  map.host(0).lieDown(0, Number.POSITIVE_INFINITY)
  map.host(0).publishEnded(1)
  start(0, 100)
  assert.equal([map.host(0).sleepsOn, liveness.deathOf(map.host(0), 1101)], [-1, 'is silent'])
})

test('after a stall of one’s own all sessions begin anew', () => {
  const {start, liveness} = twoHosts()
  start(0, 0)
  liveness.look(0)
  assert.equal([liveness.look(5000), liveness.isHostAlive(0)], [[], true])
  for (let nowMs = 5250; nowMs <= 6000; nowMs += 250) assert.equal(liveness.look(nowMs), [])
  assert.equal(liveness.look(6001), [0])
})

test('one that was started anew between two looks was dead in between', () => {
  const {map, start, liveness} = twoHosts()
  start(0, 0)
  liveness.look(0)
  map.host(0).publishEnded(1)
  start(0, 5)
  assert.equal([liveness.look(5), liveness.isHostAlive(0), liveness.dueInMs(5)], [[0], false, 0])
  assert.equal([liveness.look(6), liveness.isHostAlive(0), liveness.look(7)], [[0], true, []])
})

test('it is due often enough to notice a stall of its own', () => {
  const {liveness} = twoHosts()
  liveness.look(100)
  assert.equal([liveness.dueInMs(100), liveness.dueInMs(200), liveness.dueInMs(900)], [250, 150, 0])
})

test.run()

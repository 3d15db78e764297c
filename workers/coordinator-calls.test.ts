import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {ClusterMap} from '../engine/cluster/cluster-map.ts'
import {CoordinatorCalls} from './coordinator-calls.ts'

/** Calls to one coordinator, who may hold the lease, and what was sent to it. */
function bench() {
  const map = ClusterMap.allocate({coordinators: 1, brokers: 1, hostsABroker: 1})
  map.coordinator(1).startAnew(0)
  const sent: number[] = []
  const mailbox = {
    address: 'broker-1',
    send: (_: string, body: unknown) => void sent.push((body as {id: number}).id),
    receive: () => undefined,
  }
  const calls = new CoordinatorCalls(map, mailbox, {incarnation: 0, againMs: 250})
  const describe = (nowMs: number) => calls.ask({type: 'describeCluster'}, nowMs, () => undefined)
  return {map, sent, calls, describe}
}

test('a call that is not answered is made again, more and more seldom', () => {
  const {sent, calls, describe} = bench()
  describe(0)
  const made: number[] = []
  for (let nowMs = 0; nowMs <= 800; nowMs++) if (calls.round(nowMs) > 0) made.push(nowMs)
  assert.equal(made, [8, 24, 56, 120, 248, 498, 748])
  assert.is(sent.length, 8)
})

test('who was asked in vain is asked again once it serves', () => {
  const {sent, calls, describe} = bench()
  describe(0)
  for (let nowMs = 1; nowMs <= 130; nowMs++) calls.round(nowMs)
  const before = sent.length
  calls.serves(1, 131)
  assert.equal([calls.dueInMs(131), calls.round(131), sent.length], [0, 1, before + 1])
  // that it goes on to serve is no news
  calls.serves(1, 132)
  assert.equal([calls.dueInMs(132), calls.round(132)], [7, 0])
  calls.serves(2, 133)
  assert.is(calls.round(133), 1)
})

test.run()

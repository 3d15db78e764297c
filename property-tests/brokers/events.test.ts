/** What happened is told by the brokers that can tell it, each once and in order, whichever of them does not run. */
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {ClusterBed} from './bed.ts'

test('of a broker that is stalled the others tell', () => {
  const bed = new ClusterBed({brokers: 3})
  bed.create('t', [[1, 2, 3]])
  bed.events.length = 0
  bed.stall(bed.thread('broker-1'), 8000)
  for (const host of bed.process.hosts.values()) if (host.dir === '/cluster/broker-1') bed.stall(host, 8000)
  bed.runFor(3000)
  assert.equal(
    bed.events.map(({type}) => type),
    ['broker.down', 'leader.changed', 'isr.changed'],
  )
  bed.runFor(8000)
  assert.equal(
    bed.events.slice(3).map(({type}) => type),
    ['broker.up', 'isr.changed'],
  )
})

test('what a broker had to tell, and died before it did, another one tells', () => {
  const bed = new ClusterBed({brokers: 3})
  bed.stall(bed.thread('broker-1'), 900)
  bed.client.call({type: 'createTopics', topics: [{name: 't', topicId: 'T'.repeat(22), numPartitions: 1}]}, () => {})
  bed.runFor(800)
  bed.kill(1)
  bed.runFor(1000)
  assert.ok(bed.events.some(({type}) => type === 'topic.created'))
})

test.run()

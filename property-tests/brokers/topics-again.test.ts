/** A topic that is deleted and made again under its name has nothing of the old one, whatever of that is still around. */
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {ClusterBed} from './bed.ts'

const SYNCED = {durability: 'synced'}

test('after a start, what the checkpoints say of the old topic is not of the new one', () => {
  const bed = new ClusterBed({brokers: 2})
  bed.create('t', [[1, 2]], SYNCED)
  assert.is(bed.send('t', {count: 5}), 0)
  bed.close()
  bed.restart()
  assert.is(bed.send('t'), 5)
  bed.delete('t')
  bed.create('t', [[1, 2]], SYNCED)
  assert.is(bed.send('t'), 0)
})

test('a process that dies with checkpoints of a deleted topic', () => {
  const bed = new ClusterBed()
  bed.create('t', [[1]], SYNCED)
  bed.send('t', {count: 5})
  bed.close()
  bed.restart()
  bed.send('t')
  bed.delete('t')
  bed.runFor(100)
  bed.restart()
  bed.create('t', [[1]], SYNCED)
  assert.is(bed.send('t'), 0)
})

test('a topic without a record, made while checkpoints still speak of the old one, is there after the next start', () => {
  const bed = new ClusterBed({brokers: 2})
  bed.create('t', [[1]], SYNCED)
  bed.send('t', {count: 5})
  bed.runFor(2000)
  bed.delete('t')
  bed.runFor(100)
  bed.kill(1)
  const again = {name: 't', topicId: Buffer.from('another topic t.').toString('base64url'), assignments: [[1]]}
  let isMade = false
  bed.client.call({type: 'createTopics', topics: [again]}, () => {
    isMade = true
  })
  bed.runFor(100)
  bed.bringUp(1)
  bed.until('it is led', () => isMade)
  bed.restart()
  assert.is(bed.send('t'), 0)
})

test('a thread that has not yet removed the old directory', () => {
  const bed = new ClusterBed()
  bed.create('a', [[1]])
  bed.create('t', [[1]])
  bed.send('a')
  bed.send('t', {count: 5})
  const [a, t] = ['a', 't'].map(name => bed.hostOf(name, 1))
  assert.is.not(a, t)
  bed.stall(bed.host(t!), 3000)
  bed.delete('a')
  bed.delete('t')
  bed.create('t', [[1]])
  assert.is(bed.send('t'), 0)
  bed.runFor(5000)
  assert.is(bed.send('t'), 1)
  assert.equal(
    bed.filesOf(1).filter(name => /^[at]-/.test(name)),
    ['t-0'],
  )
})

test('a thread that died before it could remove the old directory', () => {
  const bed = new ClusterBed()
  bed.create('t', [[1]])
  bed.send('t', {count: 5})
  const host = bed.host(bed.hostOf('t', 1))
  bed.stall(host, 500)
  bed.delete('t')
  bed.process.kill(host)
  bed.runFor(1000)
  assert.equal(
    bed.filesOf(1).filter(name => name.startsWith('t-')),
    [],
  )
  bed.create('t', [[1]])
  assert.is(bed.send('t'), 0)
})

test.run()

/** A broker's disk refuses: whoever meets that tries again, or gives up its place, and takes nobody with it. */
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {ClusterBed} from './bed.ts'

test('a log that cannot be opened now is opened once the disk allows it, and its host lives on', () => {
  const bed = new ClusterBed({hostsABroker: 1})
  for (const topic of ['t', 'other']) bed.create(topic, [[1]])
  for (const topic of ['t', 'other']) bed.send(topic)
  bed.refuses = (kind, path) => (kind === 'sync' && path.startsWith('/cluster/broker-1/t-0') ? 'EIO' : undefined)
  bed.process.kill(bed.host(0))
  bed.runFor(1000)
  assert.is(bed.process.map.host(0).incarnation, 2)
  assert.is(bed.send('other'), 1)
  bed.refuses = () => undefined
  assert.is(bed.send('t'), 1)
  assert.is(bed.process.map.host(0).incarnation, 2)
})

test('a leader whose disk takes nothing gives up the lead, and is in sync again once its disk works', () => {
  const bed = new ClusterBed({brokers: 3})
  bed.create('t', [[1, 2, 3]])
  bed.send('t')
  bed.refuses = (kind, path) => (kind === 'write' && path.startsWith('/cluster/broker-1/t-0') ? 'EIO' : undefined)
  assert.is(bed.send('t'), 1)
  const led = bed.topic('t').partitions[0]!
  assert.equal([led.leader, led.isr], [2, [2, 3]])
  bed.runFor(3000)
  assert.is(bed.send('t'), 2)
  assert.is(bed.topic('t').partitions[0]!.leader, 2)
  bed.refuses = () => undefined
  bed.runFor(2000)
  assert.is(bed.topic('t').partitions[0]!.isr.length, 3)
})

test('a leader without anybody in its place goes on where its disk does', () => {
  const bed = new ClusterBed()
  bed.create('t', [[1]])
  bed.send('t')
  let refused = 0
  bed.refuses = kind => (kind === 'write' && refused++ < 3 ? 'EIO' : undefined)
  assert.is(bed.send('t'), 1)
  assert.is(bed.topic('t').partitions[0]!.leaderEpoch, 1)
})

test('who begins anew with nothing has that on record soon: after the next start nobody looks for what was put aside', () => {
  const bed = new ClusterBed({brokers: 2})
  bed.create('t', [[1, 2]])
  bed.send('t')
  bed.runFor(1500)
  bed.delete('t')
  bed.until('the directory is gone, which is on no record', () => !bed.filesOf(2).some(name => name.startsWith('t-0')))
  bed.kill(2)
  bed.runFor(1500)
  bed.create('t', [[1, 2]])
  const {row} = bed.topic('t').partitions[0]!
  const leadership = () => bed.process.map.row(row).leadership
  bed.bringUp(2)
  bed.until('2 is in sync with nothing', () => leadership().isr === 0b11)
  bed.runFor(1500)
  bed.kill(1)
  bed.until('2 alone is in sync, and leads', () => leadership().isr === 0b10 && leadership().leader === 1)
  bed.restart()
  bed.runFor(3000)
  assert.is(bed.send('t'), 0)
})

test('who comes back into the ISR has synced what was acknowledged as synced without it', () => {
  const bed = new ClusterBed({brokers: 2})
  bed.create('t', [[1, 2]], {durability: 'written'})
  bed.send('t')
  const number = bed.topic('t').partitions[0]!.row
  const row = () => bed.process.map.row(number)
  bed.kill(2)
  bed.until('1 alone is in sync', () => row().leadership.isr === 0b01)
  bed.send('t', {count: 3})
  assert.is(row().replica(0).syncedWatermark, 4)
  // in its next reign nobody has asked for a sync yet
  bed.restart()
  bed.until('2 is in sync, too', () => row().leadership.isr === 0b11)
  assert.is(row().replica(1).syncedEnd, 4)
})

test('a directory that cannot be removed is no end of its host, and in nobody’s way', () => {
  const bed = new ClusterBed({hostsABroker: 1})
  for (const topic of ['t', 'other']) bed.create(topic, [[1]])
  for (const topic of ['t', 'other']) bed.send(topic)
  let refused = 0
  bed.refuses = (kind, path) => {
    if (kind !== 'rename' || refused > 0 || !path.startsWith('/cluster/broker-1/t-0')) return undefined
    refused++
    return 'EIO'
  }
  bed.delete('t')
  bed.runFor(500)
  bed.create('t', [[1]])
  assert.is(bed.send('t'), 0)
  assert.equal([refused, bed.process.map.host(0).incarnation, bed.send('other')], [1, 1, 1])
})

test.run()

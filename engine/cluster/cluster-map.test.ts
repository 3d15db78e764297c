import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {ROW_MARKS} from '../limits.ts'
import {ClusterMap} from './cluster-map.ts'
import {THREAD} from './thread-line.ts'

const SHAPE = {coordinators: 3, brokers: 2, hostsABroker: 4}

test('whoever has the memory knows the shape', () => {
  const map = new ClusterMap(ClusterMap.allocate(SHAPE).memory)
  assert.equal(map.shape, SHAPE)
  assert.is(map.hosts, 8)
  assert.equal(map.hostsOf(2), [4, 5, 6, 7])
  assert.equal([map.brokerOf(3), map.brokerOf(4)], [1, 2])
})

test('threads have lines of their own, with beats, states and incarnations', () => {
  const map = ClusterMap.allocate(SHAPE)
  const lines = [
    ...[1, 2, 3].map(id => map.coordinator(id)),
    ...[1, 2].map(id => map.broker(id)),
    ...map.hostsOf(1).map(host => map.host(host)),
  ]
  for (const [i, line] of lines.entries()) {
    assert.ok(line.hasEnded)
    assert.is(line.startAnew(i), 1)
    assert.not(line.hasEnded)
    line.publishState(THREAD.running)
    line.publishApplied(100 + i)
    line.failure.writeNote(i, `failure ${i}`)
  }
  const other = new ClusterMap(map.memory)
  assert.equal([other.broker(2).beatMs, other.broker(2).state, other.broker(2).applied], [4, THREAD.running, 104])
  assert.is(other.host(0).failure.readNote(5), 'failure 5')
  other.broker(2).publishEnded(1)
  assert.ok(map.broker(2).hasEnded)
  assert.is(map.broker(2).startAnew(9), 2)
  assert.equal([map.broker(2).hasEnded, map.broker(2).state], [false, THREAD.absent])
})

test('the map grows, and rows made before stay good', () => {
  const map = ClusterMap.allocate(SHAPE)
  const early = map.row(0)
  const before = map.memory.byteLength
  map.growTo(1000)
  assert.ok(map.memory.byteLength > before)
  map.growTo(10)
  early.replica(0).publishWrittenEnd(5)
  map.row(999).replica(6).publishWrittenEnd(6)
  const other = new ClusterMap(map.memory)
  assert.equal([other.row(0).replica(0).writtenEnd, other.row(999).replica(6).writtenEnd], [5, 6])
})

test('a host is told in which rows something happened, and so is the holder of the lease', () => {
  const map = ClusterMap.allocate(SHAPE)
  const taken = (line: {marks: {take(each: (mark: number) => void): void}}): number[] => {
    const marks: number[] = []
    line.marks.take(mark => marks.push(mark))
    return marks.sort((a, b) => a - b)
  }
  for (const row of [0, 31, 32, 700, ROW_MARKS + 31]) map.ringHost(5, row)
  assert.is(map.host(5).doorbell.count(), 5)
  assert.equal(taken(map.host(5)), [0, 31, 32, 700])
  assert.equal(taken(map.host(5)), [])
  map.ringHolder(7)
  assert.equal(taken(map.coordinator(1)), [])
  map.lease.take(map.lease.read(), 2)
  map.ringHolder(7)
  assert.equal(taken(map.coordinator(2)), [7])
  map.ringCoordinators()
  assert.equal(
    [1, 2, 3].map(id => map.coordinator(id).doorbell.count()),
    [1, 2, 1],
  )
})

test('the end of a cluster is told in two steps', () => {
  const map = ClusterMap.allocate(SHAPE)
  const other = new ClusterMap(map.memory)
  assert.equal([other.closing, other.isOver], [false, false])
  map.publishClosing()
  assert.equal([other.closing, other.isOver], [true, false])
  map.publishOver()
  assert.equal([other.closing, other.isOver], [true, true])
})

test.run()

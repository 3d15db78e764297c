import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {busiestLeader} from './failures.ts'
import {longestGaps} from './gaps.ts'

const partition = (number: number, leader: number, logEndOffset: number) => ({partition: number, leader, logEndOffset})

test('the busiest leader is the one whose partitions have taken the most', () => {
  const partitions = [partition(0, 1, 50), partition(1, 2, 30), partition(2, -1, 90), partition(3, 2, 30)]
  assert.equal(busiestLeader(partitions), {broker: 2, led: [1, 3]})
  assert.equal(busiestLeader([]), {broker: 0, led: []})
})

test('the longest time without an acknowledgement, by partition, where it touches the span', () => {
  const ack = (partition: number, ackedMs: number) => ({partition, records: 1, firstOffset: 0, lastOffset: 0, ackedMs})
  const acks = [ack(0, 0), ack(0, 40), ack(1, 40), ack(0, 60), ack(0, 51), ack(0, 90), ack(0, 200), ack(1, 49)]
  assert.equal(longestGaps(acks, 3, {fromMs: 50, toMs: 70}), [30, 0, 0])
  assert.equal(longestGaps(acks, 3, {fromMs: 39, toMs: 41}), [40, 9, 0])
})

test.run()

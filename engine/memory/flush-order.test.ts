import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {AssertionFailed} from '../assert.ts'
import {CACHE_LINE_BYTES, SYNC_FILES_MAX} from '../limits.ts'
import {DOORBELL_BYTES} from './doorbell.ts'
import {allocateFlushOrder, FlushOrder} from './flush-order.ts'

const EIO = 5

const breaks = (rule: string) => (error: Error) => error instanceof AssertionFailed && error.message === rule

function ends(): {replica: FlushOrder; flusher: FlushOrder} {
  const memory = allocateFlushOrder()
  return {replica: new FlushOrder(memory), flusher: new FlushOrder(memory)}
}

test('a flusher is not up until it says so', () => {
  const {replica, flusher} = ends()
  assert.not(replica.isUp)
  flusher.publishUp()
  assert.ok(replica.isUp)
  assert.not(replica.isOpen())
})

test('an order is open from the order to the answer', () => {
  const {replica, flusher} = ends()
  for (const [files, failure] of [
    [[7], 0],
    [[3, 9, 4], EIO],
    [[], 0],
    [[2 ** 31 - 1, 0], 0],
  ] as const) {
    assert.not(flusher.isOpen())
    replica.order(files)
    assert.ok(flusher.isOpen())
    assert.equal(flusher.files(), files)
    flusher.answer(failure)
    assert.not(replica.isOpen())
    assert.is(replica.failure(), failure)
  }
})

test('a second order has to wait for the answer to the first', () => {
  const {replica, flusher} = ends()
  replica.order([1])
  assert.throws(() => replica.order([2]), breaks('one order at a time'))
  assert.equal(flusher.files(), [1])
  flusher.answer(0)
  replica.order([2])
  assert.equal(flusher.files(), [2])
})

test('an order takes as many files as its list has places', () => {
  const {replica, flusher} = ends()
  const files = Array.from({length: SYNC_FILES_MAX}, (_, i) => 1000 + i)
  assert.throws(() => replica.order([...files, 1]), breaks('an order fits its list'))
  assert.not(flusher.isOpen())
  replica.order(files)
  assert.equal(flusher.files(), files)
  assert.is(flusher.doorbell.count(), 0, 'the list ends before the doorbell')
})

test('it takes a line for each end, its list and a doorbell', () => {
  const list = Math.ceil((SYNC_FILES_MAX * 4) / CACHE_LINE_BYTES) * CACHE_LINE_BYTES
  assert.is(allocateFlushOrder().byteLength, 2 * CACHE_LINE_BYTES + list + DOORBELL_BYTES)
})

test('the doorbell is one for both ends, and leaves the order alone', () => {
  const {replica, flusher} = ends()
  replica.order([11, 12])
  replica.doorbell.ring(0)
  replica.doorbell.ring(63)
  assert.is(flusher.doorbell.count(), 2)
  assert.equal(flusher.files(), [11, 12])
  assert.not(flusher.isUp)
})

test.run()

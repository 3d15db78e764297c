import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {WAITER_MASK_BYTES, WaiterMask} from './waiter-mask.ts'

function ends() {
  const memory = new SharedArrayBuffer(3 * WAITER_MASK_BYTES)
  return {
    waiter: new WaiterMask(memory, WAITER_MASK_BYTES),
    writer: new WaiterMask(memory, WAITER_MASK_BYTES),
    around: [new WaiterMask(memory, 0), new WaiterMask(memory, 2 * WAITER_MASK_BYTES)],
  }
}

test('nobody waits at first', () => {
  const {writer} = ends()
  assert.equal([writer.take(0), writer.take(1)], [0, 0])
})

test('each thread that waits is taken once, from its half', () => {
  for (let thread = 0; thread < 64; thread++) {
    const {waiter, writer, around} = ends()
    waiter.add(thread)
    const [half, other] = thread < 32 ? ([0, 1] as const) : ([1, 0] as const)
    assert.is(writer.take(other), 0)
    assert.is(writer.take(half), 1 << (thread % 32))
    assert.is(writer.take(half), 0)
    for (const mask of around) assert.equal([mask.take(0), mask.take(1)], [0, 0])
  }
})

test('waiters add up until they are taken, and may wait again', () => {
  const {waiter, writer} = ends()
  for (const thread of [0, 5, 5, 31, 32, 61]) waiter.add(thread)
  assert.is(writer.take(0) >>> 0, 0x8000_0021)
  waiter.add(5)
  assert.is(writer.take(0), 1 << 5)
  assert.is(writer.take(1) >>> 0, 0x2000_0001)
})

test.run()

import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {AssertionFailed} from '../assert.ts'
import {THREADS_MAX} from '../limits.ts'
import {THREAD_SLOTS_BYTES, ThreadSlots} from './thread-slots.ts'

const AROUND = 64

const everySlot = Array.from({length: THREADS_MAX}, (_, slot) => slot)

/** Two threads' views of the same places, with other memory before and behind. */
function ends() {
  const memory = new SharedArrayBuffer(AROUND + THREAD_SLOTS_BYTES + AROUND)
  return {memory, here: new ThreadSlots(memory, AROUND), there: new ThreadSlots(memory, AROUND)}
}

test('every place is free at first', () => {
  const {here} = ends()
  for (const slot of everySlot) {
    assert.not(here.isTaken(slot))
    assert.is(here.nativeId(slot), 0)
  }
})

test('each claim takes a place of its own, until there is none', () => {
  const {here, there} = ends()
  for (const slot of everySlot) assert.is((slot % 2 === 0 ? here : there).claim(5000 + slot), slot)
  assert.is(here.claim(1), -1)
  assert.is(there.claim(0), -1)
  for (const slot of everySlot) {
    assert.ok(here.isTaken(slot))
    assert.is(here.nativeId(slot), 5000 + slot)
  }
})

test('a thread without a name holds its place all the same', () => {
  const {here, there} = ends()
  assert.is(here.claim(0), 0)
  assert.ok(there.isTaken(0))
  assert.is(there.nativeId(0), 0)
  assert.is(there.claim(0), 1)
})

test('a place that was given free is the next to be taken', () => {
  const {here, there} = ends()
  for (const id of [11, 12, 13]) here.claim(id)
  there.free(1)
  assert.not(here.isTaken(1))
  assert.is(here.nativeId(1), 0)
  assert.is(here.claim(14), 1)
  assert.equal(
    [0, 1, 2, 3].map(slot => there.nativeId(slot)),
    [11, 14, 13, 0],
  )
})

test('a place that nobody holds cannot be given free', () => {
  const {here} = ends()
  const slot = here.claim(7)
  here.free(slot)
  assert.throws(
    () => here.free(slot),
    (error: Error) => error instanceof AssertionFailed && error.message === 'only a taken place is given free',
  )
})

test('each place has a doorbell, the same for every thread and apart from the names', () => {
  const {memory, here, there} = ends()
  for (const slot of everySlot) assert.is(here.claim(100 + slot), slot)
  for (const slot of everySlot) {
    for (let rings = 0; rings <= slot; rings++) here.doorbell(slot).ring(63)
  }
  for (const slot of everySlot) {
    assert.is(there.doorbell(slot).count(), slot + 1)
    assert.is(there.nativeId(slot), 100 + slot)
  }
  const bytes = new Uint8Array(memory)
  assert.ok(bytes.subarray(0, AROUND).every(byte => byte === 0))
  assert.ok(bytes.subarray(AROUND + THREAD_SLOTS_BYTES).every(byte => byte === 0))
})

test('a doorbell is made once', () => {
  const {here, there} = ends()
  assert.is(here.doorbell(3), here.doorbell(3))
  assert.is.not(here.doorbell(3), here.doorbell(4))
  assert.is(here.doorbell(3).byteOffset, there.doorbell(3).byteOffset)
})

test.run()

import {setImmediate} from 'node:timers/promises'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {DOORBELL_BYTES, Doorbell} from '../engine/memory/doorbell.ts'
import {Parking} from './parking.ts'

function park(): {parking: Parking; bell: Doorbell; seen: {looks: number; holds: number; closed: boolean}} {
  const bell = new Doorbell(new SharedArrayBuffer(DOORBELL_BYTES), 0)
  const seen = {looks: 0, holds: 0, closed: false}
  const parking = new Parking(bell, {
    ref: () => {
      seen.holds++
    },
    unref: () => {
      seen.holds--
    },
    close: () => {
      seen.closed = true
    },
  })
  parking.add(() => {
    seen.looks++
  })
  return {parking, bell, seen}
}

/** Rings and lets the waiter run. */
async function ring(bell: Doorbell): Promise<void> {
  bell.ring(0)
  for (let i = 0; i < 3; i++) await setImmediate()
}

test('with nothing held a ring goes unheard; held, every ring makes it look', async () => {
  const {parking, bell, seen} = park()
  await ring(bell)
  assert.equal(seen, {looks: 0, holds: 0, closed: false})
  parking.hold()
  assert.equal(seen, {looks: 1, holds: 1, closed: false})
  parking.hold()
  assert.is(seen.holds, 1)
  await ring(bell)
  const {looks} = seen
  assert.ok(looks >= 2)
  await ring(bell)
  assert.ok(seen.looks > looks)
  parking.release()
  assert.is(seen.holds, 1)
  parking.release()
  assert.is(seen.holds, 0)
})

test('what is removed does not look', async () => {
  const {parking, bell, seen} = park()
  let others = 0
  const look = (): void => {
    others++
  }
  parking.add(look)
  parking.hold()
  parking.remove(look)
  const before = others
  await ring(bell)
  assert.is(others, before)
  assert.ok(seen.looks >= 2)
})

test('close looks a last time and leaves the doorbell to whoever has the place next', async () => {
  const {parking, bell, seen} = park()
  parking.hold()
  const {looks} = seen
  parking.close()
  parking.close()
  assert.equal(seen, {looks: looks + 1, holds: 1, closed: true})
  const next = park().seen
  const successor = new Parking(bell, {ref() {}, unref() {}, close() {}})
  successor.add(() => {
    next.looks++
  })
  successor.hold()
  for (let i = 1; i <= 3; i++) {
    const before = next.looks
    await ring(bell)
    assert.ok(next.looks > before, `ring ${i} was lost`)
  }
  parking.hold()
  assert.is(seen.looks, looks + 1)
})

test('a thread that blocked for a while still hears what it holds', async () => {
  const {parking, bell, seen} = park()
  parking.hold()
  parking.block(parking.count(), 1)
  const {looks} = seen
  await ring(bell)
  assert.ok(seen.looks > looks)
  parking.release()
  parking.block(parking.count() - 1, 60_000)
})

test('with nothing held, nobody is notified after a block', async () => {
  const {parking, bell, seen} = park()
  parking.block(parking.count(), 1)
  await ring(bell)
  assert.is(seen.looks, 0)
})

test.run()

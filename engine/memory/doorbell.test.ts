import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {DOORBELL_BYTES, Doorbell, RING} from './doorbell.ts'

/** Far longer than a test may take: who sleeps that long has missed a ring. */
const FOR_EVER_MS = 30_000

/** Two ends of one doorbell, with another one on either side. */
function ends() {
  const memory = new SharedArrayBuffer(3 * DOORBELL_BYTES)
  return {
    owner: new Doorbell(memory, DOORBELL_BYTES),
    ringer: new Doorbell(memory, DOORBELL_BYTES),
    around: [new Doorbell(memory, 0), new Doorbell(memory, 2 * DOORBELL_BYTES)],
  }
}

test('a doorbell tells where it lies', () => {
  const {owner, around} = ends()
  assert.is(owner.byteOffset, DOORBELL_BYTES)
  assert.is(owner.memory, around[0]!.memory)
})

test('each bit that is rung is taken once, from its half', () => {
  for (let bit = 0; bit < 64; bit++) {
    const {owner, ringer, around} = ends()
    ringer.ring(bit)
    const [half, other] = bit < 32 ? ([0, 1] as const) : ([1, 0] as const)
    assert.is(owner.takeDirty(other), 0)
    assert.is(owner.takeDirty(half), 1 << (bit % 32))
    assert.is(owner.takeDirty(half), 0)
    for (const bell of around) assert.equal([bell.count(), bell.takeDirty(0), bell.takeDirty(1)], [0, 0, 0])
  }
})

test('marks add up until they are taken', () => {
  const {owner, ringer} = ends()
  for (const bit of [0, 3, 3, 31, RING.control, RING.flusher]) ringer.ring(bit)
  assert.is(owner.takeDirty(0) >>> 0, 0x8000_0009)
  assert.is(owner.takeDirty(1) >>> 0, 0xc000_0000)
})

test('every ring counts', () => {
  const {owner, ringer} = ends()
  for (let rings = 0; rings < 5; rings++) {
    assert.is(owner.count(), rings)
    ringer.ring(7)
  }
})

test('a ring after the count was read cancels the sleep', () => {
  const {owner, ringer} = ends()
  const seen = owner.count()
  ringer.ring(0)
  const from = performance.now()
  owner.wait(seen, FOR_EVER_MS)
  assert.ok(performance.now() - from < FOR_EVER_MS / 2)
})

test('without a ring a wait ends when its time is over', () => {
  const {owner} = ends()
  const from = performance.now()
  owner.wait(owner.count(), 20)
  // clocks of the wait and of the test may differ by a little
  assert.ok(performance.now() - from >= 15)
})

test('a ring wakes who waits on an event loop', async () => {
  const {owner, ringer} = ends()
  const woken = owner.waitAsync(owner.count())
  assert.instance(woken, Promise)
  ringer.ring(1)
  assert.is(await woken, 'ok')
  owner.awake()
  assert.is(owner.takeDirty(0), 2)
})

test('there is nothing to wait for when the ring has come already', () => {
  const {owner, ringer} = ends()
  const seen = owner.count()
  ringer.ring(1)
  assert.is(owner.waitAsync(seen), undefined)
  owner.awake()
})

test('only an owner that sleeps is notified', async () => {
  const {owner, ringer} = ends()
  let woken = false
  const first = owner.waitAsync(owner.count())!.then(() => {
    woken = true
  })
  owner.awake()
  ringer.ring(1)
  await new Promise(resolve => setTimeout(resolve, 5))
  assert.not(woken, 'awake')
  const second = owner.waitAsync(owner.count())!
  ringer.ring(1)
  await Promise.all([first, second])
  owner.awake()
})

test('whoever blocks while its event loop waits counts as asleep before and after', async () => {
  const {owner, ringer} = ends()
  const loop = owner.waitAsync(owner.count())!
  const from = performance.now()
  owner.wait(owner.count(), 20, true)
  assert.ok(performance.now() - from >= 15)
  ringer.ring(1)
  assert.is(await loop, 'ok')
  owner.awake()
})

test('whoever blocks while its event loop waits says that it sleeps', async () => {
  const {owner, ringer} = ends()
  const loop = owner.waitAsync(owner.count())!
  owner.awake()
  owner.wait(owner.count(), 1, true)
  ringer.ring(1)
  assert.is(await loop, 'ok')
  owner.awake()
})

test('after a wait the owner is up', async () => {
  const {owner, ringer} = ends()
  let woken = false
  const first = owner.waitAsync(owner.count())!.then(() => {
    woken = true
  })
  owner.wait(owner.count() - 1, FOR_EVER_MS)
  ringer.ring(1)
  await new Promise(resolve => setTimeout(resolve, 5))
  assert.not(woken)
  const second = owner.waitAsync(owner.count())!
  ringer.ring(1)
  await Promise.all([first, second])
  owner.awake()
})

test.run()

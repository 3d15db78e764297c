import fc from 'fast-check'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {runs} from '../../property-tests/runs.ts'
import {AssertionFailed} from '../assert.ts'
import {CACHE_LINE_BYTES, QUEUE_LAPS, SLOT_BYTES} from '../limits.ts'
import {APPEND_NEEDS, allocateInbox, InboxReceiver, InboxSender, REQUEST, type Reply} from './inbox.ts'

const SLOTS = 4
/** Where the queue and the first slot's length stand, in 32-bit words. */
const QUEUE = (2 * CACHE_LINE_BYTES) / 4
const FIRST_LENGTH = QUEUE + CACHE_LINE_BYTES / 4 + 2

const breaks = (rule: string) => (error: Error) => error instanceof AssertionFailed && error.message === rule

function ends(slots = SLOTS) {
  const memory = allocateInbox(slots)
  return {memory, sender: new InboxSender(memory), receiver: new InboxReceiver(memory)}
}

function replyOf(sender: InboxSender, slot: number): Reply {
  const reply = {status: -1, baseOffset: -1, timestamp: -1}
  sender.readReply(slot, reply)
  return reply
}

test('a request goes there and its answer comes back', () => {
  const {sender, receiver} = ends()
  assert.is(sender.slots, SLOTS)
  assert.is(receiver.take(), -1)
  const slot = sender.claim(5)
  assert.is(receiver.take(), -1, 'claimed is not submitted')
  sender.submit(slot, {kind: REQUEST.append, bytes: Buffer.from('bytes')})
  assert.is(receiver.take(), slot)
  assert.is(receiver.take(), -1)
  assert.is(receiver.kind(slot), REQUEST.append)
  assert.is(receiver.argument(slot), 0)
  assert.is(Buffer.from(receiver.bytes(slot)).toString(), 'bytes')
  assert.not(sender.isDone(slot))
  receiver.reply(slot, {status: 3, baseOffset: 2 ** 40, timestamp: -1})
  assert.ok(sender.isDone(slot))
  assert.equal(replyOf(sender, slot), {status: 3, baseOffset: 2 ** 40, timestamp: -1})
})

test('a request may carry an argument and no bytes', () => {
  const {sender, receiver} = ends()
  const slot = sender.claim(0)
  sender.submit(slot, {kind: REQUEST.deleteRecords, argument: 2 ** 53 - 1})
  assert.is(receiver.take(), slot)
  assert.is(receiver.kind(slot), REQUEST.deleteRecords)
  assert.is(receiver.argument(slot), 2 ** 53 - 1)
  assert.is(receiver.bytes(slot).length, 0)
})

test('nothing of a slot’s last request is left in its next', () => {
  const {sender, receiver} = ends(1)
  const slot = sender.claim(3)
  sender.submit(slot, {kind: REQUEST.deleteRecords, bytes: Buffer.from('old'), argument: 9})
  receiver.reply(receiver.take(), {status: 1, baseOffset: 1, timestamp: 1})
  sender.free(slot, 3)
  assert.is(sender.claim(0), slot)
  sender.submit(slot, {kind: REQUEST.flush})
  assert.not(sender.isDone(slot))
  assert.is(receiver.take(), slot)
  assert.is(receiver.kind(slot), REQUEST.flush)
  assert.is(receiver.argument(slot), 0)
  assert.is(receiver.bytes(slot).length, 0)
})

test('no two kinds of request have one number, no two needs of an append one bit', () => {
  assert.is(new Set(Object.values(REQUEST)).size, Object.keys(REQUEST).length)
  assert.is(APPEND_NEEDS.minIsr & APPEND_NEEDS.sync, 0)
})

test('a request names the row it is about, the first one where it says nothing', () => {
  const {sender, receiver} = ends()
  for (const [row, told] of [
    [undefined, 0],
    [77, 77],
    [2 ** 20, 2 ** 20],
  ] as const) {
    const slot = sender.claim(0)
    sender.submit(slot, {kind: REQUEST.append, ...(row === undefined ? {} : {row})})
    assert.is(receiver.row(receiver.take()), told)
  }
})

test('a sender is idle while it has no slot', () => {
  const {sender} = ends()
  assert.ok(sender.isIdle)
  const slots = [sender.claim(1), sender.claim(1)]
  assert.not(sender.isIdle)
  sender.free(slots[0]!, 1)
  assert.not(sender.isIdle)
  sender.free(slots[1]!, 1)
  assert.ok(sender.isIdle)
})

test('what was not answered can be read again, to be sent elsewhere', () => {
  const {sender, receiver} = ends()
  for (const text of ['first', 'second']) {
    const slot = sender.claim(text.length)
    sender.submit(slot, {kind: REQUEST.append, bytes: Buffer.from(text)})
    assert.is(Buffer.from(sender.bytes(slot, text.length)).toString(), text)
    assert.is(receiver.take(), slot)
  }
})

test('an inbox takes a line for each end, its queue, and for each slot a head and its bytes', () => {
  const lines = 2 + Math.ceil((20 * 4) / CACHE_LINE_BYTES) + 20 * 2
  const memory = allocateInbox(20)
  assert.is(memory.byteLength, lines * CACHE_LINE_BYTES + 20 * SLOT_BYTES)
  const [sender, receiver] = [new InboxSender(memory), new InboxReceiver(memory)]
  sender.submit(19, {kind: REQUEST.append})
  receiver.reply(receiver.take(), {status: 1, baseOffset: 2, timestamp: 3})
  assert.equal(replyOf(sender, 19), {status: 1, baseOffset: 2, timestamp: 3})
})

test('as many slots as there are can be under way, how many that is', () => {
  for (const slots of [1, 2, 3, 5]) {
    const {sender, receiver} = ends(slots)
    const all = Array.from({length: slots}, (_, i) => slots - 1 - i)
    for (const slot of all) sender.submit(slot, {kind: REQUEST.flush})
    assert.equal(
      all.map(() => receiver.take()),
      all,
    )
  }
})

test('slots are taken in the order of their submission, and answered in any', () => {
  const {sender, receiver} = ends()
  const [a, b, c] = [sender.claim(1), sender.claim(1), sender.claim(1)] as const
  for (const slot of [c, a, b]) sender.submit(slot, {kind: REQUEST.flush, argument: slot})
  assert.equal([receiver.take(), receiver.take(), receiver.take(), receiver.take()], [c, a, b, -1])
  receiver.reply(b, {status: 0, baseOffset: 1, timestamp: 2})
  assert.equal(
    [a, b, c].map(slot => sender.isDone(slot)),
    [false, true, false],
  )
  assert.equal(replyOf(sender, b), {status: 0, baseOffset: 1, timestamp: 2})
})

test('a claim takes as many slots in a row as its bytes need', () => {
  for (const [length, slots] of [
    [0, 1],
    [1, 1],
    [SLOT_BYTES, 1],
    [SLOT_BYTES + 1, 2],
    [3 * SLOT_BYTES, 3],
    [4 * SLOT_BYTES, 4],
  ] as const) {
    const {sender} = ends()
    assert.is(sender.claim(length), 0)
    assert.is(sender.claim((SLOTS - slots) * SLOT_BYTES), slots < SLOTS ? slots : -1, `${length} bytes`)
    assert.is(sender.claim(1), -1)
  }
})

test('more than the slab is never claimed', () => {
  const {sender} = ends()
  assert.is(sender.claim(SLOTS * SLOT_BYTES + 1), -1)
  assert.is(sender.claim(SLOTS * SLOT_BYTES), 0)
})

test('a request of several slots arrives in one piece, up to the end of the slab', () => {
  const {sender, receiver} = ends()
  sender.claim(1)
  const bytes = new Uint8Array(3 * SLOT_BYTES).map((_, i) => i % 251)
  const slot = sender.claim(bytes.length)
  assert.is(slot, 1)
  sender.submit(slot, {kind: REQUEST.append, bytes})
  assert.ok(Buffer.from(bytes).equals(receiver.bytes(receiver.take())))
})

test('slots that are free again are claimed across the end, never in two pieces', () => {
  const {sender} = ends()
  assert.equal(
    [1, 1, 1, 1].map(length => sender.claim(length)),
    [0, 1, 2, 3],
  )
  sender.free(3, 1)
  sender.free(0, 1)
  assert.is(sender.claim(2 * SLOT_BYTES), -1)
  sender.free(1, 1)
  assert.is(sender.claim(2 * SLOT_BYTES), 0)
  assert.is(sender.claim(1), 3)
  sender.free(0, 2 * SLOT_BYTES)
  assert.equal([sender.claim(1), sender.claim(1), sender.claim(1)], [0, 1, -1])
})

test('the count begins anew after its laps, and the queue goes on', () => {
  const {sender, receiver} = ends(1)
  for (let lap = 0; lap < QUEUE_LAPS + 2; lap++) {
    const slot = sender.claim(0)
    sender.submit(slot, {kind: REQUEST.flush, argument: lap})
    if (receiver.take() !== 0 || receiver.argument(slot) !== lap || receiver.take() !== -1) assert.unreachable(`${lap}`)
    sender.free(slot, 0)
  }
})

test('the places of the queue stay right across the wrap', () => {
  const memory = allocateInbox(3)
  // one submission before the count begins anew
  new Int32Array(memory)[CACHE_LINE_BYTES / 4] = 3 * QUEUE_LAPS - 1
  const sender = new InboxSender(memory)
  const receiver = new InboxReceiver(memory)
  for (let round = 0; round < 3; round++) {
    for (const slot of [2, 0, 1]) sender.submit(slot, {kind: REQUEST.flush})
    assert.equal([receiver.take(), receiver.take(), receiver.take(), receiver.take()], [2, 0, 1, -1])
  }
})

test('a new pair of ends begins behind what an earlier one left', () => {
  const {memory, sender, receiver} = ends()
  sender.submit(sender.claim(1), {kind: REQUEST.flush})
  const nextReceiver = new InboxReceiver(memory)
  const nextSender = new InboxSender(memory)
  assert.is(nextReceiver.take(), -1)
  const slot = nextSender.claim(1)
  nextSender.submit(slot, {kind: REQUEST.sync})
  assert.is(nextReceiver.take(), slot)
  assert.is(nextReceiver.kind(slot), REQUEST.sync)
  assert.is(nextReceiver.take(), -1)
  assert.is(receiver.take(), 0)
})

test('memory that is no inbox is refused', () => {
  const rule = breaks('an inbox has the size its slots take')
  const {memory} = ends()
  new Int32Array(memory)[0] = SLOTS - 1
  assert.throws(() => new InboxSender(memory), rule)
  assert.throws(() => new InboxReceiver(memory), rule)
})

test('a slot that does not exist is never taken', () => {
  for (const slot of [-1, SLOTS]) {
    const {memory, sender, receiver} = ends()
    sender.submit(0, {kind: REQUEST.flush})
    new Int32Array(memory)[QUEUE] = slot
    assert.throws(() => receiver.take(), breaks('a submitted slot exists'))
  }
})

test('a length that leaves the slab is never read', () => {
  for (const length of [-1, SLOTS * SLOT_BYTES + 1]) {
    const {memory, sender, receiver} = ends()
    sender.submit(0, {kind: REQUEST.append, bytes: Buffer.from('abc')})
    const words = new Int32Array(memory)
    assert.is(words[FIRST_LENGTH], 3)
    words[FIRST_LENGTH] = length
    assert.throws(() => receiver.bytes(0), breaks('a request lies in the slab'))
  }
})

test('property: a claim finds room exactly when there is a row of free slots, and takes nobody’s', () => {
  const slots = 6
  const step = fc.record({slots: fc.integer({min: 1, max: slots}), free: fc.nat()})
  fc.assert(
    fc.property(fc.array(step, {maxLength: 40}), steps => {
      const {sender} = ends(slots)
      const taken = new Map<number, number>()
      for (const {slots: wanted, free} of steps) {
        const busy = [...taken].flatMap(([start, count]) => Array.from({length: count}, (_, i) => start + i))
        const isFree = (start: number) => !busy.some(slot => slot >= start && slot < start + wanted)
        const places = Array.from({length: slots - wanted + 1}, (_, start) => start).filter(isFree)
        const slot = sender.claim(wanted * SLOT_BYTES)
        if (places.length === 0) assert.is(slot, -1)
        else assert.ok(places.includes(slot))
        if (slot >= 0) taken.set(slot, wanted)
        const victim = [...taken][free % (taken.size + 1)]
        if (victim !== undefined) {
          sender.free(victim[0], victim[1] * SLOT_BYTES)
          taken.delete(victim[0])
        }
      }
    }),
    runs(200),
  )
})

test.run()

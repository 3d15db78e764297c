import fc from 'fast-check'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {ANSWER_MEMORY_KEPT_BYTES} from '../limits.ts'
import {AnswerLease, AnswerMemory} from './answer-memory.ts'

test('what an answer views stays as it is until its lease ends, and is used again after that', () => {
  const anyRead = fc.record({
    bytes: fc.oneof(fc.integer({min: 1, max: 5000}), fc.integer({min: 1, max: 3_000_000})),
    answer: fc.nat(3),
    ends: fc.nat(5),
  })
  const buffers = new Set<ArrayBufferLike>()
  let reads = 0
  fc.assert(
    fc.property(fc.array(anyRead, {maxLength: 40}), steps => {
      const memory = new AnswerMemory()
      const answers = [0, 1, 2, 3].map(() => ({
        lease: new AnswerLease(memory),
        views: [] as {view: Buffer; of: number}[],
      }))
      for (const [i, {bytes, answer, ends}] of steps.entries()) {
        const {lease, views} = answers[answer]!
        const room = memory.room(bytes)
        assert.ok(room.length > 0 && room.length <= bytes)
        const view = room.subarray(0, Math.ceil(room.length / 2))
        memory.keep(view.length, lease)
        view.fill(i)
        views.push({view, of: i})
        buffers.add(view.buffer)
        reads++
        for (const {views} of answers)
          for (const {view, of} of views) assert.ok(view[0] === of && view[view.length - 1] === of)
        const ended = answers[ends]
        if (ended === undefined) continue
        ended.lease.end()
        ended.views.length = 0
      }
    }),
    {numRuns: 50},
  )
  assert.ok(buffers.size < reads)
})

test('only so much is kept for the next answers', () => {
  const memory = new AnswerMemory()
  const lease = new AnswerLease(memory)
  const seen = new Set<ArrayBufferLike>()
  const take = (count: number): number => {
    let again = 0
    for (let i = 0; i < count; i++) {
      const {buffer, length} = memory.room(1e9)
      if (seen.has(buffer)) again++
      seen.add(buffer)
      memory.keep(length, lease)
    }
    return again
  }
  const stretch = memory.room(1e9).length
  const count = (2 * ANSWER_MEMORY_KEPT_BYTES) / stretch
  assert.is(take(count), 0)
  lease.end()
  // and the one that is in use
  assert.is(take(count), ANSWER_MEMORY_KEPT_BYTES / stretch + 1)
})

test.run()

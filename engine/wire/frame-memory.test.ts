import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {FRAME_MEMORY_KEPT_BYTES} from '../limits.ts'
import {FrameMemory} from './frame-memory.ts'

test('what is lent is as large as it has to be, and what was taken back is lent again', () => {
  const memory = new FrameMemory()
  for (const bytes of [1, 16_384, 16_385, 65_536, 1_000_000]) {
    const lent = memory.lend(bytes)
    assert.ok(lent.length >= bytes && lent.length < Math.max(16_385, 2 * bytes), `${lent.length} for ${bytes}`)
    assert.is.not(memory.lend(bytes), lent)
    memory.takeBack(lent)
    assert.is(memory.lend(bytes), lent)
  }
})

test('only so much is kept', () => {
  const memory = new FrameMemory()
  const half = FRAME_MEMORY_KEPT_BYTES / 2
  const lent = [0, 1, 2].map(() => memory.lend(half))
  for (const each of lent) memory.takeBack(each)
  const again = [0, 1, 2].map(() => memory.lend(half))
  assert.is(again.filter(each => lent.includes(each)).length, 2)
  memory.takeBack(memory.lend(2 * FRAME_MEMORY_KEPT_BYTES))
  memory.takeBack(again[0]!)
  assert.is(memory.lend(half), again[0])
})

test.run()

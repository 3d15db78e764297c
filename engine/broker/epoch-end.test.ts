import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {endOfEpoch} from './epoch-end.ts'

const LINE = {
  epochs: [
    {epoch: 2, startOffset: 0},
    {epoch: 3, startOffset: 10},
    {epoch: 6, startOffset: 25},
  ],
  logEndOffset: 40,
}

test('an epoch ends where the next begins, and the last one where the log does', () => {
  const ends = [2, 3, 6].map(epoch => endOfEpoch(LINE, epoch))
  assert.equal(ends, [
    {epoch: 2, endOffset: 10},
    {epoch: 3, endOffset: 25},
    {epoch: 6, endOffset: 40},
  ])
})

test('for one that the log has not seen the greatest before it stands', () => {
  assert.equal(endOfEpoch(LINE, 5), {epoch: 3, endOffset: 25})
  assert.equal(endOfEpoch(LINE, 1), {epoch: 1, endOffset: 0})
})

test('of one that is to come, or none, nothing is known', () => {
  for (const epoch of [7, -1]) assert.equal(endOfEpoch(LINE, epoch), {epoch: -1, endOffset: -1})
  assert.equal(endOfEpoch({epochs: [], logEndOffset: 0}, 0), {epoch: -1, endOffset: -1})
})

test.run()

/** What members of a group are watched by notices what it is there for, and nothing else. */
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {GroupWords, WRONG} from './group-words.ts'

test('one after the other, and after one that was ended, is fine; so is what comes again', () => {
  const words = GroupWords.for(2)
  for (const [member, offset] of [
    [1, 0],
    [2, 1],
    [1, 1],
  ] as const) {
    words.begin(1, member)
    words.handled(1, offset, offset)
    words.end(1, member)
  }
  words.begin(0, 1)
  words.ends(1)
  words.begin(0, 2)
  // what is left of the first does not speak for the second
  words.end(0, 1)
  words.begin(1, 3)
  assert.equal([words.wrong, words.next(0), words.next(1)], [undefined, 0, 2])
  words.begin(0, 3)
  assert.is(words.wrong, `${WRONG[1]}: 0, 2, 3`)
})

test('a gap, and what is elsewhere than it was sent, are told', () => {
  const gap = GroupWords.for(1)
  gap.handled(0, 1, 1)
  assert.is(gap.wrong, `${WRONG[2]}: 0, 1, 0`)
  const elsewhere = GroupWords.for(1)
  elsewhere.handled(0, 0, 3)
  assert.is(elsewhere.wrong, `${WRONG[3]}: 0, 0, 3`)
})

test.run()

/**
 * What two real threads may and may not see of each other's writes, for the patterns that shared memory rests on here.
 * The memory model forbids some outcomes; the plain variants forbid nothing and are counted, to show that the threads
 * did meet: where they meet, a plain store is seen late.
 */
import {test} from 'uvu'
import {runs} from '../runs.ts'
import {litmusHead, meet, meetWithout} from './meet.ts'

const {numRuns: iterations, seed = Date.now() | 0} = runs(200_000)
const MEETING = {iterations, seed}

/** [pattern, what must not be, the outcomes that would be it]; an outcome is what left and right saw, a digit each. */
const PATTERNS: readonly (readonly [string, string, RegExp])[] = [
  ['message passing', 'the flag without the data', /^.2$/],
  ['store buffering', 'both read before either wrote', /^00$/],
  ['doorbell', 'the owner sleeps and the ringer does not wake it', /^00$/],
  ['64 bits', 'half of one value and half of another', /^.2$/],
]
const PLAIN = ['message passing, plain', 'store buffering, plain', '64 bits, plain']

console.log(litmusHead(MEETING))

for (const [pattern, what, forbidden] of PATTERNS) {
  test(`${pattern}: never ${what}`, async () => {
    await meetWithout(pattern, what, forbidden, MEETING)
  })
}

for (const pattern of PLAIN) {
  test(`${pattern}: counted only`, async () => {
    await meet(pattern, MEETING)
  })
}

test.run()

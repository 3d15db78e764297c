/**
 * What two real threads may and may not see of each other's writes in the cluster map (T08): the leadership word, replica and thread lines,
 * the lease, row marks and waiters, through the code that uses them.
 */
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {runs} from '../runs.ts'
import {CLUSTER_LITMUS} from './cluster-patterns.ts'
import {litmusHead, meetWithout} from './meet.ts'

const {numRuns: iterations, seed = Date.now() | 0} = runs(20_000)
const MEETING = {iterations, seed}

/** [pattern, what must not be, the outcomes that would be it]; an outcome is what left and right saw, a digit each. */
const PATTERNS: readonly (readonly [string, string, RegExp])[] = [
  ['leadership: two exchanges', 'both change the same word, or neither', /^(00|11)$/],
  ['leadership: seen whole', 'the leader of one word with the ISR or epoch of another', /^(.9|0.)$/],
  ['leadership: served', 'a leader that serves without its ends', /^.2$/],
  ['row: waiter and publisher', 'the waiter sees nothing new and is not rung', /^00$/],
  ['replica line: ends before the epoch', 'an epoch with ends from before it', /^.2$/],
  ['replica line: an end of its epoch', 'an end of one epoch counted for another', /^.2$/],
  ['replica line: ends in their order', 'a high watermark above the written end', /^.2$/],
  ['thread line: started anew', 'a new incarnation with the state or beat of the one before', /^.2$/],
  ['thread line: whose end', 'the end of one incarnation taken for that of the next', /^.2$/],
  ['lease: two takers', 'both have the lease, or neither', /^(00|11)$/],
  ['lease: released and taken', 'a lease taken from another word than was seen', /^(9.|.2)$/],
  ['row marks: none is lost', 'a mark taken twice or by nobody', /^(?!02|11|20)/],
  ['row marks: what is marked is there', 'a mark without what it tells of', /^.2$/],
]

console.log(litmusHead(MEETING))

test('each pattern is told what it must not come to', () => {
  assert.equal(
    PATTERNS.map(([pattern]) => pattern),
    Object.keys(CLUSTER_LITMUS),
  )
})

for (const [pattern, what, forbidden] of PATTERNS)
  test(`${pattern}: never ${what}`, async () => {
    await meetWithout(pattern, what, forbidden, MEETING)
  })

test.run()

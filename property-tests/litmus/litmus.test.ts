/**
 * What two real threads may and may not see of each other's writes, for the patterns that shared memory rests on here.
 * The memory model forbids some outcomes; the plain variants forbid nothing and are counted, to show that the threads
 * did meet: where they meet, a plain store is seen late.
 */
import {once} from 'node:events'
import {Worker} from 'node:worker_threads'
import {test} from 'uvu'
import * as assert from 'uvu/assert'
import {runs} from '../runs.ts'
import type {LitmusCounts, LitmusTask} from './litmus-thread.ts'

const {numRuns: iterations, seed = Date.now() | 0} = runs(1_000_000)

/** [pattern, what must not be, the outcomes that would be it]; an outcome is what left and right saw, a digit each. */
const PATTERNS: readonly (readonly [string, string, RegExp])[] = [
  ['message passing', 'the flag without the data', /^.2$/],
  ['store buffering', 'both read before either wrote', /^00$/],
  ['doorbell', 'the owner sleeps and the ringer does not wake it', /^00$/],
  ['64 bits', 'half of one value and half of another', /^.2$/],
]
/** More than the cells of one block take. */
const MEMORY_BYTES = 2 * 1024 * 1024
const PLAIN = ['message passing, plain', 'store buffering, plain', '64 bits, plain']

console.log(
  `litmus on ${process.arch} (${process.arch === 'arm64' ? 'x64: not run' : 'arm64: not run'}), ` +
    `${iterations} iterations each, SEED=${seed}`,
)

async function meet(pattern: string): Promise<LitmusCounts> {
  const memory = new SharedArrayBuffer(MEMORY_BYTES)
  const threads = ([0, 1] as const).map(role => {
    const task: LitmusTask = {pattern, role, iterations, seed, memory}
    return new Worker(new URL('./litmus-thread.js', import.meta.url), {workerData: task})
  })
  try {
    const told = await Promise.all(threads.map(thread => once(thread, 'message')))
    const counts = told[0]![0] as LitmusCounts
    const outcomes = Object.entries(counts.outcomes).sort()
    const shown = outcomes.map(([outcome, count]) => `${outcome}: ${count}`).join('  ')
    console.log(`${pattern.padEnd(24)} ${shown}  (in step: ${counts.inStep})`)
    assert.is(
      outcomes.reduce((sum, [, count]) => sum + count, 0),
      iterations,
    )
    return counts
  } finally {
    // where one failed, the other waits for it
    await Promise.all(threads.map(thread => thread.terminate()))
  }
}

for (const [pattern, what, forbidden] of PATTERNS) {
  test(`${pattern}: never ${what}`, async () => {
    const {outcomes} = await meet(pattern)
    for (const [outcome, count] of Object.entries(outcomes))
      assert.not(forbidden.test(outcome), `${what}: ${count} of ${iterations}, SEED=${seed}`)
    // zero of n bounds the rate, with 95 % confidence
    console.log(`${' '.repeat(24)} 0 forbidden: fewer than 3 in ${iterations}`)
  })
}

for (const pattern of PLAIN) {
  test(`${pattern}: counted only`, async () => {
    await meet(pattern)
  })
}

test.run()

import {once} from 'node:events'
import {Worker} from 'node:worker_threads'
import * as assert from 'uvu/assert'
import type {LitmusCounts, LitmusTask} from './litmus-thread.ts'

/** More than the cells of one block take. */
const MEMORY_BYTES = 2 * 1024 * 1024

export interface Meeting {
  readonly iterations: number
  readonly seed: number
}

export function litmusHead({iterations, seed}: Meeting): string {
  const others = process.arch === 'arm64' ? 'x64: not run' : 'arm64: not run'
  return `litmus on ${process.arch} (${others}), ${iterations} iterations each, SEED=${seed}`
}

/** Two threads that do their parts of a pattern, cell by cell; what they saw. */
export async function meet(pattern: string, {iterations, seed}: Meeting): Promise<LitmusCounts> {
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
    console.log(`${pattern.padEnd(36)} ${shown}  (in step: ${counts.inStep})`)
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

/** Has them meet, and fails where an outcome is one of those that must not be. */
export async function meetWithout(
  pattern: string,
  what: string,
  forbidden: RegExp,
  meeting: Meeting,
): Promise<LitmusCounts> {
  const counts = await meet(pattern, meeting)
  for (const [outcome, count] of Object.entries(counts.outcomes))
    assert.not(forbidden.test(outcome), `${what}: ${count} of ${meeting.iterations}, SEED=${meeting.seed}`)
  // zero of n bounds the rate, with 95 % confidence
  console.log(`${' '.repeat(36)} 0 forbidden: fewer than 3 in ${meeting.iterations}`)
  return counts
}

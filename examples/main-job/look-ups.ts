import {inspect, isDeepStrictEqual} from 'node:util'
import {monotonicMs} from './clock.ts'

/** What looking things up one by one cost, and each answer that was wrong, in words. */
export interface LookUps {
  readonly tookMs: Float64Array
  readonly wrong: readonly string[]
}

/** Looks every target up, and compares with what it should give. */
export function lookUpEach<Found>(
  targets: readonly number[],
  find: (target: number) => Found,
  expected: (target: number) => Found,
): LookUps {
  const tookMs = new Float64Array(targets.length)
  const wrong: string[] = []
  for (const [i, target] of targets.entries()) {
    const startMs = monotonicMs()
    const found = find(target)
    tookMs[i] = monotonicMs() - startMs
    const right = expected(target)
    if (!isDeepStrictEqual(found, right)) wrong.push(`${target} gave ${inspect(found)}, not ${inspect(right)}`)
  }
  return {tookMs, wrong}
}

/** So many whole numbers from `low` to below `high`. */
export function randomTargets(count: number, low: number, high: number): number[] {
  return Array.from({length: count}, () => low + Math.floor(Math.random() * (high - low)))
}

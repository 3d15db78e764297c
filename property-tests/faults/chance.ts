/** Chance that can be had again: the same seed always draws the same numbers. */
import {runs} from '../runs.ts'

export class Chance {
  readonly seed: number
  #state: number

  constructor(seed: number) {
    this.seed = seed
    this.#state = seed >>> 0
  }

  /** A whole number below `count` (mulberry32). */
  below(count: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * count)
  }

  /** True once in so many times. */
  oneIn(count: number): boolean {
    return this.below(count) === 0
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!
  }
}

/** How often a test of this file tries, and from which seed: RUNS and SEED, or its own count and the time of day. */
export function tries(usual: number): {count: number; seed: number} {
  const {numRuns, seed = Date.now() % 1_000_000} = runs(usual)
  return {count: numRuns, seed}
}

/** The one command that shows a failure again. */
export function replayCommand(file: string, variables: Readonly<Record<string, string | number>>): string {
  const words = Object.entries(variables).map(([name, value]) => `${name}=${value}`)
  return `${words.join(' ')} npm run test:faults -- ${file}`
}

import {history} from './history.ts'

/** Seeds for one job: `count` of them from `from` on, none begun after `endsAtMs` (of the time of day). */
export interface Shard {
  readonly from: number
  readonly count: number
  readonly endsAtMs: number
  /** Whether the first red one ends it. */
  readonly stopsAtRed?: boolean
}

export interface ShardResult {
  readonly seeds: number
  readonly virtualMs: number
  readonly cpuMs: number
  readonly acks: number
  readonly failures: number
  readonly reads: number
  readonly steps: number
  readonly reds: readonly {readonly seed: number; readonly problem: string}[]
}

/** Runs the histories of some seeds. */
export default function runShard({from, count, endsAtMs, stopsAtRed = false}: Shard): ShardResult {
  const sum = {seeds: 0, virtualMs: 0, acks: 0, failures: 0, reads: 0, steps: 0}
  const reds: {seed: number; problem: string}[] = []
  const startMs = performance.now()
  for (let seed = from; seed < from + count && Date.now() < endsAtMs; seed++) {
    sum.seeds++
    try {
      const {virtualMs, acks, failures, reads, steps} = history(seed)
      sum.virtualMs += virtualMs
      sum.acks += acks
      sum.failures += failures
      sum.reads += reads
      sum.steps += steps
    } catch (error) {
      reds.push({seed, problem: (error as Error).stack ?? String(error)})
      if (stopsAtRed) break
    }
  }
  return {...sum, cpuMs: performance.now() - startMs, reds}
}

/** The one command that shows a seed again, step by step. */
export function replayCommand(seed: number): string {
  return `SEED=${seed} RUNS=1 TRACE=1 npm run test:simulation`
}

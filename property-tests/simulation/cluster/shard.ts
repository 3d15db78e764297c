import {threadCpuMs} from '../../thread-cpu.ts'
import {Reached} from '../reached.ts'
import {history, type Length} from './history.ts'
import {NAMED_EVENTS, type ReachedName} from './named-events.ts'

/** Seeds for one job: `count` of them from `from` on, none begun after `endsAtMs` (of the time of day). */
export interface Shard {
  readonly from: number
  readonly count: number
  readonly endsAtMs: number
  /** Whether the first red one ends it. */
  readonly stopsAtRed?: boolean
  readonly length?: Length
}

export interface ShardResult {
  readonly seeds: number
  readonly virtualMs: number
  readonly cpuMs: number
  readonly acks: number
  readonly failures: number
  readonly reads: number
  readonly steps: number
  readonly reached: ReadonlyMap<ReachedName, number>
  readonly reds: readonly {readonly seed: number; readonly problem: string}[]
}

/** Runs the histories of some seeds. */
export default function runShard({from, count, endsAtMs, stopsAtRed = false, length = 'whole'}: Shard): ShardResult {
  const sum = {seeds: 0, virtualMs: 0, acks: 0, failures: 0, reads: 0, steps: 0}
  const total = new Reached<ReachedName>(NAMED_EVENTS)
  const reds: {seed: number; problem: string}[] = []
  const startMs = threadCpuMs()
  const {stackTraceLimit} = Error
  for (let seed = from; seed < from + count && Date.now() < endsAtMs; seed++) {
    sum.seeds++
    // where an error came from costs more than most of what is done about it, and nobody asks
    Error.stackTraceLimit = 0
    try {
      const {virtualMs, acks, failures, reads, steps, reached} = history(seed, {length})
      total.addAll(reached)
      sum.virtualMs += virtualMs
      sum.acks += acks
      sum.failures += failures
      sum.reads += reads
      sum.steps += steps
    } catch (error) {
      Error.stackTraceLimit = stackTraceLimit
      reds.push({seed, problem: problemOf(seed, length) ?? `not again: ${error}`})
      if (stopsAtRed) break
    } finally {
      Error.stackTraceLimit = stackTraceLimit
    }
  }
  return {...sum, cpuMs: threadCpuMs() - startMs, reached: total.counts, reds}
}

/** What is wrong with a seed, and where it shows. */
function problemOf(seed: number, length: Length): string | undefined {
  try {
    history(seed, {length})
    return undefined
  } catch (error) {
    return (error as Error).stack ?? String(error)
  }
}

/** The one command that shows a seed again, step by step. */
export function replayCommand(seed: number, length: Length = 'whole'): string {
  const short = length === 'short' ? 'LENGTH=short ' : ''
  const faults = process.env['FAULTS'] === undefined ? '' : `FAULTS=${process.env['FAULTS']} `
  return `${faults}${short}SEED=${seed} RUNS=1 TRACE=1 npm run test:simulation`
}

/** Which mutants of an operation there are, and whether a scenario notices them. */
import type {Site} from './code/turns.ts'
import {exhaust} from './explore.ts'
import type {Lab} from './lab.ts'
import type {Mutant, MutantKind} from './mutants.ts'
import type {Scenario} from './scenario.ts'

export interface Verdict {
  readonly mutant: Mutant
  /** The scenario that broke a promise, and which; undefined where the mutant went unnoticed. */
  readonly killedBy: string | undefined
  readonly schedules: number
}

const WRITES = ['store']
const UPDATES = ['add', 'or', 'exchange', 'compareExchange']
/** What is tried on a machine on which each thread has its own memory. */
const WEAK: ReadonlySet<MutantKind> = new Set<MutantKind>(['plain', 'early', 'late'])
const HOIST_TURNS = 3

export function isAtomic(site: Site): boolean {
  return /^engine\/(memory|cluster)\//.test(site.module) && !['read', 'write', 'copy'].includes(site.op)
}

/** Mutants that leave an operation out, or let it see what it should not see any more. */
export function deletions(site: Site): Mutant[] {
  const mutant = (kind: MutantKind, turns = 0): Mutant => ({site: site.number, kind, turns})
  const hoisted = Array.from({length: HOIST_TURNS}, (_, i) => mutant('hoisted', i + 1))
  if (site.op === 'load') return [mutant('deleted'), mutant('frozen'), ...hoisted]
  if (WRITES.includes(site.op)) return [mutant('deleted'), mutant('delayed')]
  if (UPDATES.includes(site.op)) return [mutant('deleted'), mutant('delayed'), mutant('split'), ...hoisted]
  return [mutant('deleted')]
}

/** Mutants that make an operation a plain one. */
export function weakenings(site: Site): Mutant[] {
  const mutant = (kind: MutantKind): Mutant => ({site: site.number, kind, turns: 0})
  if (site.op === 'load') return [mutant('plain')]
  if (WRITES.includes(site.op) || UPDATES.includes(site.op)) return [mutant('early'), mutant('late')]
  return []
}

/** Tries a mutant in every scenario that comes by its place, with few stops before many. */
export function trial(lab: Lab, mutant: Mutant, scenarios: readonly Scenario[], schedulesMax: number): Verdict {
  const {runtime, scheduler} = lab
  let schedules = 0
  runtime.mutant = mutant
  try {
    for (const preemptions of [0, 1, 2]) {
      for (const scenario of scenarios) {
        const explored = exhaust(scheduler, scenario, {weak: WEAK.has(mutant.kind)}, preemptions, schedulesMax)
        schedules += explored.schedules
        if (explored.red !== undefined)
          return {mutant, killedBy: `${scenario.name}: ${explored.red.failure!.message}`, schedules}
      }
    }
    return {mutant, killedBy: undefined, schedules}
  } finally {
    runtime.mutant = undefined
  }
}

/** For each place, the scenarios that come by it within one stop. */
export function scenariosBySite(lab: Lab): Map<number, Scenario[]> {
  const found = new Map<number, Scenario[]>()
  for (const scenario of lab.scenarios) {
    const seen = new Set<number>()
    exhaust(lab.scheduler, scenario, {weak: false}, 1, 2000, outcome => outcome.sites.forEach(site => seen.add(site)))
    for (const site of seen) found.set(site, [...(found.get(site) ?? []), scenario])
  }
  return found
}

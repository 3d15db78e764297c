/** Mutants of the atomic operations, and whether a scenario notices them. */
import type {Site} from './code/turns.ts'
import {exhaust} from './explore.ts'
import type {Lab} from './lab.ts'
import type {Mutant, MutantKind} from './mutants.ts'
import type {Scenario} from './scenario.ts'
import type {Outcome} from './scheduler.ts'

/**
 * What can be wrong with an operation: it is not there; what it read is out of date, or others come between its read and
 * its write; it is a plain one, on a machine on which that makes a difference.
 */
export type Fault = 'left out' | 'stale' | 'plain'

export interface Trial {
  readonly site: Site
  readonly fault: Fault
  readonly schedules: number
  /** The first mutant that broke a promise, and where; undefined where none did. */
  readonly noticed: {readonly mutant: Mutant; readonly scenario: Scenario; readonly red: Outcome} | undefined
}

const UPDATES = ['add', 'or', 'exchange', 'compareExchange']
/** What makes a difference only where each thread has a memory of its own. */
const WEAK: ReadonlySet<MutantKind> = new Set<MutantKind>(['early', 'late'])

export function isAtomic(site: Site): boolean {
  return /^engine\/(memory|cluster)\//.test(site.module) && !['read', 'write', 'copy'].includes(site.op)
}

/** Mutants that stand for a fault of this operation; none where it cannot have that fault. */
export function mutantsOf({number: site, op}: Site, fault: Fault): Mutant[] {
  const mutant = (kind: MutantKind, turns = 0): Mutant => ({site, kind, turns})
  const moved = (kind: 'hoisted' | 'delayed') => [1, 2, 4].map(turns => mutant(kind, turns))
  const isUpdate = UPDATES.includes(op)
  if (fault === 'left out') return [mutant('deleted')]
  if (fault === 'stale')
    return isUpdate
      ? [mutant('split', 1), ...moved('hoisted')]
      : op === 'load'
        ? [mutant('frozen'), ...moved('hoisted')]
        : []
  return isUpdate || op === 'store' ? [mutant('early'), mutant('late'), ...moved('delayed')] : []
}

/** Tries the mutants of a fault until one is noticed, in the scenarios that come by its place; few preemptions before many. */
export function trial(lab: Lab, site: Site, fault: Fault, bySite: ReadonlyMap<number, readonly Scenario[]>): Trial {
  const {runtime, scheduler} = lab
  const scenarios = bySite.get(site.number) ?? lab.scenarios
  let schedules = 0
  try {
    for (const preemptions of [0, 1, 2]) {
      for (const scenario of scenarios) {
        for (const mutant of mutantsOf(site, fault)) {
          runtime.mutant = mutant
          const explored = exhaust(scheduler, scenario, {weak: WEAK.has(mutant.kind)}, preemptions, SCHEDULES_MAX)
          schedules += explored.schedules
          if (explored.red === undefined) continue
          return {site, fault, schedules, noticed: {mutant, scenario, red: explored.red}}
        }
      }
    }
    return {site, fault, schedules, noticed: undefined}
  } finally {
    runtime.mutant = undefined
  }
}

/** For each place, the scenarios that come by it within one preemption. */
export function scenariosBySite({scheduler, scenarios}: Lab): Map<number, Scenario[]> {
  const found = new Map<number, Scenario[]>()
  for (const scenario of scenarios) {
    const seen = new Set<number>()
    exhaust(scheduler, scenario, {weak: false}, 1, SCHEDULES_TO_MAP, outcome => {
      for (const site of outcome.sites) seen.add(site)
    })
    for (const site of seen)
      if (!WIDE.has(scenario.name) || !found.has(site)) found.set(site, [...(found.get(site) ?? []), scenario])
  }
  return found
}

/** Scenarios of many threads and steps: they are asked only about what no smaller one comes by. */
const WIDE: ReadonlySet<string> = new Set(['two inboxes', 'attach', 'host attach', 'log'])

/** Schedules of one scenario, at most, in search of one that notices a mutant. */
const SCHEDULES_MAX = 4000
const SCHEDULES_TO_MAP = 500

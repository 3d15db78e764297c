import type {Scenario} from './scenario.ts'
import type {Outcome, RunOptions, Scheduler} from './scheduler.ts'

export interface Explored {
  readonly schedules: number
  readonly turns: number
  /** The first schedule that broke a promise. */
  readonly red: Outcome | undefined
}

export type World = Omit<RunOptions, 'choose'>

/** A place where more than one actor could go on. */
interface Fork {
  chosen: number
  /** Actors that were not tried there yet, as bits. */
  untried: number
}

/**
 * Every schedule in which an actor that could go on is stopped at most `preemptions` times. Where the running actor
 * sleeps or ends, each of the others is tried; that counts for nothing. Few bugs need more than two stops.
 */
export function exhaust(
  scheduler: Scheduler,
  scenario: Scenario,
  world: World,
  preemptions: number,
  schedulesMax: number = Number.POSITIVE_INFINITY,
  each: (outcome: Outcome) => void = () => {},
): Explored {
  const forks: Fork[] = []
  let schedules = 0
  let turns = 0
  for (;;) {
    let depth = 0
    let used = 0
    const choose = (ready: number, current: number): number => {
      const goesOn = current >= 0 && (ready & (1 << current)) !== 0
      let fork = forks[depth]
      if (fork === undefined) {
        const chosen = goesOn ? current : 31 - Math.clz32(ready & -ready)
        fork = {chosen, untried: goesOn && used >= preemptions ? 0 : ready & ~(1 << chosen)}
        forks.push(fork)
      }
      depth++
      if (goesOn && fork.chosen !== current) used++
      return fork.chosen
    }
    const outcome = scheduler.run(scenario, {...world, choose})
    each(outcome)
    schedules++
    turns += outcome.grants.length
    if (outcome.failure !== undefined) return {schedules, turns, red: outcome}
    while (forks.length > 0 && forks.at(-1)!.untried === 0) forks.pop()
    const last = forks.at(-1)
    if (last === undefined || schedules >= schedulesMax) return {schedules, turns, red: undefined}
    last.chosen = 31 - Math.clz32(last.untried & -last.untried)
    last.untried &= ~(1 << last.chosen)
  }
}

/**
 * Random schedules by priorities (PCT, Burckhardt et al. 2010): the ready actor of highest priority runs; at a few turns
 * drawn beforehand it falls to the lowest. That finds a bug of depth d with probability 1/(actors × turns^(d-1)) or more.
 */
export function sample(
  scheduler: Scheduler,
  scenario: Scenario,
  world: World,
  {runs, seed, falls}: {runs: number; seed: number; falls: number},
): Explored {
  const random = randomFrom(seed)
  const count = scenario.actors.length
  let longest = 32
  let turns = 0
  for (let i = 0; i < runs; i++) {
    const priorities = shuffled(count, random)
    const fallsAt = Array.from({length: falls}, () => random(longest))
    let lowest = -1
    const choose = (ready: number, _current: number, step: number): number => {
      let best = highest(ready, priorities)
      if (fallsAt.includes(step)) {
        priorities[best] = lowest--
        best = highest(ready, priorities)
      }
      return best
    }
    const outcome = scheduler.run(scenario, {...world, choose})
    turns += outcome.grants.length
    longest = Math.max(longest, outcome.grants.length)
    if (outcome.failure !== undefined) return {schedules: i + 1, turns, red: outcome}
  }
  return {schedules: runs, turns, red: undefined}
}

/** Does what a schedule says, and when it has ended, goes on with the actor that runs. */
export function replay(scheduler: Scheduler, scenario: Scenario, world: World, grants: readonly number[]): Outcome {
  const choose = (ready: number, current: number, step: number): number => {
    const wanted = grants[step] ?? current
    return wanted >= 0 && (ready & (1 << wanted)) !== 0 ? wanted : 31 - Math.clz32(ready & -ready)
  }
  return scheduler.run(scenario, {...world, choose})
}

function highest(ready: number, priorities: readonly number[]): number {
  let best = -1
  for (let bits = ready; bits !== 0; bits &= bits - 1) {
    const actor = 31 - Math.clz32(bits & -bits)
    if (best < 0 || priorities[actor]! > priorities[best]!) best = actor
  }
  return best
}

function shuffled(count: number, random: (below: number) => number): number[] {
  const list = Array.from({length: count}, (_, i) => i)
  for (let i = count - 1; i > 0; i--) {
    const other = random(i + 1)
    ;[list[i], list[other]] = [list[other]!, list[i]!]
  }
  return list
}

/** xorshift32: the same seed gives the same numbers below `below`. */
function randomFrom(seed: number): (below: number) => number {
  let state = (Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995) | 1
  return below => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

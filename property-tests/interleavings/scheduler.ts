import {type Actor, BLOCKED, type Runtime, type Turns} from './runtime.ts'
import {type Scenario, Violation} from './scenario.ts'

/** Who gets the next turn: one of the actors in the bit mask `ready`; `current` had the last one, -1 at the start. */
export type Chooser = (ready: number, current: number, step: number) => number

export interface RunOptions {
  readonly weak: boolean
  readonly choose: Chooser
  /** The actor that dies instead of taking its turn number `step`. */
  readonly kill?: {readonly actor: number; readonly step: number} | undefined
}

export interface Outcome {
  readonly failure: Error | undefined
  /** Actors in the order of their turns. */
  readonly grants: readonly number[]
  /** What each turn did. */
  readonly sites: readonly number[]
  /** Whether the actor that was to die came as far as that. */
  readonly killed: boolean
}

/** More turns than any scenario takes: somebody spins. */
const STEPS_MAX = 5000

/** Runs a scenario, a turn at a time: the same choices give the same run. */
export class Scheduler {
  readonly #runtime: Runtime

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  run<World>(scenario: Scenario<World>, options: RunOptions): Outcome {
    const runtime = this.#runtime
    const {actors} = runtime
    const grants: number[] = []
    const sites: number[] = []
    runtime.reset(options.weak)
    try {
      const world = runtime.finish(scenario.world()) as World
      for (const {name, daemon = false} of scenario.actors) actors.push(newActor(actors.length, name, daemon))
      for (const [i, {run}] of scenario.actors.entries()) {
        runtime.current = actors[i]
        actors[i]!.turns = runtime.follow((run as (world: World) => unknown)(world))[Symbol.iterator]() as Turns
        this.#advance(actors[i]!)
      }
      for (let current = -1; ; ) {
        this.#kill(options.kill)
        const ready = readyMask(actors)
        if (ready === 0) break
        if (grants.length > STEPS_MAX) throw new Violation(`${STEPS_MAX} turns and no end: somebody spins`)
        current = (ready & (ready - 1)) === 0 ? 31 - Math.clz32(ready) : options.choose(ready, current, grants.length)
        const actor = actors[current]!
        grants.push(current)
        sites.push(actor.at)
        actor.steps++
        this.#advance(actor)
      }
      const victim = actors.find(actor => actor.dead)?.name
      const bereaved = victim === undefined ? [] : (scenario.mortal[victim] ?? [])
      for (const {name, daemon, done, dead} of actors)
        if (!daemon && !done && !dead && !bereaved.includes(name)) throw new Violation(`${name} sleeps for ever`)
      runtime.current = undefined
      runtime.finish(scenario.check(world, victim))
      return {failure: undefined, grants, sites, killed: victim !== undefined}
    } catch (error) {
      return {failure: error as Error, grants, sites, killed: actors.some(actor => actor.dead)}
    }
  }

  /** Lets an actor do what it stands before, and go on until it stands before the next. */
  #advance(actor: Actor): void {
    const runtime = this.#runtime
    runtime.current = actor
    runtime.memory.remember(actor.index)
    runLater(actor, false)
    const {done, value} = actor.turns.next()
    if (done === true) {
      actor.done = true
      actor.ready = false
    } else if (value !== BLOCKED) actor.at = value
    // who sleeps or ends holds nothing back any more
    if (!actor.ready) runLater(actor, true)
  }

  #kill(kill: RunOptions['kill']): void {
    const actor = kill === undefined ? undefined : this.#runtime.actors[kill.actor]!
    if (actor === undefined || actor.dead || actor.done || actor.steps < kill!.step) return
    actor.dead = true
    actor.ready = false
    actor.onDeath?.()
  }
}

function runLater(actor: Actor, now: boolean): void {
  const {later} = actor
  if (later === undefined || (--later.turns > 0 && !now)) return
  actor.later = undefined
  later.run()
}

function newActor(index: number, name: string, daemon: boolean): Actor {
  const turns = undefined as unknown as Turns
  const life = {ready: true, done: false, dead: false, steps: 0, at: BLOCKED}
  return {index, name, daemon, turns, ...life, tasks: [], idle: false, onDeath: undefined, later: undefined}
}

function readyMask(actors: readonly Actor[]): number {
  let mask = 0
  for (const actor of actors) if (actor.ready) mask |= 1 << actor.index
  return mask
}

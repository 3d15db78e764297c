/** A few threads and the memory they share, in plain code: the scheduler makes generators of it, real threads can run it as it is. */
export interface Scenario<World = unknown> {
  readonly name: string
  /** Allocates the memory, and whatever the actors note down for `check`; runs before the first turn. */
  readonly world: () => World
  readonly actors: readonly ActorCode<World>[]
  /** Actors that may die at any step, and those who may sleep for ever after that. */
  readonly mortal: Readonly<Record<string, readonly string[]>>
  /** Holds at the end of every run, after everything came to rest; `dead` is the actor that was killed on the way. */
  check(world: World, dead: string | undefined): void
}

export interface ActorCode<World> {
  readonly name: string
  /** Makes its own views of the memory, as a thread does. */
  run(world: World): void
  /** It never ends by itself: it may be asleep when everything has come to rest. */
  readonly daemon?: boolean
}

/** A promise of the engine that a schedule broke. */
export class Violation extends Error {
  override readonly name = 'Violation'
}

export function must(condition: boolean, promise: string): asserts condition {
  if (!condition) throw new Violation(promise)
}

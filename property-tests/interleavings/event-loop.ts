/** What only an actor under the scheduler can do; the loader puts the scheduler's own in its place. */

/** Runs one task of the calling actor's event loop, and sleeps until there is one. */
export function runTask(): void {
  throw new Error('there is no scheduler')
}

/** Does `task` without a turn of anybody else: what is there before the first. */
export function atOnce(_task: () => void): void {
  throw new Error('there is no scheduler')
}

/** Calls of `Atomics.notify` so far. */
export function notifies(): number {
  throw new Error('there is no scheduler')
}

/** Whether the actor of that name was killed. */
export function isDead(_name: string): boolean {
  throw new Error('there is no scheduler')
}

/** What only an actor under the scheduler can do; the loader puts the scheduler's own in its place. */

/** Runs one task of the calling actor's event loop, and sleeps until there is one. */
export function runTask(): void {
  throw new Error('there is no scheduler')
}

/** Whether the actor of that name was killed. */
export function isDead(_name: string): boolean {
  throw new Error('there is no scheduler')
}

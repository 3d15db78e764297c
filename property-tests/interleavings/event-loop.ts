/** What only an actor under the scheduler can do; the loader puts the scheduler's own in its place. */

/**
 * Runs one task of the calling actor's event loop, and sleeps until there is one. Returns what the task did, or the
 * message it was.
 */
export function runTask(): unknown {
  throw new Error('there is no scheduler')
}

/** Puts a message into the event loop of the actor of that name. */
export function deliver(_name: string, _message: unknown): void {
  throw new Error('there is no scheduler')
}

/** Does `task` without a turn of anybody else: what is there before the first. */
export function atOnce(_task: () => void): void {
  throw new Error('there is no scheduler')
}

/** Calls of `Atomics.notify` so far that woke nobody. */
export function wastedNotifies(): number {
  throw new Error('there is no scheduler')
}

/** Puts the message `died` into the caller's event loop when the actor of that name is killed. */
export function whenDead(_name: string): void {
  throw new Error('there is no scheduler')
}

/** Sleeps until the actor of that name was killed. */
export function untilDead(_name: string): void {
  throw new Error('there is no scheduler')
}

/**
 * The one way bytes enter or leave shared memory. A test puts a pause in the middle of it (`interruptCopies`) to see what
 * the other thread makes of half a copy; there is nothing to pay for that otherwise.
 */
export function copyBytes(from: Uint8Array, target: Uint8Array, at: number): void {
  if (pause === undefined) {
    target.set(from, at)
    return
  }
  const half = from.length >> 1
  target.set(from.subarray(0, half), at)
  pause()
  target.set(from.subarray(half), at + half)
}

let pause: (() => void) | undefined

/** For tests of interleavings only: `midway` runs in the middle of every copy of this thread. */
export function interruptCopies(midway: (() => void) | undefined): void {
  pause = midway
}

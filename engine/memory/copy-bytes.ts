/**
 * The one way bytes enter or leave shared memory. `Buffer.fill` is a plain memcpy, whereas `TypedArray.set` on shared memory
 * copies in atomic pieces: three times slower where source and target are not aligned to each other. A test puts a pause in the middle of it (`interruptCopies`) to see what
 * the other thread makes of half a copy; there is nothing to pay for that otherwise.
 */
export function copyBytes(from: Uint8Array, target: Buffer, at: number): void {
  if (pause === undefined) {
    target.fill(from, at, at + from.length)
    return
  }
  const half = from.length >> 1
  target.fill(from.subarray(0, half), at, at + half)
  pause()
  target.fill(from.subarray(half), at + half, at + from.length)
}

let pause: (() => void) | undefined

/** For tests of interleavings only: `midway` runs in the middle of every copy of this thread. */
export function interruptCopies(midway: (() => void) | undefined): void {
  pause = midway
}

const NOBODY = new Int32Array(new SharedArrayBuffer(4))

/** Blocks the calling thread, event loop and all. */
export function sleepHere(ms: number): void {
  Atomics.wait(NOBODY, 0, 0, ms)
}

/** Milliseconds on the machine's monotonic clock. It reads the same in every thread, which `performance.now()` does not. */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1e3 + nanoseconds / 1e6
}

/** Time as threads see it: a monotonic clock for what is due, the time of day for what is stamped. Both in ms. */
export interface Clock {
  monotonicMs(): number
  wallMs(): number
}

export const systemClock: Clock = {
  monotonicMs() {
    // the same count in every thread, unlike performance.now()
    const [seconds, nanoseconds] = process.hrtime()
    return seconds * 1000 + nanoseconds / 1e6
  },
  wallMs: () => Date.now(),
}

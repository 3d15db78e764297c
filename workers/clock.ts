/** Time as threads see it: a monotonic clock for what is due, the time of day for what is stamped. Both in ms. */
export interface Clock {
  monotonicMs(): number
  wallMs(): number
}

export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
}

/** How fast something grew, a second. */
export interface Rate {
  readonly recordsPerSecond: number
  readonly bytesPerSecond: number
}

interface Seen {
  readonly atMs: number
  readonly records: number
  readonly bytes: number
  readonly rate: Rate
}

/** Looks closer to each other than this would tell of single batches. */
const INTERVAL_MS_MIN = 100

const NONE: Rate = {recordsPerSecond: 0, bytesPerSecond: 0}

/** Rates between one look at counters and the next; what counts for itself is told apart by a number. */
export class Rates {
  readonly #seen = new Map<number, Seen>()

  /** Since the look before, or that of the look before where it was less than 100 ms ago; 0 at the first. A counter that began anew has not grown. */
  rate(of: number, counters: {records: number; bytes: number}, nowMs: number): Rate {
    const {records, bytes} = counters
    const before = this.#seen.get(of)
    if (before !== undefined && nowMs - before.atMs < INTERVAL_MS_MIN) return before.rate
    const rate = before === undefined ? NONE : rateSince(before, counters, nowMs - before.atMs)
    this.#seen.set(of, {atMs: nowMs, records, bytes, rate})
    return rate
  }
}

function rateSince(before: Seen, {records, bytes}: {records: number; bytes: number}, ms: number): Rate {
  const aSecond = (grown: number): number => (Math.max(0, grown) * 1000) / ms
  return {recordsPerSecond: aSecond(records - before.records), bytesPerSecond: aSecond(bytes - before.bytes)}
}

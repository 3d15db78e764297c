/** What one seed came to. */
export interface SimulatedHistory {
  readonly seed: number
  /** How long it took in the cluster's own time. */
  readonly virtualMs: number
  readonly steps: number
  readonly acks: number
  readonly failures: number
  readonly reads: number
  /** The same for the same history. */
  readonly fingerprint: number
}

/**
 * A whole cluster in one thread, by the code that runs in production, with a clock, a disk and letters of its own: threads, processes and
 * power end for a while, then nothing fails until all works again, and every promise is checked on the way. The same history for
 * the same seed. Rejects where a promise is broken. `trace` hears of each step.
 */
export async function simulateCluster(seed: number, trace?: (line: string) => void): Promise<SimulatedHistory> {
  const {history} = await import('../simulation/cluster/history.ts')
  return history(seed, {trace})
}

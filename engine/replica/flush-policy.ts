/** When a log is synced: what its topic says. A bound of -1 means never, as Kafka's `flush.messages` and `flush.ms` do at their default. */
export interface FlushPolicy {
  /** `synced`: as soon as anything is written. `written`: when a bound below is reached or somebody asks. */
  readonly durability: 'written' | 'synced'
  readonly flushMessages: number
  readonly flushMs: number
}

export interface FlushState {
  readonly writtenEnd: number
  readonly syncedEnd: number
  /** The greatest end that somebody asked to have synced. */
  readonly wantedEnd: number
  /** When the oldest record that is not synced was written. */
  readonly oldestUnsyncedMs: number
}

export function flushIsDue(policy: FlushPolicy, state: FlushState, nowMs: number): boolean {
  const unsynced = state.writtenEnd - state.syncedEnd
  if (unsynced === 0) return false
  if (policy.durability === 'synced' || state.wantedEnd > state.syncedEnd) return true
  if (policy.flushMessages > 0 && unsynced >= policy.flushMessages) return true
  return policy.flushMs >= 0 && nowMs - state.oldestUnsyncedMs >= policy.flushMs
}

/** How long until a flush by time is due, or infinity. */
export function flushDueInMs(policy: FlushPolicy, state: FlushState, nowMs: number): number {
  if (state.writtenEnd === state.syncedEnd || policy.flushMs < 0) return Number.POSITIVE_INFINITY
  return Math.max(0, state.oldestUnsyncedMs + policy.flushMs - nowMs)
}

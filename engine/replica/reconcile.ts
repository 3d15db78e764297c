import type {EpochStart} from '../log/leader-epoch-checkpoint.ts'

/** A log as far as it matters where two part: its epochs and its end. */
export interface EpochHistory {
  readonly epochs: readonly EpochStart[]
  readonly end: number
}

/**
 * The offset up to which a follower's log is the leader's: the follower cuts there before it fetches (KIP-101, KIP-279). Both
 * logs agree up to the end of the last epoch that both know; what either has beyond is the leader's alone.
 */
export function agreedEnd(own: EpochHistory, leader: EpochHistory): number {
  let agreed = 0
  for (const [i, start] of own.epochs.entries()) {
    const at = leader.epochs.findIndex(({epoch}) => epoch === start.epoch)
    // an epoch's first batches may have been deleted at one end: its start is then where that log starts
    if (at < 0) continue
    const ownEnd = own.epochs[i + 1]?.startOffset ?? own.end
    const leaderEnd = leader.epochs[at + 1]?.startOffset ?? leader.end
    agreed = Math.max(agreed, Math.min(ownEnd, leaderEnd))
  }
  return Math.min(agreed, own.end)
}

import type {Leadership} from '../cluster/leadership.ts'
import {REPLICAS_MAX} from '../limits.ts'
import type {ReplicaEnd} from './high-watermark.ts'

/** A leader's view of its partition when it thinks about the ISR. */
export interface IsrView {
  readonly leadership: Leadership
  readonly logEndOffset: number
  readonly highWatermark: number
  /** Where the leader's own epoch began in its log. */
  readonly epochStart: number
  readonly endOf: (slot: number) => ReplicaEnd
  /** As far as this may count as synced by all already: who enters has synced as much. */
  readonly syncedFloor: number
  readonly syncedEndOf: (slot: number) => ReplicaEnd
  /** Slots that are replicas of the partition at all. */
  readonly replicas: number
}

/**
 * What a leader wants the ISR to be (Kafka's `Partition`): a member that was not at the leader's end for `lagMsMax` leaves, and one
 * that ends below the high watermark at once, for it has lost what it had when that was counted; a replica that follows this epoch and has come to the high watermark, and to the start of this epoch, enters.
 * Beside Kafka's rule, who enters has synced what was acknowledged as synced by all: it may be the one that is left after power was lost.
 */
export class IsrPolicy {
  readonly #lagMsMax: number
  /** When each slot was last seen at the leader's end. */
  readonly #caughtUpMs: number[] = []
  /** The leader's end when it last looked: a replica that has come so far had caught up then. */
  #endBefore = 0
  #lookedMs = 0

  constructor(lagMsMax: number) {
    this.#lagMsMax = lagMsMax
  }

  /** A reign begins: nobody has lagged yet. */
  begin(nowMs: number, logEndOffset: number): void {
    this.#caughtUpMs.length = 0
    for (let slot = 0; slot < REPLICAS_MAX; slot++) this.#caughtUpMs.push(nowMs)
    this.#endBefore = logEndOffset
    this.#lookedMs = nowMs
  }

  /** The ISR that should be; the present one where nothing is to change. */
  wanted(view: IsrView, nowMs: number): number {
    const {leadership, logEndOffset, highWatermark, epochStart, syncedFloor, replicas} = view
    let wanted = leadership.isr
    for (let slot = 0; slot < REPLICAS_MAX; slot++) {
      const bit = 1 << slot
      if (slot === leadership.leader || (replicas & bit) === 0) continue
      const {epoch, end} = view.endOf(slot)
      const follows = epoch === leadership.leaderEpoch
      if (follows && end >= logEndOffset) this.#caughtUpMs[slot] = nowMs
      else if (follows && end >= this.#endBefore)
        this.#caughtUpMs[slot] = Math.max(this.#caughtUpMs[slot]!, this.#lookedMs)
      if ((wanted & bit) === 0) {
        const hasSynced = view.syncedEndOf(slot).end >= syncedFloor
        if (hasSynced && follows && end >= highWatermark && end >= epochStart) wanted |= bit
      } else if ((follows && end < highWatermark) || nowMs - this.#caughtUpMs[slot]! > this.#lagMsMax) wanted &= ~bit
    }
    this.#endBefore = logEndOffset
    this.#lookedMs = nowMs
    return wanted & (replicas | (1 << leadership.leader))
  }
}

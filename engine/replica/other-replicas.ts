import {NO_EPOCH, type ReplicaLine} from '../cluster/replica-line.ts'
import {REPLICAS_MAX} from '../limits.ts'
import type {ReplicaEnd} from './high-watermark.ts'
import type {ReplicaWorld} from './replica-world.ts'

/** The partition's other replicas, as their lines show them. */
export class OtherReplicas {
  readonly #world: ReplicaWorld
  readonly #slots: readonly number[]

  constructor(world: ReplicaWorld) {
    this.#world = world
    this.#slots = SLOTS_BESIDE[world.slot]!
  }

  line(slot: number): ReplicaLine {
    return this.#world.row.replica(slot)
  }

  get lines(): ReplicaLine[] {
    return this.#slots.map(slot => this.line(slot))
  }

  /** Slots whose replica is hosted somewhere; this one's own is among them. */
  get hosted(): number {
    let hosted = 1 << this.#world.slot
    for (const slot of this.#slots) if (this.line(slot).host >= 0) hosted |= 1 << slot
    return hosted
  }

  /** Wakes the hosts of all. */
  ring(): void {
    for (const slot of this.#slots) if (this.line(slot).host >= 0) this.#world.ringReplica(slot)
  }

  endOf(slot: number): ReplicaEnd {
    const line = this.line(slot)
    const epoch = line.followedEpoch
    const end = line.writtenEnd
    return line.followedEpoch === epoch ? {epoch, end} : {epoch: NO_EPOCH, end: 0}
  }

  syncedEndOf(slot: number): ReplicaEnd {
    const line = this.line(slot)
    const epoch = line.followedEpoch
    const end = line.syncedEnd
    return line.followedEpoch === epoch ? {epoch, end} : {epoch: NO_EPOCH, end: 0}
  }

  /** The replica whose log is the greatest by (last epoch, end), where that is greater than the one that is given; else -1. */
  mostAdvanced(than: {lastEpoch: number; end: number}): number {
    let best = -1
    let {lastEpoch: epoch, end} = than
    for (const slot of this.#slots) {
      const line = this.line(slot)
      if (line.host < 0) continue
      const {lastEpoch, writtenEnd} = line
      if (lastEpoch < epoch || (lastEpoch === epoch && writtenEnd <= end)) continue
      best = slot
      epoch = lastEpoch
      end = writtenEnd
    }
    return best
  }

  /** Whether one of those that `isFit` is a member of `isr`. */
  hasMember(isr: number, isFit: (line: ReplicaLine) => boolean): boolean {
    return this.#slots.some(slot => (isr & (1 << slot)) !== 0 && isFit(this.line(slot)))
  }
}

const SLOTS_BESIDE = Array.from({length: REPLICAS_MAX}, (_, own) =>
  Array.from({length: REPLICAS_MAX}, (_, slot) => slot).filter(slot => slot !== own),
)

import type {ClusterMap} from '../../engine/cluster/cluster-map.ts'
import type {Committed, Consensus, MetadataSnapshot} from '../../engine/ensemble/consensus.ts'
import type {MetadataChange} from '../../engine/ensemble/metadata.ts'

interface Entry {
  readonly epoch: number
  /** Nothing where a holder marked its place. */
  readonly change: MetadataChange | undefined
}

/**
 * An ensemble as the rules see it, in memory: one log that all agree on, of which each coordinator knows a prefix. What is
 * proposed is committed when the test says so, or lost with the holder.
 */
export class AgreedLog {
  readonly entries: Entry[] = []
  #map: ClusterMap
  #snapshot: {readonly end: number; readonly snapshot: MetadataSnapshot} | undefined
  /** Proposals on their way, in order. */
  #pending: (readonly MetadataChange[])[] = []
  #seats: Seat[] = []
  holder = 0
  epoch = 0

  constructor(map: ClusterMap) {
    this.#map = map
  }

  get end(): number {
    return this.entries.length
  }

  get pending(): number {
    return this.#pending.length
  }

  get proposedEnd(): number {
    return this.end + this.#pending.flat().length
  }

  /** A coordinator's place, from its start on: it knows nothing yet. */
  seat(id: number): Consensus {
    const seat = new Seat(this, id)
    this.#seats = this.#seats.filter(other => other.id !== id)
    this.#seats.push(seat)
    return seat
  }

  /** Another holder; of what the one before proposed, the first `kept` are committed, and the rest are lost. */
  elect(id: number, kept: number): void {
    this.commit(kept)
    this.#pending = []
    this.holder = id
    this.epoch = this.#map.lease.take(this.#map.lease.read(), id, this.epoch + 1)
    this.entries.push({epoch: this.epoch, change: undefined})
    this.tell(id, Number.POSITIVE_INFINITY)
  }

  /** The process ends, and what was not committed with it. */
  startAnew(map: ClusterMap): void {
    this.#map = map
    this.#pending = []
    this.#seats = []
    this.holder = 0
  }

  propose(changes: readonly MetadataChange[]): void {
    this.#pending.push(changes)
  }

  commit(proposals: number): void {
    for (const changes of this.#pending.splice(0, proposals))
      for (const change of changes) this.entries.push({epoch: this.epoch, change: structuredClone(change)})
    this.tell(this.holder, Number.POSITIVE_INFINITY)
  }

  /** A coordinator learns of `more` committed entries. */
  tell(id: number, more: number): void {
    const seat = this.#seats.find(each => each.id === id)
    if (seat !== undefined) seat.committedEnd = Math.min(this.end, seat.committedEnd + more)
  }

  shorten(end: number, snapshot: MetadataSnapshot): void {
    this.#snapshot = {end, snapshot: JSON.parse(JSON.stringify(snapshot))}
  }

  /** What a coordinator that has taken in all below `from` hears next, when it knows of `to`. */
  committed(from: number, to: number): Committed[] {
    const {end = 0, snapshot} = this.#snapshot ?? {}
    const isShort = snapshot !== undefined && from < end && to >= end
    const taken: Committed[] = isShort ? [{type: 'snapshot', endOffset: end, snapshot}] : []
    for (let offset = isShort ? end : from; offset < to; offset++) {
      const {epoch, change} = this.entries[offset]!
      if (change !== undefined) taken.push({type: 'change', offset, epoch, change})
    }
    return taken
  }
}

class Seat implements Consensus {
  readonly id: number
  readonly #log: AgreedLog
  committedEnd = 0
  #takenEnd = 0

  constructor(log: AgreedLog, id: number) {
    this.#log = log
    this.id = id
  }

  get isHolder(): boolean {
    return this.#log.holder === this.id
  }

  get epoch(): number {
    return this.#log.epoch
  }

  get proposedEnd(): number {
    return this.isHolder ? this.#log.proposedEnd : this.committedEnd
  }

  propose(changes: readonly MetadataChange[]): number {
    if (!this.isHolder) throw new Error('only the holder proposes')
    this.#log.propose(changes)
    return this.#log.proposedEnd
  }

  takeCommitted(): Committed[] {
    const taken = this.#log.committed(this.#takenEnd, this.committedEnd)
    this.#takenEnd = this.committedEnd
    return taken
  }

  tick(): number {
    return 0
  }

  handle(): boolean {
    return false
  }

  dueInMs(): number {
    return Number.POSITIVE_INFINITY
  }

  close(): void {}
}

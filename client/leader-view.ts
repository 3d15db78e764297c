import type {ClusterMap} from '../engine/cluster/cluster-map.ts'
import type {PartitionRow} from '../engine/cluster/partition-row.ts'
import type {ReplicaLine} from '../engine/cluster/replica-line.ts'
import type {LogSource} from '../engine/log/log-reader.ts'

/** A partition as its readers see it, whoever leads: the leader's line and files and, while nobody serves, those of who did last. */
export class LeaderView {
  readonly #map: ClusterMap
  readonly #row: PartitionRow
  readonly #rowNumber: number
  readonly #sourceAt: (host: number, line: ReplicaLine) => LogSource
  #leaderSlot: number
  #source: {readonly host: number; readonly hasArena: boolean; readonly source: LogSource} | undefined

  /** `sourceAt` tells where the replica on a host is read. */
  constructor(map: ClusterMap, rowNumber: number, sourceAt: (host: number, line: ReplicaLine) => LogSource) {
    this.#map = map
    this.#row = map.row(rowNumber)
    this.#rowNumber = rowNumber
    this.#sourceAt = sourceAt
    this.#leaderSlot = Math.max(0, this.#row.leadership.leader)
  }

  /** The leader's line; while none serves, the last one's: its high watermark still holds. */
  get line(): ReplicaLine {
    const {leader} = this.#row.leadership
    if (leader !== this.#leaderSlot && this.#row.isServed) this.#leaderSlot = leader
    return this.#row.replica(this.#leaderSlot)
  }

  /** Where to read; undefined before there is anybody. */
  get source(): LogSource | undefined {
    const {line} = this
    const {host, hasArena} = line
    if (host >= 0 && (this.#source?.host !== host || this.#source.hasArena !== hasArena))
      this.#source = {host, hasArena, source: this.#sourceAt(host, line)}
    return this.#source?.source
  }

  /**
   * Has the leader look at bytes that fail their check: it leaves the lead to somebody who has better ones, if there is anybody. What is
   * returned tells when to try again; undefined where it has looked, and that is how it is.
   */
  doubt(offset: number): (() => boolean) | undefined {
    const {word} = this.#row
    const {line} = this
    if (line.damagedAt === offset) return undefined
    line.doubt(offset)
    if (line.host >= 0) this.#map.ringHost(line.host, this.#rowNumber)
    return () => line.doubtedAt !== offset || (this.#row.isServed && (this.#row.word !== word || this.line !== line))
  }
}

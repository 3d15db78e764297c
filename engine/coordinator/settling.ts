import {assert} from '../assert.ts'
import type {ClusterMap} from '../cluster/cluster-map.ts'
import {STATE} from '../cluster/replica-line.ts'
import type {PartitionImage, PartitionStep, TopicConfigs} from '../ensemble/metadata.ts'
import {ROW_MARKS} from '../limits.ts'
import {Deadlines} from './deadlines.ts'
import type {Draft} from './draft.ts'
import {
  answerProposal,
  completeReassignment,
  elect,
  electPreferred,
  type ReplicaSight,
  type SeeReplica,
  type Standing,
} from './elections.ts'
import type {Liveness} from './liveness.ts'
import type {MetadataImage, PartitionPlace} from './metadata-image.ts'
import {isUnclean} from './topic-configs.ts'

export interface SettlingOptions {
  /** How long a partition without a leader waits for the rest of its ISR. */
  readonly electionWaitMs: number
  /** How long the preferred leader has been in sync before it takes over; all partitions are looked at as often. */
  readonly leaderImbalanceCheckMs: number
  readonly topicDefaults: TopicConfigs
}

/** More looks than any partition takes steps one after the other: elected, reassigned, balanced. */
const LOOKS_MAX = 10

/** Keeps partitions led and in sync: looks at those in which something happened, and takes the step that is due, on the draft. */
export class Settling {
  readonly #map: ClusterMap
  readonly #draft: Draft
  readonly #liveness: Liveness
  readonly #options: SettlingOptions
  readonly #rows = new Set<number>()
  readonly #waiting = new Deadlines()
  readonly #unbalanced = new Deadlines()
  #nextSweepMs = Number.NEGATIVE_INFINITY

  constructor(map: ClusterMap, draft: Draft, liveness: Liveness, options: SettlingOptions) {
    this.#map = map
    this.#draft = draft
    this.#liveness = liveness
    this.#options = options
  }

  mark(rows: readonly number[]): void {
    for (const row of rows) this.#rows.add(row)
  }

  /** Something happened in one of the rows that share a mark. */
  markAlike(mark: number): void {
    for (let row = mark; row < this.#draft.image.nextRow; row += ROW_MARKS) this.#rows.add(row)
  }

  /** A thread came or went, and the replicas it hosts with it. */
  markHost(host: number): void {
    for (const row of this.#draft.image.rowsOf(this.#map.brokerOf(host))) {
      const {slots} = partitionAt(this.#draft.image.at(row)!)
      if (slots.some((_, slot) => this.#map.row(row).replica(slot).host === host)) this.#rows.add(row)
    }
  }

  /** Looks at what is marked and what is due, until nothing more is to be done. */
  settle(nowMs: number): void {
    if (nowMs >= this.#nextSweepMs) {
      this.#nextSweepMs = nowMs + this.#options.leaderImbalanceCheckMs
      for (let row = 0; row < this.#draft.image.nextRow; row++) this.#rows.add(row)
    }
    this.mark(this.#waiting.takePassed(nowMs))
    this.mark(this.#unbalanced.takePassed(nowMs))
    this.mark(this.#draft.takeTouched())
    for (let looks = 0; this.#rows.size > 0; looks++) {
      assert(looks < LOOKS_MAX, 'a partition comes to rest')
      const rows = [...this.#rows]
      this.#rows.clear()
      for (const row of rows) this.#look(row, nowMs)
      this.mark(this.#draft.takeTouched())
    }
  }

  dueInMs(nowMs: number): number {
    const sweepInMs = Math.max(0, this.#nextSweepMs - nowMs)
    return Math.min(sweepInMs, this.#waiting.dueInMs(nowMs), this.#unbalanced.dueInMs(nowMs))
  }

  /** How the replicas of a partition are seen. */
  seeing({row, slots}: PartitionImage): SeeReplica {
    return broker => sightOf(this.#map, this.#draft.image, this.#liveness, {row, broker, slot: slots.indexOf(broker)})
  }

  #look(row: number, nowMs: number): void {
    const place = this.#draft.image.at(row)
    const step = place === undefined ? undefined : this.#stepOf(place, nowMs)
    if (place === undefined || partitionAt(place).leader >= 0) this.#waiting.stop(row)
    if (step !== undefined) this.#draft.step(place!, step)
  }

  #stepOf(place: PartitionPlace, nowMs: number): PartitionStep | undefined {
    const {electionWaitMs, topicDefaults} = this.#options
    const partition = partitionAt(place)
    const see = this.seeing(partition)
    const waitIsOver = partition.leader < 0 && this.#waiting.start(partition.row, nowMs + electionWaitMs, nowMs)
    const unclean = isUnclean(place.topic.config, topicDefaults)
    return (
      elect(partition, see, {unclean, waitIsOver}) ??
      completeReassignment(partition, see) ??
      this.#proposed(partition, see) ??
      this.#balanced(partition, see, nowMs)
    )
  }

  #proposed(partition: PartitionImage, see: SeeReplica): PartitionStep | undefined {
    if (partition.leader < 0) return undefined
    return answerProposal(
      partition,
      this.#map.row(partition.row).proposal(partition.slots.indexOf(partition.leader)),
      see,
    )
  }

  #balanced(partition: PartitionImage, see: SeeReplica, nowMs: number): PartitionStep | undefined {
    const step = partition.leader < 0 ? undefined : electPreferred(partition, see)
    if (step !== undefined) {
      const {row} = partition
      return this.#unbalanced.start(row, nowMs + this.#options.leaderImbalanceCheckMs, nowMs) ? step : undefined
    }
    this.#unbalanced.stop(partition.row)
    return undefined
  }
}

function partitionAt({topic, index}: PartitionPlace): PartitionImage {
  return topic.partitions[index]!
}

interface Seat {
  readonly row: number
  readonly slot: number
  readonly broker: number
}

const UNSEEN = {lastEpoch: -1, writtenEnd: 0, followedEpoch: -1}

function sightOf(map: ClusterMap, image: MetadataImage, liveness: Liveness, {row, slot, broker}: Seat): ReplicaSight {
  const member = image.broker(broker)
  const line = map.row(row).replica(slot)
  // who has not been there since the start may still come
  if (member === undefined || (member.fenced && member.incarnation === 0)) return {...UNSEEN, standing: 'expected'}
  if (member.fenced) return {...UNSEEN, standing: line.isBlank ? 'away' : 'gone'}
  const {host} = line
  // a slot may have been somebody else's
  if (host < 0 || map.brokerOf(host) !== broker || !liveness.isHostAlive(host)) return {...UNSEEN, standing: 'expected'}
  const {lastEpoch, writtenEnd, followedEpoch} = line
  return {lastEpoch, writtenEnd, followedEpoch, standing: STANDINGS[line.state] ?? 'expected'}
}

const STANDINGS: Readonly<Record<number, Standing>> = {[STATE.running]: 'available', [STATE.failed]: 'gone'}

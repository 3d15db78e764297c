import type {ClusterMap} from '../cluster/cluster-map.ts'
import {THREAD, type ThreadLine} from '../cluster/thread-line.ts'
import type {BrokerImage, MetadataChange} from '../ensemble/metadata.ts'
import {write} from './admin.ts'
import type {Draft} from './draft.ts'
import type {Liveness} from './liveness.ts'
import type {Results, WriteRequest} from './requests.ts'
import {Settling} from './settling.ts'
import type {TopicDefaults} from './write-context.ts'

export interface HolderOptions {
  /** Of the start of the process: all coordinators of a cluster have the same. */
  readonly startId: string
  readonly electionWaitMs: number
  readonly leaderImbalanceCheckMs: number
  readonly topicDefaults: TopicDefaults
}

/** The holder of the lease at work: fences and readmits brokers, keeps partitions led, does what is asked; all on a draft. */
export class Holder {
  readonly #map: ClusterMap
  readonly #liveness: Liveness
  readonly #options: HolderOptions
  readonly #draft: Draft
  readonly #settling: Settling

  constructor(map: ClusterMap, draft: Draft, liveness: Liveness, options: HolderOptions) {
    this.#map = map
    this.#liveness = liveness
    this.#options = options
    this.#draft = draft
    this.#settling = new Settling(map, draft, liveness, {...options, topicDefaults: options.topicDefaults.configs})
    // the map is a new one: rows are numbered for it before anything is published
    if (draft.image.startId !== options.startId) draft.add({type: 'clusterStarted', startId: options.startId})
  }

  /** Lease epoch. */
  get epoch(): number {
    return this.#draft.epoch
  }

  write(request: WriteRequest, nowMs: number): Results[WriteRequest['type']] {
    const {topicDefaults: defaults} = this.#options
    return write(request, {draft: this.#draft, settling: this.#settling, map: this.#map, nowMs, defaults})
  }

  /** Looks at who came and went, and at what they ask for in the map. */
  look(line: ThreadLine, hosts: readonly number[], nowMs: number): void {
    line.marks.take(mark => this.#settling.markAlike(mark))
    // threads end one after the other, and none of that is a failure
    if (this.#map.closing) return
    for (const broker of this.#draft.image.brokers) this.#lookAt(broker, nowMs)
    for (const host of hosts) this.#settling.markHost(host)
    this.#settling.settle(nowMs)
  }

  /** What is to be committed. */
  takeChanges(): readonly MetadataChange[] {
    return this.#draft.takeChanges()
  }

  dueInMs(nowMs: number): number {
    return this.#settling.dueInMs(nowMs)
  }

  #lookAt({id, incarnation, directoryId, fenced, closing}: BrokerImage, nowMs: number): void {
    const line = this.#map.broker(id)
    const isSame = line.incarnation === incarnation && incarnation > 0
    const death = isSame ? this.#liveness.deathOf(line, nowMs) : 'has ended'
    if (!fenced && death !== undefined) {
      this.#draft.add({type: 'brokerFenced', broker: id, reason: death})
      this.#settling.mark(this.#draft.image.rowsOf(id))
    }
    // it was silent only; one that was started anew registers by itself
    const isBack = death === undefined && line.state === THREAD.running && closing !== true
    if (fenced && isBack) {
      this.#draft.add({type: 'brokerRegistered', broker: id, incarnation, directoryId, intact: true})
      this.#settling.mark(this.#draft.image.rowsOf(id))
    }
  }
}

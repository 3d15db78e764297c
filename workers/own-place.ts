import type {HostWay} from '../engine/broker/partition-appends.ts'
import type {RingPlace} from '../engine/broker/waiting-fetches.ts'
import type {ClusterMap} from '../engine/cluster/cluster-map.ts'
import {HostInboxes} from '../engine/cluster/host-inboxes.ts'
import type {Mailbox} from '../engine/cluster/mail.ts'
import type {GroupSurroundings} from './group-surroundings.ts'

type Surroundings = Pick<GroupSurroundings, 'allocateInbox' | 'claimPlace' | 'wallMs'>

/** Looking for a place among the threads is looking at all that have one. */
const CLAIM_AGAIN_MS = 1000

/**
 * A broker's place among the cluster's threads, whose doorbell hosts ring for what it waits for, and its inboxes to them: one for all that it sends. It is taken at first need: there are
 * few, and most brokers of a large cluster wait for nothing.
 */
export class OwnPlace implements RingPlace, HostWay {
  readonly #link: {readonly map: ClusterMap; readonly mailbox: Mailbox}
  readonly #around: Surroundings
  #place = -1
  /** When a place was looked for last. */
  #claimedMs = Number.NEGATIVE_INFINITY
  #inboxes: HostInboxes | undefined

  constructor(link: {readonly map: ClusterMap; readonly mailbox: Mailbox}, around: Surroundings) {
    this.#link = link
    this.#around = around
  }

  /** -1 before it is taken. */
  get place(): number {
    return this.#place
  }

  /** Itself, once there is a place: undefined while none is free. */
  get taken(): this | undefined {
    if (this.#place < 0) this.#claim()
    return this.#place < 0 ? undefined : this
  }

  get inboxes(): HostInboxes {
    const {map, mailbox} = this.#link
    this.#inboxes ??= new HostInboxes({map, mailbox, thread: this.#place}, this.#around.allocateInbox)
    return this.#inboxes
  }

  rings(): number {
    return this.#link.map.threads.doorbell(this.#place).count()
  }

  #claim(): void {
    const wallMs = this.#around.wallMs()
    // that clock may be set back
    if (Math.abs(wallMs - this.#claimedMs) < CLAIM_AGAIN_MS) return
    this.#claimedMs = wallMs
    this.#place = this.#around.claimPlace()
  }
}

import type {HostWay} from '../engine/broker/partition-appends.ts'
import type {RingPlace} from '../engine/broker/waiting-fetches.ts'
import type {ClusterMap} from '../engine/cluster/cluster-map.ts'
import {HostInboxes} from '../engine/cluster/host-inboxes.ts'
import type {Mailbox} from '../engine/cluster/mail.ts'

/**
 * A broker's place among the cluster's threads, whose doorbell hosts ring for what it waits for, and its inboxes to them: one for all that it sends. It is taken at first need: there are
 * few, and most brokers of a large cluster wait for nothing.
 */
export class OwnPlace implements RingPlace, HostWay {
  readonly #link: {readonly map: ClusterMap; readonly mailbox: Mailbox}
  readonly #claim: () => number
  readonly #allocate: (slots: number) => SharedArrayBuffer
  #place = -1
  #inboxes: HostInboxes | undefined

  constructor(
    link: {readonly map: ClusterMap; readonly mailbox: Mailbox},
    {claimPlace, allocateInbox}: {claimPlace: () => number; allocateInbox: (slots: number) => SharedArrayBuffer},
  ) {
    this.#link = link
    this.#claim = claimPlace
    this.#allocate = allocateInbox
  }

  /** -1 before it is taken. */
  get place(): number {
    return this.#place
  }

  /** Itself, once there is a place: undefined while none is free. */
  get taken(): this | undefined {
    if (this.#place < 0) this.#place = this.#claim()
    return this.#place < 0 ? undefined : this
  }

  get inboxes(): HostInboxes {
    const {map, mailbox} = this.#link
    this.#inboxes ??= new HostInboxes({map, mailbox, thread: this.#place}, this.#allocate)
    return this.#inboxes
  }

  rings(): number {
    return this.#link.map.threads.doorbell(this.#place).count()
  }
}

import type {ClusterMap} from '../engine/cluster/cluster-map.ts'
import type {HostInbox} from '../engine/cluster/host-inbox.ts'
import {HostInboxes} from '../engine/cluster/host-inboxes.ts'
import type {Mailbox} from '../engine/cluster/mail.ts'
import type {Parking} from './parking.ts'

/** What a thread has of a cluster: the map, its place, its doorbell, its way to hosts. */
export class ClusterLink {
  readonly map: ClusterMap
  /** This thread's place among the cluster's threads. */
  readonly thread: number
  readonly parking: Parking
  readonly mailbox: Mailbox
  readonly #inboxes: HostInboxes

  constructor(options: {
    map: ClusterMap
    thread: number
    parking: Parking
    mailbox: Mailbox
    /** Makes an inbox of so many slots, or more. */
    allocateInbox: (slots: number) => SharedArrayBuffer
  }) {
    this.map = options.map
    this.thread = options.thread
    this.parking = options.parking
    this.mailbox = options.mailbox
    this.#inboxes = new HostInboxes(options, options.allocateInbox)
  }

  /** The inbox to a host as it runs now, for a batch of `length` bytes, or undefined until there is one that is large enough. */
  inboxTo(host: number, length: number): HostInbox | undefined {
    return this.#inboxes.inboxTo(host, length)
  }

  /** Tells a host of its inbox again, unless it has answered. */
  attach(host: number): void {
    this.#inboxes.attach(host)
  }

  /** What the inboxes to all hosts take. */
  get inboxBytes(): number {
    return this.#inboxes.bytes
  }

  /** Tells the hosts that this thread goes. */
  close(): void {
    this.#inboxes.close()
  }
}

import type {ClusterMap} from '../engine/cluster/cluster-map.ts'
import type {Mailbox} from '../engine/cluster/mail.ts'
import {InboxSender} from '../engine/memory/inbox.ts'
import {HostInbox} from './host-inbox.ts'
import type {Parking} from './parking.ts'

/** What a thread has of a cluster: the map, its place, its doorbell, its way to hosts. */
export class ClusterLink {
  readonly map: ClusterMap
  /** This thread's place among the cluster's threads. */
  readonly thread: number
  readonly parking: Parking
  readonly mailbox: Mailbox
  readonly #allocate: () => SharedArrayBuffer
  readonly #inboxes = new Map<number, HostInbox>()

  constructor(options: {
    map: ClusterMap
    thread: number
    parking: Parking
    mailbox: Mailbox
    allocateInbox: () => SharedArrayBuffer
  }) {
    this.map = options.map
    this.thread = options.thread
    this.parking = options.parking
    this.mailbox = options.mailbox
    this.#allocate = options.allocateInbox
  }

  /** The inbox to a host as it runs now; made at the first use, and where the host was started anew. */
  inboxTo(host: number): HostInbox {
    const {map, mailbox, thread} = this
    const {incarnation} = map.host(host)
    const known = this.#inboxes.get(host)
    if (known?.incarnation === incarnation) return known
    // the memory of one whose reader has ended is used again, unless it holds what is still to be sent elsewhere
    const memory = known?.sender.isIdle ? known.memory : this.#allocate()
    const made = new HostInbox({map, mailbox, thread}, {host, incarnation, memory, sender: new InboxSender(memory)})
    this.#inboxes.set(host, made)
    made.attach()
    return made
  }

  /** Tells the hosts that this thread goes. */
  close(): void {
    for (const {host} of this.#inboxes.values())
      this.mailbox.send(`host-${host}`, {type: 'detach', thread: this.thread})
    this.#inboxes.clear()
  }
}

import type {ClusterMap} from '../engine/cluster/cluster-map.ts'
import type {Mailbox} from '../engine/cluster/mail.ts'
import {InboxSender, slotsFor} from '../engine/memory/inbox.ts'
import {HostInbox} from './host-inbox.ts'
import type {Parking} from './parking.ts'

/** What a thread has of a cluster: the map, its place, its doorbell, its way to hosts. */
export class ClusterLink {
  readonly map: ClusterMap
  /** This thread's place among the cluster's threads. */
  readonly thread: number
  readonly parking: Parking
  readonly mailbox: Mailbox
  readonly #allocate: (slots: number) => SharedArrayBuffer
  readonly #inboxes = new Map<number, HostInbox>()
  #inboxesMade = 0
  /** Slots that a batch to a host is in want of, where its inbox has fewer. */
  readonly #wanted = new Map<number, number>()

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
    this.#allocate = options.allocateInbox
  }

  /**
   * The inbox to a host as it runs now, for a batch of `length` bytes; made at the first use, and where the host was started anew. One
   * that is too small for the batch is replaced once nothing is in it: until then nobody gets it, and undefined is returned.
   */
  inboxTo(host: number, length: number): HostInbox | undefined {
    const {incarnation} = this.map.host(host)
    const known = this.#inboxes.get(host)
    const slots = 2 * slotsFor(length)
    if (known === undefined) return this.#make(host, incarnation, this.#allocate(slots))
    if (length > 0 && slotsFor(length) > known.sender.slots)
      this.#wanted.set(host, Math.max(slots, this.#wanted.get(host) ?? 0))
    const wanted = this.#wanted.get(host)
    if (known.incarnation === incarnation && wanted === undefined) return known
    // the memory of one whose reader has ended is used again, unless it holds what is still to be sent elsewhere
    if (wanted === undefined)
      return this.#make(host, incarnation, known.sender.isIdle ? known.memory : this.#allocate(slots))
    if (known.incarnation === incarnation && !known.sender.isIdle) return undefined
    this.#wanted.delete(host)
    return this.#make(host, incarnation, this.#allocate(wanted))
  }

  /** Tells a host of its inbox again, unless it has answered. */
  attach(host: number): void {
    this.#inboxes.get(host)?.attach()
  }

  #make(host: number, incarnation: number, memory: SharedArrayBuffer): HostInbox {
    const {map, mailbox, thread} = this
    const number = this.#inboxesMade++
    const sender = new InboxSender(memory)
    const made = new HostInbox({map, mailbox, thread}, {host, incarnation, memory, sender, number})
    this.#inboxes.set(host, made)
    made.attach()
    return made
  }

  /** What the inboxes to all hosts take. */
  get inboxBytes(): number {
    let bytes = 0
    for (const {memory} of this.#inboxes.values()) bytes += memory.byteLength
    return bytes
  }

  /** Tells the hosts that this thread goes. */
  close(): void {
    for (const {host} of this.#inboxes.values())
      this.mailbox.send(`host-${host}`, {type: 'detach', thread: this.thread})
    this.#inboxes.clear()
  }
}

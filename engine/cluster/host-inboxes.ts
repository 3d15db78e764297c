import {InboxSender, slotsFor} from '../memory/inbox.ts'
import type {ClusterMap} from './cluster-map.ts'
import {HostInbox} from './host-inbox.ts'
import type {Mailbox} from './mail.ts'

/** A thread's inboxes, one to each host that it sends to. */
export class HostInboxes {
  readonly #link: {readonly map: ClusterMap; readonly mailbox: Mailbox; readonly thread: number}
  readonly #allocate: (slots: number) => SharedArrayBuffer
  readonly #inboxes = new Map<number, HostInbox>()
  #made = 0
  /** Slots that a batch to a host is in want of, where its inbox has fewer. */
  readonly #wanted = new Map<number, number>()

  /** `allocate` makes an inbox of so many slots, or more. */
  constructor(
    link: {readonly map: ClusterMap; readonly mailbox: Mailbox; readonly thread: number},
    allocate: (slots: number) => SharedArrayBuffer,
  ) {
    this.#link = link
    this.#allocate = allocate
  }

  /**
   * The inbox to a host as it runs now, for a batch of `length` bytes; made at the first use, and where the host was started anew. One
   * that is too small for the batch is replaced once nothing is in it: until then nobody gets it, and undefined is returned.
   */
  inboxTo(host: number, length: number): HostInbox | undefined {
    const {incarnation} = this.#link.map.host(host)
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

  get bytes(): number {
    let bytes = 0
    for (const {memory} of this.#inboxes.values()) bytes += memory.byteLength
    return bytes
  }

  /** Tells the hosts that this thread goes. */
  close(): void {
    const {mailbox, thread} = this.#link
    for (const {host} of this.#inboxes.values()) mailbox.send(`host-${host}`, {type: 'detach', thread})
    this.#inboxes.clear()
  }

  #make(host: number, incarnation: number, memory: SharedArrayBuffer): HostInbox {
    const sender = new InboxSender(memory)
    const made = new HostInbox(this.#link, {host, incarnation, memory, sender, number: this.#made++})
    this.#inboxes.set(host, made)
    made.attach()
    return made
  }
}

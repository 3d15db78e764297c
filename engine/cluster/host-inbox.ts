import type {InboxSender} from '../memory/inbox.ts'
import type {ClusterMap} from './cluster-map.ts'
import type {Mailbox} from './mail.ts'

/** A thread's inbox to one host: good for one incarnation of it. `number` tells it from every other one that the thread has had. */
export class HostInbox {
  readonly host: number
  readonly incarnation: number
  readonly memory: SharedArrayBuffer
  readonly sender: InboxSender
  readonly #name: string
  readonly #map: ClusterMap
  readonly #mailbox: Mailbox
  readonly #thread: number
  /** Where the host begins to read. */
  readonly #from: number
  #isKnown = false

  constructor(
    link: {map: ClusterMap; mailbox: Mailbox; thread: number},
    place: {host: number; incarnation: number; memory: SharedArrayBuffer; sender: InboxSender; number: number},
  ) {
    this.#map = link.map
    this.#mailbox = link.mailbox
    this.#thread = link.thread
    this.host = place.host
    this.incarnation = place.incarnation
    this.memory = place.memory
    this.sender = place.sender
    this.#from = place.sender.submitted
    // a place among the threads is given again: this thread's inboxes are not those of one that had it before and died
    this.#name = `${link.mailbox.address} ${place.number}`
  }

  /** Tells the host of the inbox. A host that is only starting does not hear it: while no answer came, it is told again. */
  attach(): void {
    if (this.#isKnown || this.hasEnded) return
    const {memory} = this
    this.#mailbox.send(`host-${this.host}`, {
      type: 'attach',
      thread: this.#thread,
      name: this.#name,
      inbox: memory,
      from: this.#from,
    })
  }

  /** The host has answered, so it has the inbox. */
  confirm(): void {
    this.#isKnown = true
  }

  /** Whether whoever read it has ended: nobody looks at its slots any more. */
  get hasEnded(): boolean {
    const line = this.#map.host(this.host)
    return line.incarnation !== this.incarnation || line.hasEnded
  }

  ring(): void {
    this.#map.host(this.host).doorbell.ring(this.#thread)
  }
}

import {type Address, EVERY, type Letter, type Mailbox} from '../../engine/cluster/mail.ts'

/** Mailboxes in memory. Letters go through a clone, as between threads. */
export class Post {
  readonly #boxes = new Map<Address, Letter[]>()

  /** An empty mailbox: what was sent to whoever had the address before is gone. */
  mailbox(address: Address): Mailbox {
    const box: Letter[] = []
    this.#boxes.set(address, box)
    return {
      address,
      send: (to, body) => this.#deliver({from: address, to, body: structuredClone(body)}),
      receive: () => box.shift(),
    }
  }

  #deliver(letter: Letter): void {
    const kind = letter.to === EVERY.broker ? 'broker-' : letter.to === EVERY.coordinator ? 'coordinator-' : undefined
    for (const [address, box] of this.#boxes)
      if (address === letter.to || (kind !== undefined && address.startsWith(kind))) box.push(letter)
  }
}

import type {HostInbox} from './host-inbox.ts'

interface LeftSlot {
  readonly inbox: HostInbox
  readonly slot: number
  readonly length: number
}

/** Slots that a host may still look at, though what was in them is sent elsewhere: they are used again once it has answered or ended. */
export class LeftSlots {
  #slots: LeftSlot[] = []

  get isEmpty(): boolean {
    return this.#slots.length === 0
  }

  add(inbox: HostInbox, slot: number, length: number): void {
    this.#slots.push({inbox, slot, length})
  }

  /** Tells their hosts again of the inboxes: one that only starts does not hear, and would never be through with what it does not know of. */
  attach(): void {
    for (const {inbox} of this.#slots) inbox.attach()
  }

  /** Frees those whose host is through with them; an answer to what was sent elsewhere means nothing. */
  free(): void {
    if (this.isEmpty) return
    this.#slots = this.#slots.filter(({inbox, slot, length}) => {
      if (!inbox.sender.isDone(slot) && !inbox.hasEnded) return true
      inbox.sender.free(slot, length)
      return false
    })
  }
}

import {type Address, EVERY, type Letter, type Mailbox} from '../../../engine/cluster/mail.ts'
import type {Chance} from '../../faults/chance.ts'
import type {VirtualTime} from './virtual-time.ts'

/** How letters fare: one in so many is lost, or late; those that must come to a live thread are only ever late. */
export interface Weather {
  readonly lost: number
  readonly late: number
  readonly lateMsMax: number
}

export const FAIR: Weather = {lost: Number.POSITIVE_INFINITY, late: Number.POSITIVE_INFINITY, lateMsMax: 1}

/** Letters that wait for one thread, for as long as that thread lives. */
export class Postbox implements Mailbox {
  readonly address: Address
  readonly #office: PostOffice
  readonly #letters: Letter[] = []
  /** Called with each letter that comes. */
  onLetter: () => void = () => {}

  constructor(office: PostOffice, address: Address) {
    this.#office = office
    this.address = address
  }

  get hasLetters(): boolean {
    return this.#letters.length > 0
  }

  send(to: Address, body: unknown): void {
    this.#office.send({from: this.address, to, body})
  }

  receive(): Letter | undefined {
    return this.#letters.shift()
  }

  put(letter: Letter): void {
    this.#letters.push(letter)
    this.onLetter()
  }
}

/** The letters of one process: in the order sent between any two, at most once, and only to who listens. */
export class PostOffice {
  weather: Weather = FAIR
  readonly #time: VirtualTime
  readonly #chance: Chance
  readonly #boxes = new Map<Address, Postbox>()
  /** When the last letter between two arrives. */
  readonly #arrivals = new Map<string, number>()
  readonly #afterSend: (to: Address) => void

  constructor(time: VirtualTime, chance: Chance, afterSend: (to: Address) => void) {
    this.#time = time
    this.#chance = chance
    this.#afterSend = afterSend
  }

  open(address: Address): Postbox {
    const box = new Postbox(this, address)
    this.#boxes.set(address, box)
    return box
  }

  close(box: Postbox): void {
    if (this.#boxes.get(box.address) === box) this.#boxes.delete(box.address)
  }

  send(letter: Letter): void {
    const {from, to} = letter
    for (const address of this.#receivers(letter)) {
      const box = this.#boxes.get(address)
      if (box === undefined) continue
      if (mayBeLost(letter, from, address) && this.#chance.oneIn(this.weather.lost)) continue
      this.#deliver(letter, box)
    }
    this.#afterSend(to)
  }

  #receivers({from, to}: Letter): Address[] {
    const kind = KINDS[to]
    if (kind === undefined) return [to]
    return [...this.#boxes.keys()].filter(address => address.startsWith(kind) && address !== from)
  }

  #deliver(letter: Letter, box: Postbox): void {
    const pair = `${letter.from} ${box.address}`
    const {nowMs} = this.#time
    const lateMs = this.#chance.oneIn(this.weather.late) ? 1 + this.#chance.below(this.weather.lateMsMax) : 0
    const arrivesMs = Math.max(this.#arrivals.get(pair) ?? 0, nowMs + lateMs)
    if (arrivesMs <= nowMs) {
      box.put(letter)
      return
    }
    this.#arrivals.set(pair, arrivesMs)
    this.#time.after(arrivesMs - nowMs, () => {
      if (this.#boxes.get(box.address) !== box) return
      box.put(letter)
      this.#afterSend(box.address)
    })
  }
}

const KINDS: Readonly<Record<string, string | undefined>> = {
  [EVERY.coordinator]: 'coordinator-',
  [EVERY.broker]: 'broker-',
  [EVERY.client]: 'client-',
}

/** Hosts are told things once, and so are brokers of what was committed: nobody asks them again. */
function mayBeLost({body}: Letter, from: Address, to: Address): boolean {
  const isNotice = (body as {type?: unknown}).type === 'metadata'
  return !isNotice && !from.startsWith('host-') && !to.startsWith('host-')
}

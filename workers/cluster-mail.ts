import {BroadcastChannel, receiveMessageOnPort} from 'node:worker_threads'
import type {ClusterMap} from '../engine/cluster/cluster-map.ts'
import {type Address, EVERY, type Letter, type Mailbox} from '../engine/cluster/mail.ts'
import {RING} from '../engine/memory/doorbell.ts'

/** Who a letter may be for: one thread, or every thread of a kind. A kind has a channel, each host one of its own. */
function channelOf(cluster: string, address: Address): string {
  if (address.startsWith('host-')) return `${cluster}/${address}`
  const kind = address.replace(/-.*$/, '')
  return `${cluster}/${kind.endsWith('s') ? kind : `${kind}s`}`
}

/**
 * A thread's mailbox over broadcast channels. It listens on one channel only; what it has for others goes through channels of their kinds. Such a
 * channel gets the letters of others, too. A thread with an event loop closes it at the end of the turn, and one without, in which nothing that was closed ever
 * goes, keeps it and throws away what came.
 */
export class ThreadMailbox implements Mailbox {
  readonly address: Address
  readonly #cluster: string
  readonly #map: ClusterMap
  readonly #own: BroadcastChannel
  readonly #ownName: string
  readonly #queue: Letter[] = []
  /** Channels to others, by name. */
  readonly #outgoing = new Map<string, BroadcastChannel>()
  #hasLoop = false

  constructor(cluster: string, map: ClusterMap, address: Address) {
    this.address = address
    this.#cluster = cluster
    this.#map = map
    this.#ownName = channelOf(cluster, address)
    this.#own = new BroadcastChannel(this.#ownName)
    this.#own.unref()
  }

  send(to: Address, body: unknown): void {
    const letter: Letter = {from: this.address, to, body}
    const name = channelOf(this.#cluster, to)
    if (name === this.#ownName) this.#own.postMessage(letter)
    else this.#channelTo(name).postMessage(letter)
    this.#ring(to)
  }

  receive(): Letter | undefined {
    if (!this.#hasLoop) for (const channel of this.#outgoing.values()) while (receive(channel) !== undefined);
    for (;;) {
      const letter = this.#queue.shift() ?? (receive(this.#own)?.message as Letter | undefined)
      if (letter === undefined || this.#isMine(letter)) return letter
    }
  }

  /** For a thread with an event loop: `look` is called when something has come. */
  onLetters(look: () => void): void {
    this.#hasLoop = true
    this.#closeOutgoing()
    this.#own.onmessage = event => {
      this.#queue.push((event as {data: Letter}).data)
      look()
    }
    this.#own.unref()
  }

  close(): void {
    this.#own.close()
    this.#closeOutgoing()
  }

  #channelTo(name: string): BroadcastChannel {
    const open = this.#outgoing.get(name)
    if (open !== undefined) return open
    const channel = new BroadcastChannel(name)
    channel.unref()
    if (this.#hasLoop && this.#outgoing.size === 0) setImmediate(() => this.#closeOutgoing())
    this.#outgoing.set(name, channel)
    return channel
  }

  #closeOutgoing(): void {
    for (const channel of this.#outgoing.values()) channel.close()
    this.#outgoing.clear()
  }

  #isMine({to}: Letter): boolean {
    return to === this.address || to === EVERY.coordinator || to === EVERY.broker || to === EVERY.client
  }

  /** Threads that sleep on their doorbell do not hear a channel. */
  #ring(to: Address): void {
    if (to === EVERY.coordinator) this.#map.ringCoordinators()
    else if (to.startsWith('coordinator-')) this.#map.coordinator(numberOf(to)).doorbell.ring(RING.control)
    else if (to.startsWith('host-')) this.#map.host(numberOf(to)).doorbell.ring(RING.control)
  }
}

function receive(channel: BroadcastChannel): {message: unknown} | undefined {
  return receiveMessageOnPort(channel as unknown as Parameters<typeof receiveMessageOnPort>[0])
}

function numberOf(address: Address): number {
  return Number(address.slice(address.indexOf('-') + 1))
}

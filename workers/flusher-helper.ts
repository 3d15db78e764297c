import {MessageChannel, type MessagePort, receiveMessageOnPort} from 'node:worker_threads'
import type {Doorbell} from '../engine/memory/doorbell.ts'
import {allocateFlushOrder, FlushOrder} from '../engine/memory/flush-order.ts'
import type {FlusherData} from './flusher-thread.ts'
import {threadIsAlive} from './thread-id.ts'
import {startThread} from './thread-start.ts'

/** A flusher thread that was started, with the memory it shares with the replica thread. */
export class FlusherHelper {
  readonly line: FlushOrder
  readonly #life: MessagePort
  #nativeId = 0
  #ended = false

  /** Throws where the system has no thread to give. */
  constructor(doorbell: Doorbell, entry: string) {
    const order = allocateFlushOrder()
    const {port1, port2} = new MessageChannel()
    const {memory, byteOffset} = doorbell
    const data: FlusherData = {order, replicaDoorbell: {memory, byteOffset}, life: port2}
    this.line = new FlushOrder(order)
    this.#life = port1
    startThread(entry, {role: 'flusher', data, name: 'odradek-flusher', transferList: [port2]})
  }

  /** Asked, because a thread that sleeps on a doorbell hears no `exit`. One that was killed tells nothing; the system does. */
  isDead(): boolean {
    for (let received = this.#receive(); received !== undefined; received = this.#receive()) {
      if (received === 'ended') this.#ended = true
      else this.#nativeId = received
    }
    return this.#ended || !threadIsAlive(this.#nativeId)
  }

  #receive(): number | 'ended' | undefined {
    return receiveMessageOnPort(this.#life)?.message
  }
}

import type {LogMap} from '../engine/cluster/log-map.ts'
import {THREADS_MAX} from '../engine/limits.ts'
import {allocateInbox, InboxReceiver} from '../engine/memory/inbox.ts'
import type {ControlMessage} from './replica-data.ts'
import {threadIsAlive} from './thread-id.ts'

/** Place of the thread that opened the log: it is never given up. */
export const OPENER = 0

interface Attachment {
  readonly memory: SharedArrayBuffer
  readonly inbox: InboxReceiver
}

/**
 * The threads attached to a replica thread and their inboxes. Inboxes are kept for the next thread when one leaves: shared
 * memory is never allocated anew for what comes and goes.
 */
export class Attachments {
  readonly #map: LogMap
  readonly #slots: number
  readonly #byThread: (Attachment | undefined)[] = []
  readonly #spare: SharedArrayBuffer[] = []

  constructor(map: LogMap, own: {memory: SharedArrayBuffer; slots: number}) {
    this.#map = map
    this.#slots = own.slots
    this.#byThread[OPENER] = {memory: own.memory, inbox: new InboxReceiver(own.memory)}
  }

  get count(): number {
    return this.threads().length
  }

  inbox(thread: number): InboxReceiver | undefined {
    return this.#byThread[thread]?.inbox
  }

  threads(): number[] {
    return [...this.#byThread.keys()].filter(thread => this.#byThread[thread] !== undefined)
  }

  /** Takes back the places of threads that died without a word, some before they had an inbox. */
  sweep(): void {
    const {threads} = this.#map
    for (let thread = OPENER + 1; thread < THREADS_MAX; thread++) {
      if (threadIsAlive(threads.nativeId(thread))) continue
      if (this.inbox(thread) === undefined) threads.free(thread)
      else this.detach(thread)
    }
  }

  /** Gives a thread its inbox; where there is no memory for one, only that thread is the worse for it. */
  attach(thread: number, asked: string): ControlMessage {
    const before = this.#byThread[thread]
    if (before !== undefined) this.#spare.push(before.memory)
    let memory = this.#spare.pop()
    try {
      memory ??= allocateInbox(this.#slots)
    } catch (error) {
      // what ends here is the attempt of one thread, which may ask again
      return {type: 'refused', thread, asked, why: (error as RangeError).message}
    }
    this.#byThread[thread] = {memory, inbox: new InboxReceiver(memory)}
    // a good time to look: threads that come are threads that may go
    this.sweep()
    return {type: 'attached', thread, asked, inbox: memory}
  }

  detach(thread: number): void {
    const attachment = this.#byThread[thread]
    if (attachment === undefined) return
    this.#spare.push(attachment.memory)
    this.#byThread[thread] = undefined
    this.#map.threads.free(thread)
  }
}

import type {Worker} from 'node:worker_threads'
import type {Doorbell} from '../engine/memory/doorbell.ts'
import {allocateFlushOrder, FlushOrder} from '../engine/memory/flush-order.ts'
import type {FlusherData} from './flusher-thread.ts'
import type {Flusher, SyncAnswer} from './replica-agent.ts'
import {startThread} from './thread-start.ts'

/**
 * The replica thread's way to its flusher. The thread is started at the first sync and takes some twenty milliseconds
 * to come up; syncs before that are done here.
 */
export class FlusherThread implements Flusher {
  readonly #order = allocateFlushOrder()
  readonly #line = new FlushOrder(this.#order)
  readonly #doorbell: FlusherData['replicaDoorbell']
  readonly #entry: string
  #worker: Worker | undefined
  #ordered = false

  /** `entry` is the script of our threads. */
  constructor(doorbell: Doorbell, entry: string) {
    this.#entry = entry
    this.#doorbell = {memory: doorbell.memory, byteOffset: doorbell.byteOffset}
  }

  start(files: readonly {readonly fd: number; sync(): void}[]): SyncAnswer | undefined {
    if (this.#worker === undefined && !this.#startThread()) return syncHere(files)
    if (!this.#line.isUp) return syncHere(files)
    this.#line.order(files.map(file => file.fd))
    this.#line.doorbell.ring(0)
    this.#ordered = true
    return undefined
  }

  /** False where the system has no thread to give: syncs are done here then, and the next one asks again. */
  #startThread(): boolean {
    try {
      const data: FlusherData = {order: this.#order, replicaDoorbell: this.#doorbell}
      this.#worker = startThread(this.#entry, {role: 'flusher', data, name: 'odradek-flusher'})
      return true
    } catch {
      return false
    }
  }

  answer(): SyncAnswer | undefined {
    if (!this.#ordered || this.#line.isOpen()) return undefined
    this.#ordered = false
    const errno = this.#line.failure()
    return {error: errno === 0 ? undefined : new Error(`fdatasync failed with error number ${errno}`)}
  }
}

function syncHere(files: readonly {sync(): void}[]): SyncAnswer {
  try {
    for (const file of files) file.sync()
    return {error: undefined}
  } catch (error) {
    return {error}
  }
}

import {readInt64, writeInt64} from '../bytes/int64.ts'
import {IndexFile} from './index-file.ts'
import type {Storage} from './storage.ts'

export const TIME_ENTRY_BYTES = 12

/** `.timeindex` (Kafka's `TimeIndex`): the greatest timestamp so far, and the last offset, relative to the base, of the batch that holds it. Both only grow. */
export class TimeIndex extends IndexFile {
  #lastTimestamp: number

  constructor(storage: Storage, path: string, options: {empty: boolean}) {
    super(storage, path, {entryBytes: TIME_ENTRY_BYTES, empty: options.empty})
    const timestamp = this.lastFound === undefined ? -1 : readInt64(this.lastFound, 0)
    // a damaged entry must not keep the segment from taking further ones
    this.#lastTimestamp = Number.isNaN(timestamp) ? -1 : timestamp
  }

  /** Greatest timestamp indexed, -1 when there is none. */
  get lastTimestamp(): number {
    return this.#lastTimestamp
  }

  /** Adds an entry if the timestamp is greater than the last one. */
  appendGreater(timestamp: number, relativeOffset: number): void {
    if (timestamp <= this.#lastTimestamp) return
    const {view, at} = this.next()
    writeInt64(view, at, timestamp)
    view.setInt32(at + 8, relativeOffset)
    this.#lastTimestamp = timestamp
  }

  /** Forgets the entries from `count` on; `lastTimestamp` is that of the last one that stays. */
  cut(count: number, lastTimestamp: number): void {
    this.forget(count)
    this.#lastTimestamp = lastTimestamp
  }
}

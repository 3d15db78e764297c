import {readInt64, writeInt64} from '../bytes/int64.ts'
import {IndexFile} from './index-file.ts'
import type {Storage} from './storage.ts'

export const TIME_ENTRY_BYTES = 12

/** `.timeindex` (Kafka's `TimeIndex`): the greatest timestamp so far, and the last offset, relative to the base, of the batch that holds it. Both only grow. */
export class TimeIndex extends IndexFile {
  #lastTimestamp: number

  constructor(storage: Storage, path: string, keep?: number) {
    super(storage, path, keep === undefined ? {entryBytes: TIME_ENTRY_BYTES} : {entryBytes: TIME_ENTRY_BYTES, keep})
    this.#lastTimestamp = this.#timestampOfLast()
  }

  /** Greatest timestamp indexed, -1 when there is none. */
  get lastTimestamp(): number {
    return this.#lastTimestamp
  }

  get lastRelativeOffset(): number {
    if (this.count === 0) return 0
    const {view, at} = this.entry(this.count - 1)
    return view.getInt32(at + 8)
  }

  /** Adds an entry if the timestamp is greater than the last one. */
  appendGreater(timestamp: number, relativeOffset: number): void {
    if (timestamp <= this.#lastTimestamp) return
    const {view, at} = this.next()
    writeInt64(view, at, timestamp)
    view.setInt32(at + 8, relativeOffset)
    this.#lastTimestamp = timestamp
  }

  override cut(count: number): void {
    super.cut(count)
    this.#lastTimestamp = this.#timestampOfLast()
  }

  /** How many entries name an offset below `relativeOffset`. */
  entriesBelow(relativeOffset: number): number {
    let count = this.count
    while (count > 0) {
      const {view, at} = this.entry(count - 1)
      if (view.getInt32(at + 8) < relativeOffset) break
      count--
    }
    return count
  }

  #timestampOfLast(): number {
    if (this.count === 0) return -1
    const {view, at} = this.entry(this.count - 1)
    return readInt64(view, at)
  }
}

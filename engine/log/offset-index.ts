import {IndexFile} from './index-file.ts'
import type {Storage} from './storage.ts'

export const OFFSET_ENTRY_BYTES = 8

/** `.index` (Kafka's `OffsetIndex`): last offset of a batch relative to the segment's base, and where that batch starts in the segment. */
export class OffsetIndex extends IndexFile {
  constructor(storage: Storage, path: string, options: {empty: boolean}) {
    super(storage, path, {entryBytes: OFFSET_ENTRY_BYTES, empty: options.empty})
  }

  append(relativeOffset: number, position: number): void {
    const {view, at} = this.next()
    view.setInt32(at, relativeOffset)
    view.setInt32(at + 4, position)
  }

  cut(count: number): void {
    this.forget(count)
  }
}

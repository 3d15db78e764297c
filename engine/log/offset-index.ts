import {IndexFile} from './index-file.ts'
import type {Storage} from './storage.ts'

export const OFFSET_ENTRY_BYTES = 8

/** `.index` (Kafka's `OffsetIndex`): last offset of a batch relative to the segment's base, and where that batch starts in the segment. */
export class OffsetIndex extends IndexFile {
  constructor(storage: Storage, path: string, keep?: number) {
    super(storage, path, keep === undefined ? {entryBytes: OFFSET_ENTRY_BYTES} : {entryBytes: OFFSET_ENTRY_BYTES, keep})
  }

  append(relativeOffset: number, position: number): void {
    const {view, at} = this.next()
    view.setInt32(at, relativeOffset)
    view.setInt32(at + 4, position)
  }

  relativeOffset(slot: number): number {
    const {view, at} = this.entry(slot)
    return view.getInt32(at)
  }

  position(slot: number): number {
    const {view, at} = this.entry(slot)
    return view.getInt32(at + 4)
  }

  /** How many entries point below `position`. */
  entriesBelow(position: number): number {
    let count = this.count
    while (count > 0 && this.position(count - 1) >= position) count--
    return count
  }
}

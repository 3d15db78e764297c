import type {Crc32c} from '../bytes/crc32c.ts'
import {batchProblem} from '../record/batch-check.ts'
import {BATCH, baseOffset, batchSize, lastOffset} from '../record/record-batch.ts'
import type {StorageFile} from './storage.ts'

/** How much of a segment is read at a time. */
export const CHUNK_BYTES = 1024 * 1024

/** Where to look for an intact batch, and the offsets it may have: from `minOffset` on, all below `endOffset`. */
export interface IntactSearch {
  readonly from: number
  readonly size: number
  readonly minOffset: number
  readonly endOffset: number
  readonly crc32c: Crc32c
}

/** The first intact batch from a byte on, wherever it starts; the file's end and no offset where there is none. */
export function findIntact(file: StorageFile, search: IntactSearch): {position: number; offset: number | undefined} {
  const {from, size, minOffset, endOffset, crc32c} = search
  const bytes = new Uint8Array(Math.min(CHUNK_BYTES, size - from))
  const chunk = new DataView(bytes.buffer)
  let position = from
  while (position + BATCH.records <= size) {
    const length = file.read(bytes, 0, Math.min(bytes.length, size - position), position)
    for (let at = 0; at + BATCH.records <= length; at++) {
      // the cheapest test first: nearly every wrong place fails at the magic byte
      if (bytes[at + BATCH.magic] !== 2) continue
      const batchBytes = batchSize(chunk, at)
      if (batchBytes < BATCH.records || position + at + batchBytes > size) continue
      if (!(baseOffset(chunk, at) >= minOffset && lastOffset(chunk, at) < endOffset)) continue
      let whole = bytes.subarray(at, at + batchBytes)
      if (whole.length < batchBytes) {
        whole = new Uint8Array(batchBytes)
        file.read(whole, 0, batchBytes, position + at)
      }
      const view = new DataView(whole.buffer, whole.byteOffset, batchBytes)
      if (batchProblem(whole, view, 0, batchBytes, crc32c) === undefined)
        return {position: position + at, offset: baseOffset(view, 0)}
    }
    // the file got shorter meanwhile
    if (length < BATCH.records) break
    position += length - BATCH.records + 1
  }
  return {position: size, offset: undefined}
}

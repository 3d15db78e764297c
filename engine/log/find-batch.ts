import type {Crc32c} from '../bytes/crc32c.ts'
import {baseOffset, lastOffset} from '../record/record-batch.ts'
import {scanSegment} from './scan-segment.ts'
import type {StorageFile} from './storage.ts'

/** Where in a segment a batch lies. */
export interface FoundBatch {
  readonly position: number
  readonly baseOffset: number
}

/**
 * The first intact batch of a segment that holds `offset` or comes behind it, found by reading all of the segment: for a reader who
 * met bytes that do not add up. Undefined where the segment ends before it; a sentence where damage hides it.
 */
export function findBatch(
  file: StorageFile,
  offset: number,
  segment: {readonly baseOffset: number; readonly endOffset: number; readonly crc32c: Crc32c},
): FoundBatch | string | undefined {
  let found: FoundBatch | undefined
  const {damaged} = scanSegment(file, {
    ...segment,
    indexIntervalBytes: Number.POSITIVE_INFINITY,
    onBatch(view, at, position) {
      if (lastOffset(view, at) >= offset) found ??= {position, baseOffset: baseOffset(view, at)}
    },
  })
  const hidden = damaged.find(
    range => range.offset <= offset && offset < (range.nextOffset ?? Number.POSITIVE_INFINITY),
  )
  return hidden === undefined
    ? found
    : `segment ${segment.baseOffset} is damaged at byte ${hidden.position}: ${hidden.why}`
}

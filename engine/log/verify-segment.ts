import type {Crc32c} from '../bytes/crc32c.ts'
import {readInt64} from '../bytes/int64.ts'
import {BATCH, baseOffset, lastOffset, maxTimestamp} from '../record/record-batch.ts'
import {readWhole} from './files.ts'
import type {EpochStart} from './leader-epoch-checkpoint.ts'
import {OFFSET_ENTRY_BYTES} from './offset-index.ts'
import {type DamagedRange, scanSegment} from './scan-segment.ts'
import {SUFFIX, segmentFile} from './segment-files.ts'
import type {Storage} from './storage.ts'
import {TIME_ENTRY_BYTES} from './time-index.ts'

export interface VerifyRequest {
  readonly dir: string
  readonly baseOffset: number
  /** The first offset that is not this segment's: the next one's base, or what was written when the check began. */
  readonly endOffset: number
  readonly indexIntervalBytes: number
  readonly epochs: readonly EpochStart[]
}

/** What a full check of one segment and its indexes found. */
export interface SegmentVerdict {
  readonly baseOffset: number
  readonly endOffset: number
  readonly bytes: number
  readonly batches: number
  readonly records: number
  readonly damaged: readonly DamagedRange[]
  /** Everything else that is wrong, in words. */
  readonly problems: readonly string[]
}

/** What the indexes may speak of: batches, by position and by last offset. */
interface Batches {
  readonly lastOffsetAt: Map<number, number>
  readonly timestampOf: Map<number, number>
}

/**
 * Reads a segment and its indexes in full. Between the CRC, the order of offsets without a gap, the leader epochs and the batches
 * the indexes must point to, no byte of them is left unchecked. Bytes at or above `endOffset` may be in the making and are not judged.
 */
export function verifySegment(storage: Storage, request: VerifyRequest, crc32c: Crc32c): SegmentVerdict {
  const {dir, baseOffset: base, endOffset, epochs} = request
  const problems: string[] = []
  const batches: Batches = {lastOffsetAt: new Map(), timestampOf: new Map()}
  let expected = base
  let count = 0
  let records = 0
  const file = storage.open(segmentFile(dir, base, SUFFIX.log), 'read')
  try {
    const scan = scanSegment(file, {
      baseOffset: base,
      indexIntervalBytes: request.indexIntervalBytes,
      crc32c,
      onBatch(view, at, position) {
        const first = baseOffset(view, at)
        const last = lastOffset(view, at)
        if (first >= endOffset) return
        if (first !== expected) problems.push(`byte ${position}: offset ${first} follows ${expected - 1}`)
        const epoch = view.getInt32(at + BATCH.leaderEpoch)
        if (epoch !== epochAt(epochs, first))
          problems.push(`byte ${position}: leader epoch ${epoch} is not that of offset ${first}`)
        batches.lastOffsetAt.set(position, last)
        batches.timestampOf.set(last, maxTimestamp(view, at))
        expected = last + 1
        count++
        records += view.getInt32(at + BATCH.recordCount)
      },
    })
    const damaged = scan.damaged.filter(range => range.offset < endOffset)
    if (expected !== endOffset && damaged.length === 0) problems.push(`ends at offset ${expected}, not ${endOffset}`)
    problems.push(...offsetIndexProblems(storage, request, batches), ...timeIndexProblems(storage, request, batches))
    return {baseOffset: base, endOffset, bytes: scan.size, batches: count, records, damaged, problems}
  } finally {
    file.close()
  }
}

function epochAt(epochs: readonly EpochStart[], offset: number): number {
  let epoch = -1
  for (const start of epochs) if (start.startOffset <= offset) epoch = start.epoch
  return epoch
}

function offsetIndexProblems(storage: Storage, request: VerifyRequest, batches: Batches): string[] {
  return entryProblems(storage, request, {suffix: SUFFIX.index, entryBytes: OFFSET_ENTRY_BYTES}, (view, at) => {
    const last = request.baseOffset + view.getInt32(at)
    if (last >= request.endOffset) return undefined
    const position = view.getInt32(at + 4)
    return batches.lastOffsetAt.get(position) === last
      ? undefined
      : `no batch ends at offset ${last} and starts at byte ${position}`
  })
}

function timeIndexProblems(storage: Storage, request: VerifyRequest, batches: Batches): string[] {
  let before = -1
  return entryProblems(storage, request, {suffix: SUFFIX.timeIndex, entryBytes: TIME_ENTRY_BYTES}, (view, at) => {
    const timestamp = readInt64(view, at)
    const last = request.baseOffset + view.getInt32(at + 8)
    if (last >= request.endOffset) return undefined
    const ascends = timestamp > before
    before = timestamp
    return ascends && batches.timestampOf.get(last) === timestamp
      ? undefined
      : `no batch ends at offset ${last} with the greatest timestamp ${timestamp}`
  })
}

function entryProblems(
  storage: Storage,
  request: VerifyRequest,
  index: {suffix: typeof SUFFIX.index | typeof SUFFIX.timeIndex; entryBytes: number},
  problemAt: (view: DataView, at: number) => string | undefined,
): string[] {
  const bytes = readWhole(storage, segmentFile(request.dir, request.baseOffset, index.suffix))
  if (bytes === undefined) return [`${index.suffix} is missing`]
  const problems: string[] = []
  if (bytes.length % index.entryBytes !== 0)
    problems.push(`${index.suffix} has ${bytes.length} bytes, not whole entries`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  for (let at = 0; at + index.entryBytes <= bytes.length; at += index.entryBytes) {
    const problem = problemAt(view, at)
    if (problem !== undefined) problems.push(`${index.suffix} entry ${at / index.entryBytes}: ${problem}`)
  }
  return problems
}

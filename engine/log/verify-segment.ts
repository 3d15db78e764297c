import type {Crc32c} from '../bytes/crc32c.ts'
import {readInt64} from '../bytes/int64.ts'
import {BATCH, baseOffset, batchSize, indexedTimestamp, lastOffset} from '../record/record-batch.ts'
import {gapsOnRecord, readCleanerMark} from './cleaner-mark.ts'
import {readWhole} from './files.ts'
import {type EpochStart, epochAt} from './leader-epoch-checkpoint.ts'
import {CHECKPOINT, checkpointKey, readCheckpoint} from './offset-checkpoint.ts'
import {OFFSET_ENTRY_BYTES} from './offset-index.ts'
import {type DamagedRange, scanSegment} from './scan-segment.ts'
import {SUFFIX, type Suffix, segmentFile} from './segment-files.ts'
import type {Storage} from './storage.ts'
import {TIME_ENTRY_BYTES} from './time-index.ts'

export interface VerifyRequest {
  readonly dir: string
  readonly baseOffset: number
  /** The first offset that is not this segment's: the next one's base, or what was written when the check began. */
  readonly endOffset: number
  readonly indexIntervalBytes: number
  readonly epochs: readonly EpochStart[]
  /** The log is compacted, though a checkpoint may not say so yet. */
  readonly isCompacted?: boolean
  /** Another segment follows: this one's time index ends with its greatest timestamp. */
  readonly isClosed?: boolean
}

/** What a full check of one segment and its indexes found. */
export interface SegmentVerdict {
  readonly baseOffset: number
  readonly endOffset: number
  /** Offset behind the last intact batch below `endOffset`. */
  readonly nextOffset: number
  readonly bytes: number
  readonly batches: number
  readonly records: number
  readonly damaged: readonly DamagedRange[]
  /** Everything else that is wrong, in words; of a great many the first ones and their number. */
  readonly problems: readonly string[]
}

/** Sentences told of one segment. */
const PROBLEMS_MAX = 100

/** An index file as it was read. */
interface Entries {
  readonly suffix: Suffix
  readonly entryBytes: number
  readonly view: DataView | undefined
}

/** What the entries of the indexes must agree with: the batches they name, and where and at what time the log ends. */
interface Batches {
  readonly lastOffsetAt: Map<number, number>
  readonly timestampOf: Map<number, number>
  end: number
  largestTimestamp: number
}

/**
 * Reads a segment and its indexes in full. Between the CRC, the order of offsets without a gap, but for those that compaction left, the leader epochs and the batches
 * the indexes must point to, no byte of them is left unchecked. Bytes at or above `endOffset` may be in the making and are not judged.
 */
export function verifySegment(
  storage: Storage,
  request: VerifyRequest,
  crc32c: Crc32c,
  onProgress?: (bytes: number) => void,
): SegmentVerdict {
  const {dir, baseOffset: base, endOffset, epochs} = request
  const problems = new Problems()
  // the indexes first: an entry is stored after its batch, so what it names is found below
  const offsets = readEntries(storage, request, SUFFIX.index, OFFSET_ENTRY_BYTES)
  const times = readEntries(storage, request, SUFFIX.timeIndex, TIME_ENTRY_BYTES)
  const named = {
    positions: new Set(each(offsets, (view, at) => view.getInt32(at + 4))),
    offsets: new Set(each(times, (view, at) => base + view.getInt32(at + 8))),
  }
  const batches: Batches = {lastOffsetAt: new Map(), timestampOf: new Map(), end: 0, largestTimestamp: -1}
  const cleaned = cleanedBelow(storage, dir)
  const gapsBelow = gapsOnRecord(readCleanerMark(storage, dir), cleaned ?? 0) ?? cleaned ?? 0
  const mayHaveGaps = request.isCompacted || cleaned !== undefined
  let expected = base
  let count = 0
  let records = 0
  const file = storage.open(segmentFile(dir, base, SUFFIX.log), 'read')
  try {
    const scan = scanSegment(file, {
      baseOffset: base,
      endOffset,
      indexIntervalBytes: request.indexIntervalBytes,
      crc32c,
      ...(onProgress === undefined ? {} : {onProgress}),
      onBatch(view, at, position) {
        const first = baseOffset(view, at)
        const last = lastOffset(view, at)
        const timestamp = indexedTimestamp(view, at)
        if (first >= endOffset) return
        if (first !== expected && !mayHaveGaps)
          problems.add(`byte ${position}: offset ${first} follows ${expected - 1}`)
        const epoch = view.getInt32(at + BATCH.leaderEpoch)
        if (epoch !== epochAt(epochs, first))
          problems.add(`byte ${position}: leader epoch ${epoch} is not that of offset ${first}`)
        if (named.positions.has(position)) batches.lastOffsetAt.set(position, last)
        if (named.offsets.has(last)) batches.timestampOf.set(last, timestamp)
        batches.end = position + batchSize(view, at)
        if (timestamp > batches.largestTimestamp) batches.largestTimestamp = timestamp
        expected = last + 1
        count++
        records += view.getInt32(at + BATCH.recordCount)
      },
    })
    const damaged = scan.damaged.filter(range => range.offset < endOffset)
    if (expected !== endOffset && endOffset > gapsBelow && damaged.length === 0)
      problems.add(`ends at offset ${expected}, not ${endOffset}`)
    problems.add(...offsetIndexProblems(offsets, request, batches), ...timeIndexProblems(times, request, batches))
    const greatest = Math.max(-1, ...each(times, (view, at) => readInt64(view, at)).slice(-1))
    if (request.isClosed && damaged.length === 0 && greatest < batches.largestTimestamp)
      problems.add(`.timeindex ends with timestamp ${greatest}, the greatest is ${batches.largestTimestamp}`)
    const {size: bytes} = scan
    return {
      baseOffset: base,
      endOffset,
      nextOffset: expected,
      bytes,
      batches: count,
      records,
      damaged,
      problems: problems.list(),
    }
  } finally {
    file.close()
  }
}

/**
 * Below that Kafka's cleaner, where it was that one, may have left gaps also between segments; within them a follower may have copied gaps wherever they were.
 * Undefined where the log is not compacted, as far as the checkpoint tells.
 */
function cleanedBelow(storage: Storage, dir: string): number | undefined {
  const [, dataDir, topic, partition] = /^(.*)\/(.+)-(\d+)$/.exec(dir) ?? []
  if (topic === undefined) return undefined
  return readCheckpoint(storage, `${dataDir}/${CHECKPOINT.cleaned}`).get(checkpointKey(topic, Number(partition)))
}

/** Where everything is wrong, as many sentences as there are batches would help nobody. */
class Problems {
  readonly #first: string[] = []
  #more = 0

  add(...problems: string[]): void {
    for (const problem of problems) {
      if (this.#first.length < PROBLEMS_MAX) this.#first.push(problem)
      else this.#more++
    }
  }

  list(): string[] {
    return this.#more === 0 ? this.#first : [...this.#first, `and ${this.#more} more`]
  }
}

function offsetIndexProblems(entries: Entries, request: VerifyRequest, batches: Batches): string[] {
  return problemsOf(entries, (view, at) => {
    const last = request.baseOffset + view.getInt32(at)
    const position = view.getInt32(at + 4)
    if (last >= request.endOffset && position >= batches.end) return undefined
    return batches.lastOffsetAt.get(position) === last
      ? undefined
      : `no batch ends at offset ${last} and starts at byte ${position}`
  })
}

function timeIndexProblems(entries: Entries, request: VerifyRequest, batches: Batches): string[] {
  let before = -1
  return problemsOf(entries, (view, at) => {
    const timestamp = readInt64(view, at)
    const last = request.baseOffset + view.getInt32(at + 8)
    if (last >= request.endOffset && timestamp > batches.largestTimestamp) return undefined
    const ascends = timestamp > before
    before = timestamp
    return ascends && batches.timestampOf.get(last) === timestamp
      ? undefined
      : `no batch ends at offset ${last} with the greatest timestamp ${timestamp}`
  })
}

function readEntries(storage: Storage, request: VerifyRequest, suffix: Suffix, entryBytes: number): Entries {
  const bytes = readWhole(storage, segmentFile(request.dir, request.baseOffset, suffix))
  const view = bytes === undefined ? undefined : new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  return {suffix, entryBytes, view}
}

function problemsOf(entries: Entries, problemAt: (view: DataView, at: number) => string | undefined): string[] {
  const {suffix, entryBytes, view} = entries
  if (view === undefined) return [`${suffix} is missing`]
  const problems = each(entries, problemAt).flatMap((problem, slot) =>
    problem === undefined ? [] : [`${suffix} entry ${slot}: ${problem}`],
  )
  if (view.byteLength % entryBytes !== 0) problems.push(`${suffix} has ${view.byteLength} bytes, not whole entries`)
  return problems
}

/** What `tell` makes of every whole entry. */
function each<T>({view, entryBytes}: Entries, tell: (view: DataView, at: number) => T): T[] {
  const told: T[] = []
  if (view === undefined) return told
  for (let at = 0; at + entryBytes <= view.byteLength; at += entryBytes) told.push(tell(view, at))
  return told
}

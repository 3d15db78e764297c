import type {Crc32c} from '../bytes/crc32c.ts'
import {OdradekError} from '../errors.ts'
import {INT32_MAX} from '../limits.ts'
import {sealBatch} from '../record/batch-check.ts'
import {ATTRIBUTES, BATCH, batchSize, hasProducer, lastOffset, producerId} from '../record/record-batch.ts'
import {RecordWalker} from '../record/record-walker.ts'
import {codecOf, type Decompress, repack} from '../record/repack.ts'
import {cleanBatch} from './clean-batch.ts'
import type {CleanedGroup, CleanJob, CleanResult} from './clean-job.ts'
import {removeCleaned} from './cleaned-files.ts'
import {CleanedSegment} from './cleaned-segment.ts'
import {syncDirectory} from './files.ts'
import {OffsetMap} from './offset-map.ts'
import {scanSegment} from './scan-segment.ts'
import {ActiveSegment} from './segment.ts'
import {ENDING, SUFFIX, segmentFile} from './segment-files.ts'
import type {Storage} from './storage.ts'

/** Compression as the thread has it; undefined for a codec that is not at hand. */
export interface Codecs {
  readonly decompress: Decompress
  compress(codec: number, bytes: Uint8Array): Uint8Array | undefined
}

export interface CleanerWorld {
  readonly storage: Storage
  readonly crc32c: Crc32c
  readonly codecs: Codecs
  /** Memory for the keys of what is dirty. */
  readonly offsetMapBytes: number
  /** Called after every so many bytes that were read: the thread may rest. */
  readonly pause: (bytes: number) => void
}

/**
 * Compacts segments (Kafka's `Cleaner`): notes the last offset of each key in what is dirty, then writes the log anew from its start, without
 * the records that have been followed by another of their key, as `*.cleaned` files beside those that are there. It reads files that
 * nobody writes, owns nothing, and changes nothing that anybody sees: the log's owner puts what comes out in the place of what was.
 */
export function cleanSegments(world: CleanerWorld, job: CleanJob): CleanResult {
  const cleaner = new Cleaner(world, job)
  cleaner.readKeys()
  return cleaner.write()
}

class Cleaner {
  readonly #world: CleanerWorld
  readonly #job: CleanJob
  readonly #map: OffsetMap
  readonly #producers: ReadonlyMap<number, number>
  /** What lies at or above was not looked at, and stays as it is. */
  #mapEnd: number
  /** Read since the thread could rest, of whatever segment. */
  #bytesSincePause = 0

  constructor(world: CleanerWorld, job: CleanJob) {
    this.#world = world
    this.#job = job
    this.#map = new OffsetMap(world.offsetMapBytes)
    this.#producers = new Map(job.producers)
    this.#mapEnd = job.firstDirtyOffset
  }

  /** Notes the keys of what is dirty, whole batches, as many as there is memory for, and of one at least. */
  readKeys(): void {
    const {bases, firstDirtyOffset, endOffset} = this.#job
    for (const [i, base] of bases.entries()) {
      if (this.#endOf(i) <= firstDirtyOffset) continue
      if (this.#map.isFull) return
      let isWhole = true
      this.#read(base, this.#endOf(i), (stored, view, at) => {
        if (lastOffset(view, at) < firstDirtyOffset) return
        if (this.#map.isFull) {
          isWhole = false
          return
        }
        const walker = new RecordWalker(this.#plain(stored))
        walker.enter(0)
        while (walker.next())
          if (walker.keyLength >= 0) this.#map.put(walker.bytes, walker.keyStart, walker.keyLength, walker.offset)
        if (walker.problem !== undefined) throw new OdradekError('CORRUPT_MESSAGE', walker.problem)
        this.#mapEnd = lastOffset(view, at) + 1
      })
      if (!isWhole) return
    }
    this.#mapEnd = endOffset
  }

  /** Writes what stays, and puts it on stable storage, names included. */
  write(): CleanResult {
    const {storage} = this.#world
    const {dir, bases} = this.#job
    // of a job that was cut short, or that nobody took anything of
    removeCleaned(storage, dir)
    const count = bases.filter(base => base < this.#mapEnd).length
    const groups: CleanedGroup[] = []
    let bytesBefore = 0
    for (const group of this.#groups(count)) {
      const bytes = group.reduce((sum, base) => sum + this.#sizeOf(base, SUFFIX.log), 0)
      bytesBefore += bytes
      groups.push(this.#writeGroup(group, bytes))
    }
    syncDirectory(storage, dir)
    const bytesAfter = groups.reduce((sum, {size}) => sum + size, 0)
    return {endOffset: this.#mapEnd, groups, bytesBefore, bytesAfter}
  }

  /** Puts small neighbours together, as far as one segment and its indexes hold what they hold now. */
  #groups(count: number): number[][] {
    const {bases, segmentBytes, segmentIndexBytes} = this.#job
    const groups: number[][] = []
    let room = {log: 0, index: 0, time: 0}
    for (const [i, base] of bases.slice(0, count).entries()) {
      const log = this.#sizeOf(base, SUFFIX.log)
      const index = this.#sizeOf(base, SUFFIX.index)
      const time = this.#sizeOf(base, SUFFIX.timeIndex)
      const first = groups.at(-1)?.[0]
      const fits = log <= room.log && index <= room.index && time <= room.time
      if (first !== undefined && fits && this.#endOf(i) - 1 - first <= INT32_MAX) groups.at(-1)!.push(base)
      else {
        groups.push([base])
        room = {log: segmentBytes, index: segmentIndexBytes, time: segmentIndexBytes}
      }
      room = {log: room.log - log, index: room.index - index, time: room.time - time}
    }
    return groups
  }

  #writeGroup(group: readonly number[], bytes: number): CleanedGroup {
    const {storage} = this.#world
    const {dir, bases, indexIntervalBytes} = this.#job
    const target = new CleanedSegment(
      new ActiveSegment(storage, dir, group[0]!, {fresh: true, ending: ENDING.cleaned}),
      indexIntervalBytes,
      bytes,
    )
    try {
      for (const base of group) {
        const isLast = base === group.at(-1)
        const size = this.#sizeOf(base, SUFFIX.log)
        this.#read(base, this.#endOf(bases.indexOf(base)), (stored, view, at, position) => {
          const keepsPlace = (isLast && position + stored.length === size) || this.#keepsPlace(view, at)
          const cleaned = this.#clean(stored, view, at, keepsPlace)
          if (cleaned !== undefined) target.append(cleaned)
        })
      }
      return {bases: group, ...target.finish()}
    } finally {
      target.close()
    }
  }

  /** Whether something of a batch stays though none of its records does: that it was there tells where this round, or its producer, has come to. */
  #keepsPlace(view: DataView, at: number): boolean {
    const last = lastOffset(view, at)
    return last + 1 === this.#mapEnd || (hasProducer(view, at) && this.#producers.get(producerId(view, at)) === last)
  }

  #clean(stored: Uint8Array, view: DataView, at: number, keepsPlace: boolean): Uint8Array | undefined {
    if (lastOffset(view, at) >= this.#mapEnd) return stored
    const {deleteRetentionMs, nowMs} = this.#job
    const map = this.#map
    const {crc32c} = this.#world
    const plain = this.#plain(stored)
    const isNewest = ({bytes, keyStart, keyLength, offset}: RecordWalker): boolean =>
      offset >= map.get(bytes, keyStart, keyLength)
    const cleaned = cleanBatch(plain, {isNewest, nowMs, deleteRetentionMs, crc32c}, keepsPlace)
    if (cleaned === plain) return stored
    if (plain === stored || cleaned === undefined) return cleaned
    return this.#packed(cleaned, codecOf(view, at))
  }

  /** The batch with its records as they are walked; transactions are another matter, of which nobody here knows how they ended. */
  #plain(stored: Uint8Array): Uint8Array {
    const view = new DataView(stored.buffer, stored.byteOffset, stored.length)
    const attributes = view.getInt16(BATCH.attributes)
    if (attributes & (ATTRIBUTES.transactional | ATTRIBUTES.control))
      throw new OdradekError('INVALID_REQUEST', 'a log with transactions in it is not compacted')
    const codec = codecOf(view)
    if (codec === 0) return stored
    return repack(stored, 0, requireCodec(this.#decompress(codec, stored.subarray(BATCH.records))))
  }

  #decompress(codec: number, records: Uint8Array): Uint8Array | undefined {
    try {
      return this.#world.codecs.decompress(codec, records)
    } catch (error) {
      throw new OdradekError('CORRUPT_MESSAGE', `records do not decompress: ${(error as Error).message}`)
    }
  }

  /** The opposite; a batch without records has nothing to compress. */
  #packed(plain: Uint8Array, codec: number): Uint8Array {
    if (plain.length === BATCH.records) return plain
    const records = requireCodec(this.#world.codecs.compress(codec, plain.subarray(BATCH.records)))
    const packed = repack(plain, codec, records)
    sealBatch(packed, new DataView(packed.buffer), 0, this.#world.crc32c)
    return packed
  }

  /** Shows the batches of a segment; one with damage in it is not compacted. */
  #read(
    base: number,
    endOffset: number,
    show: (stored: Uint8Array, view: DataView, at: number, position: number) => void,
  ): void {
    const {storage, crc32c, pause} = this.#world
    const file = storage.open(segmentFile(this.#job.dir, base, SUFFIX.log), 'read')
    let done = 0
    try {
      const {damaged} = scanSegment(file, {
        baseOffset: base,
        endOffset,
        indexIntervalBytes: Number.POSITIVE_INFINITY,
        crc32c,
        onBatch: (view, at, position) =>
          show(new Uint8Array(view.buffer, view.byteOffset + at, batchSize(view, at)), view, at, position),
        onProgress: position => {
          this.#bytesSincePause += position - done
          done = position
          if (this.#bytesSincePause < PAUSE_BYTES) return
          pause(this.#bytesSincePause)
          this.#bytesSincePause = 0
        },
      })
      const [first] = damaged
      if (first !== undefined)
        throw new OdradekError('CORRUPT_MESSAGE', `segment ${base}, byte ${first.position}: ${first.why}`)
    } finally {
      file.close()
    }
  }

  #endOf(i: number): number {
    return this.#job.bases[i + 1] ?? this.#job.endOffset
  }

  #sizeOf(base: number, suffix: (typeof SUFFIX)[keyof typeof SUFFIX]): number {
    return this.#world.storage.stat(segmentFile(this.#job.dir, base, suffix))?.size ?? 0
  }
}

function requireCodec(records: Uint8Array | undefined): Uint8Array {
  if (records !== undefined) return records
  throw new OdradekError('UNSUPPORTED_COMPRESSION_TYPE', 'a codec of the log is not at hand, so it is not compacted')
}

/** How much is read before the thread may rest. */
export const PAUSE_BYTES = 16 * 1024

import type {Crc32c} from '../bytes/crc32c.ts'
import {OdradekError, storageError} from '../errors.ts'
import {READ_BYTES} from '../limits.ts'
import type {ArenaReader} from '../memory/arena.ts'
import {crcMatches, headerProblem} from '../record/batch-check.ts'
import {BATCH, baseOffset, batchSize, lastOffset} from '../record/record-batch.ts'
import {lookUpPosition} from './index-lookup.ts'
import {SUFFIX, segmentBases, segmentFile} from './segment-files.ts'
import type {Storage, StorageFile} from './storage.ts'

/** What a reader stands on; it shares nothing with the writer but the disk and the arena. */
export interface LogSource {
  readonly storage: Storage
  readonly dir: string
  /** The newest bytes in shared memory; without it everything is read from the files. */
  readonly arena: ArenaReader | undefined
  readonly crc32c: Crc32c
  /** The log start as it is now: asked again whenever a file turns out to be gone. */
  readonly logStartOffset: () => number
}

/** The segment file being read, and where the next read goes on. */
interface OpenSegment {
  readonly file: StorageFile
  readonly base: number
  position: number
}

/**
 * Reads whole batches into bytes of its own, from the arena where it shows the offset and from the segment files where it does
 * not. Every batch is checked before it is shown. Reading on from where the last read ended costs no search.
 */
export class LogReader {
  /** Whole batches, checked, between `start` and `end`. */
  bytes: Buffer
  view: DataView
  start = 0
  end = 0
  /** Offset behind the last batch shown. */
  nextOffset = -1

  readonly #source: LogSource
  #bases: number[] = []
  #file: OpenSegment | undefined
  /** Bytes of the last copy from the arena that were used, -1 when the last read was not from there. */
  #arenaUsed = -1

  constructor(source: LogSource, capacity: number = READ_BYTES) {
    this.#source = source
    this.bytes = Buffer.from(new ArrayBuffer(capacity))
    this.view = new DataView(this.bytes.buffer)
  }

  /**
   * Shows batches from the one that holds `offset` on, all below `limit`; false when there are none below it. After a hole
   * (compaction, damage that was kept) the first batch may start later. Throws OFFSET_OUT_OF_RANGE below the log start and
   * CORRUPT_MESSAGE at bytes that fail their check.
   */
  read(offset: number, limit: number): boolean {
    this.start = 0
    this.end = 0
    const logStart = this.#source.logStartOffset()
    if (offset < logStart) throw outOfRange(offset, logStart, limit)
    if (offset >= limit) return false
    return this.#readArena(offset, limit) || this.#readFiles(offset, limit)
  }

  /** Gives the bytes away; the next read fills new ones. */
  detach(): {bytes: Uint8Array; view: DataView} {
    const {bytes, view} = this
    this.bytes = Buffer.allocUnsafeSlow(bytes.length)
    this.view = new DataView(this.bytes.buffer)
    return {bytes, view}
  }

  close(): void {
    this.#file?.file.close()
    this.#file = undefined
  }

  #readArena(offset: number, limit: number): boolean {
    const {arena} = this.#source
    if (arena === undefined) return false
    let copied = this.#arenaUsed >= 0 && offset === this.nextOffset ? arena.readOn(this.#arenaUsed, this.bytes) : 0
    if (copied === 0) copied = arena.read(offset, this.bytes)
    while (copied > 0) {
      const found = this.#show(copied, offset, limit)
      if (found === 'shown') {
        this.#arenaUsed = this.end
        return true
      }
      if (found.wanted > this.bytes.length) this.#grow(found.wanted)
      else if (found.used === 0) break
      copied = arena.readOn(found.used, this.bytes)
    }
    this.#arenaUsed = -1
    return false
  }

  #readFiles(offset: number, limit: number): boolean {
    let wanted = offset
    let place = this.#file !== undefined && offset === this.nextOffset ? this.#file : this.#locate(wanted, limit)
    let fromStart = false
    for (;;) {
      const copied = place.file.read(this.bytes, 0, this.bytes.length, place.position)
      const found = copied === 0 ? undefined : this.#show(copied, wanted, limit)
      if (found === 'shown') {
        place.position += this.end
        return true
      }
      if (found === undefined) {
        const next = this.#nextBase(place.base)
        if (next === undefined) throw this.#gone(wanted, limit, `segment ${place.base} ends before it`)
        wanted = Math.max(wanted, next)
        if (wanted >= limit) return false
        place = this.#openAt(next, 0)
      } else if (found.wanted > this.bytes.length && place.position + found.used + found.wanted <= place.file.size()) {
        place.position += found.used
        this.#grow(found.wanted)
      } else if (found.used > 0) {
        place.position += found.used
      } else if (!fromStart) {
        // the index may have led astray: read the segment from its start before believing in damage
        fromStart = true
        place.position = 0
      } else {
        throw this.#gone(wanted, limit, `segment ${place.base}, byte ${place.position}: ${found.problem}`)
      }
    }
  }

  /**
   * Finds the batches at the start of `copied` bytes that hold `offset` and what follows below `limit`. Where the first
   * of them is not whole yet: how many bytes before it are of no use, and how many it wants.
   */
  #show(copied: number, offset: number, limit: number): 'shown' | {used: number; wanted: number; problem: string} {
    const {view, bytes} = this
    let at = 0
    while (copied - at >= BATCH.records) {
      const problem = headerProblem(view, at, copied)
      if (problem !== undefined) return {used: at, wanted: plausibleSize(view, at), problem}
      if (lastOffset(view, at) >= offset) break
      at += batchSize(view, at)
    }
    if (copied - at < BATCH.records)
      return {used: at, wanted: 0, problem: `${copied - at} bytes are too few for a batch`}
    const start = at
    while (at < copied && headerProblem(view, at, copied) === undefined && baseOffset(view, at) < limit) {
      if (!crcMatches(bytes, view, at, this.#source.crc32c)) break
      this.nextOffset = lastOffset(view, at) + 1
      at += batchSize(view, at)
    }
    if (at === start) return {used: at, wanted: 0, problem: `the batch at offset ${baseOffset(view, at)} fails its CRC`}
    this.start = start
    this.end = at
    return 'shown'
  }

  #locate(offset: number, limit: number): OpenSegment {
    let base = floor(this.#bases, offset)
    // the newest segment known may have been followed by others, and the oldest may be gone
    if (base === undefined || base === this.#bases.at(-1)) {
      this.#refresh()
      base = floor(this.#bases, offset) ?? this.#bases[0]
    }
    if (base === undefined) throw this.#gone(offset, limit, 'there is no segment')
    const {storage, dir} = this.#source
    return this.#openAt(base, base > offset ? 0 : lookUpPosition(storage, dir, base, offset))
  }

  #openAt(base: number, position: number): OpenSegment {
    if (this.#file?.base === base) {
      this.#file.position = position
      return this.#file
    }
    this.close()
    const {storage, dir} = this.#source
    try {
      this.#file = {file: storage.open(segmentFile(dir, base, SUFFIX.log), 'read'), base, position}
    } catch (error) {
      const logStart = this.#source.logStartOffset()
      if (base < logStart) throw outOfRange(base, logStart, Number.NaN)
      throw storageError(error, `opening segment ${base}`)
    }
    return this.#file
  }

  #nextBase(base: number): number | undefined {
    let next = this.#bases.find(other => other > base)
    if (next === undefined) {
      this.#refresh()
      next = this.#bases.find(other => other > base)
    }
    return next
  }

  #refresh(): void {
    const {storage, dir} = this.#source
    this.#bases = segmentBases((storage.list(dir) ?? []).map(entry => entry.name))
  }

  #grow(wanted: number): void {
    this.bytes = Buffer.from(new ArrayBuffer(wanted))
    this.view = new DataView(this.bytes.buffer)
  }

  /** What is not to be had was deleted meanwhile, or is damaged. */
  #gone(offset: number, limit: number, why: string): OdradekError {
    const logStart = this.#source.logStartOffset()
    if (offset < logStart) return outOfRange(offset, logStart, limit)
    return new OdradekError(
      'CORRUPT_MESSAGE',
      `offset ${offset} cannot be read: ${why}. log.verify() tells what is intact; a reader can seek behind the damage`,
    )
  }
}

function outOfRange(offset: number, start: number, end: number): OdradekError {
  return new OdradekError('OFFSET_OUT_OF_RANGE', `asked for offset ${offset}, the log is [${start}, ${end})`)
}

/** The size a header claims, 0 where the claim is nonsense. */
function plausibleSize(view: DataView, at: number): number {
  const size = batchSize(view, at)
  return view.getInt8(at + BATCH.magic) === 2 && size > BATCH.records ? size : 0
}

/** The greatest of ascending `bases` that is at most `offset`. */
function floor(bases: readonly number[], offset: number): number | undefined {
  let low = 0
  let high = bases.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    if (bases[middle]! <= offset) low = middle + 1
    else high = middle - 1
  }
  return bases[high]
}

import type {Crc32c} from '../bytes/crc32c.ts'
import {OdradekError, storageError} from '../errors.ts'
import {READ_BYTES} from '../limits.ts'
import {ArenaReader} from '../memory/arena.ts'
import {crcMatches, headerProblem} from '../record/batch-check.ts'
import {BATCH, baseOffset, batchSize, lastOffset} from '../record/record-batch.ts'
import {findBatch} from './find-batch.ts'
import {type IndexedBatch, lookUpBatch} from './index-lookup.ts'
import {readHeader} from './read-header.ts'
import {SUFFIX, segmentBases, segmentFile, swappingBases} from './segment-files.ts'
import type {Storage, StorageFile} from './storage.ts'

/** What a reader stands on; it shares nothing with the writer but the disk and the arena. */
export interface LogSource {
  readonly storage: Storage
  readonly dir: string
  /** The newest bytes in shared memory; without it everything is read from the files. */
  readonly arena: SharedArrayBuffer | undefined
  /** Row of the partition in the cluster map, of which the arena is to show bytes; a log that stands by itself has only 0. */
  readonly row?: number
  readonly crc32c: Crc32c
  /**
   * Whoever reads checks the batches itself: those that the arena shows are handed over unchecked. They were checked when they were taken, and a copy of them is whole
   * or none. What comes from a disk is checked all the same: a leader whose disk has gone bad is to be found out.
   */
  readonly trustsArena?: boolean
  /** The log start as it is now: asked again whenever a file turns out to be gone. */
  readonly logStartOffset: () => number
}

/** The segment file being read, where the next read goes on, and the offset expected there. */
interface OpenSegment {
  readonly file: StorageFile
  readonly base: number
  /** For which offset the file was opened: compaction may have put another one in its place since. */
  readonly openedFor: number
  position: number
  expected: number
}

/** What stopped a read that found nothing: after `used` bytes of no use, offset `expected`, something that claims `wanted` bytes. */
interface Obstacle {
  readonly used: number
  readonly expected: number
  readonly wanted: number
  readonly problem: string | undefined
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
  /** One of its own: it remembers where the last copy was taken. */
  readonly #arena: ArenaReader | undefined
  #bases: number[] = []
  /** Of those, the ones that are taking the place of others now. */
  #swapping: ReadonlySet<number> = new Set()
  #file: OpenSegment | undefined
  /** Bytes of the last copy from the arena that were used, -1 when the last read was not from there. */
  #arenaUsed = -1

  constructor(source: LogSource, capacity: number = READ_BYTES) {
    this.#source = source
    this.#arena = source.arena === undefined ? undefined : new ArenaReader(source.arena, source.row)
    this.bytes = Buffer.allocUnsafeSlow(capacity)
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

  /** Has the next read fill these bytes; a batch that is larger still gets its own. */
  lend(bytes: Buffer): void {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  close(): void {
    this.#file?.file.close()
    this.#file = undefined
  }

  #readArena(offset: number, limit: number): boolean {
    const arena = this.#arena
    if (arena === undefined) return false
    arena.want()
    let copied = this.#arenaUsed >= 0 && offset === this.nextOffset ? arena.readOn(this.#arenaUsed, this.bytes) : 0
    if (copied === 0) copied = arena.read(offset, this.bytes)
    while (copied > 0) {
      const expected = baseOffset(this.view, 0)
      const found = this.#show(copied, {offset, limit, expected, trusts: this.#source.trustsArena === true})
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
    let place = this.#file?.expected === offset ? this.#file : this.#locate(wanted, limit)
    let isSure = false
    for (;;) {
      const copied = place.file.read(this.bytes, 0, this.bytes.length, place.position)
      const found = this.#show(copied, {offset: wanted, limit, expected: place.expected, trusts: false})
      if (found === 'shown') {
        place.position += this.end
        place.expected = this.nextOffset
        return true
      }
      place.position += found.used
      place.expected = found.expected
      if (copied === 0) {
        isSure = false
        const next = this.#baseBehind(place, wanted, limit)
        if (next <= place.base) {
          this.close()
          place = this.#openAt(next, wanted, limit)
          continue
        }
        wanted = Math.max(wanted, next)
        if (wanted >= limit) return false
        place = this.#openAt(next, wanted, limit)
      } else if (found.wanted > this.bytes.length && place.position + found.wanted <= place.file.size()) {
        this.#grow(found.wanted)
      } else if (found.used === 0) {
        if (this.#crossGap(place, limit)) continue
        if (isSure) throw this.#gone(wanted, limit, `segment ${place.base}, byte ${place.position}: ${found.problem}`)
        if (!this.#search(place, wanted, limit)) return false
        isSure = true
      }
    }
  }

  /**
   * Finds the batches among the first `copied` bytes that hold `offset` and what follows below `limit`. Each must follow the one
   * before it: a base offset lies outside the CRC, so their order is what vouches for it.
   */
  #show(
    copied: number,
    {offset, limit, expected, trusts}: {offset: number; limit: number; expected: number; trusts: boolean},
  ): 'shown' | Obstacle {
    const {view, bytes} = this
    let at = 0
    let start = -1
    let next = expected
    let problem: string | undefined
    for (;;) {
      problem = headerProblem(view, at, copied) ?? orderProblem(view, at, copied, next)
      if (problem !== undefined || baseOffset(view, at) >= limit) break
      if (!trusts && !crcMatches(bytes, view, at, this.#source.crc32c)) {
        problem = `the batch at offset ${next} fails its CRC`
        break
      }
      next = lastOffset(view, at) + 1
      if (start < 0 && next > offset) start = at
      at += batchSize(view, at)
    }
    if (start < 0) return {used: at, expected: next, wanted: claimedSize(view, at, copied), problem}
    this.start = start
    this.end = at
    this.nextOffset = next
    return 'shown'
  }

  /**
   * Goes on behind a gap that begins at `place`, where the batch behind it is borne out by what follows it: the next batch, or the next
   * segment. False where there is none, or that batch is not below `limit`.
   */
  #crossGap(place: OpenSegment, limit: number): boolean {
    const header = readHeader(place.file, place.position)
    if (header === undefined || baseOffset(header, 0) <= place.expected || lastOffset(header, 0) >= limit) return false
    const next = place.position + batchSize(header, 0)
    const following = readHeader(place.file, next)
    if (following === undefined && next < place.file.size()) return false
    if (following === undefined) this.#refresh()
    const bound = following === undefined ? this.#endOf(place.base, limit) : baseOffset(following, 0)
    if (lastOffset(header, 0) >= bound) return false
    place.expected = baseOffset(header, 0)
    return true
  }

  /**
   * Something does not add up at `place`: goes on where reading all of the segment finds the next intact batch, or at its end. False
   * where that batch is not below `limit`.
   */
  #search(place: OpenSegment, wanted: number, limit: number): boolean {
    this.#refresh()
    const endOffset = this.#endOf(place.base, limit)
    const found = findBatch(place.file, wanted, {baseOffset: place.base, endOffset, crc32c: this.#source.crc32c})
    if (typeof found === 'string') throw this.#gone(wanted, limit, found)
    place.position = found?.position ?? place.file.size()
    place.expected = found?.baseOffset ?? wanted
    return place.expected < limit
  }

  #locate(offset: number, limit: number): OpenSegment {
    const known = floor(this.#bases, offset)
    // the newest segment known may have been followed by others
    if (known !== undefined && known !== this.#bases.at(-1)) {
      const place = this.#open(known, offset)
      if (place !== undefined) return place
    }
    this.#refresh()
    const base = floor(this.#bases, offset)
    if (base === undefined) throw this.#gone(offset, limit, 'there is no segment')
    return this.#openAt(base, offset, limit)
  }

  /** Opens the segment at `base`, or the one that has taken in what it held. */
  #openAt(base: number, offset: number, limit: number): OpenSegment {
    let at: number | undefined = base
    for (;;) {
      const place = this.#open(at, offset)
      if (place !== undefined) return place
      const missing: number = at
      this.#refresh()
      at = floor(this.#bases, offset)
      if (at === undefined || at >= missing) throw this.#gone(offset, limit, `segment ${missing} is missing`)
    }
  }

  /** Opens a segment where its index says that `offset` may be; undefined where the file is gone. */
  #open(base: number, offset: number): OpenSegment | undefined {
    const {storage, dir} = this.#source
    if (this.#file?.base !== base) {
      this.close()
      try {
        const file = storage.open(segmentFile(dir, base, SUFFIX.log), 'read')
        this.#file = {file, base, openedFor: offset, position: 0, expected: base}
      } catch (error) {
        if ((error as {code?: string}).code === 'ENOENT') return undefined
        throw storageError(error, `opening segment ${base}`)
      }
    }
    const place = this.#file
    place.position = 0
    place.expected = base
    const entry = offset > base ? lookUpBatch(storage, dir, base, offset) : undefined
    if (entry !== undefined && this.#agrees(place.file, entry)) {
      place.position = entry.position
      place.expected = baseOffset(this.view, 0)
    }
    return place
  }

  /** Whether the batch that an index entry names is there. */
  #agrees(file: StorageFile, entry: IndexedBatch): boolean {
    if (entry.position < 0) return false
    const copied = file.read(this.bytes, 0, BATCH.records, entry.position)
    const isHeader = headerProblem(this.view, 0, Number.POSITIVE_INFINITY) === undefined
    return copied === BATCH.records && isHeader && lastOffset(this.view, 0) === entry.lastOffset
  }

  /**
   * Base of the segment to go on in where the one at `place` ends before `wanted`. That is one of the same or a lower base where the file
   * was opened for another offset: since then compaction may have put a file in its place that holds more.
   */
  #baseBehind(place: OpenSegment, wanted: number, limit: number): number {
    this.#refresh()
    const base = floor(this.#bases, wanted)
    if (base !== undefined && (base > place.base || place.openedFor !== wanted)) return base
    const next = this.#bases.find(other => other > place.base)
    if (next === undefined) throw this.#gone(wanted, limit, `segment ${place.base} ends before it`)
    return next
  }

  #refresh(): void {
    const {storage, dir} = this.#source
    const names = (storage.list(dir) ?? []).map(entry => entry.name)
    this.#bases = segmentBases(names)
    this.#swapping = swappingBases(names)
  }

  /** The first offset that cannot be of the segment at `base`. */
  #endOf(base: number, limit: number): number {
    if (this.#swapping.has(base)) return Number.POSITIVE_INFINITY
    return this.#bases.find(other => other > base) ?? limit
  }

  #grow(wanted: number): void {
    this.bytes = Buffer.allocUnsafeSlow(wanted)
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

/** Whether the batch at `at` follows what ends before offset `expected`. A gap, as compaction leaves it, counts where the next batch bears it out. */
function orderProblem(view: DataView, at: number, copied: number, expected: number): string | undefined {
  const base = baseOffset(view, at)
  if (base === expected) return undefined
  const next = at + batchSize(view, at)
  if (base > expected && copied - next >= BATCH.records) {
    const isHeader = headerProblem(view, next, Number.POSITIVE_INFINITY) === undefined
    if (isHeader && baseOffset(view, next) > lastOffset(view, at)) return undefined
  }
  return `base offset ${base} does not follow ${expected - 1}`
}

/** The size of a batch of which only the start was copied; 0 where there is no such batch. */
function claimedSize(view: DataView, at: number, copied: number): number {
  if (copied - at < BATCH.records || headerProblem(view, at, Number.POSITIVE_INFINITY) !== undefined) return 0
  return batchSize(view, at)
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

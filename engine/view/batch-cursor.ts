import type {Crc32c} from '../bytes/crc32c.ts'
import {OdradekError, storageError} from '../errors.ts'
import {findIntact} from '../log/find-intact.ts'
import {lookUpBatch} from '../log/index-lookup.ts'
import {readHeader} from '../log/read-header.ts'
import type {DamagedRange} from '../log/scan-segment.ts'
import {SUFFIX, segmentBases, segmentFile, swappingBases} from '../log/segment-files.ts'
import type {Storage, StorageFile} from '../log/storage.ts'
import {batchProblem} from '../record/batch-check.ts'
import {BATCH, baseOffset, batchSize, lastOffset} from '../record/record-batch.ts'
import {FileWindow} from './file-window.ts'

/** What a cursor stands on: the files of a partition that somebody else may be writing. */
export interface CursorSource {
  readonly storage: Storage
  readonly dir: string
  readonly crc32c: Crc32c
  /** How far the log is known to be synced, as it is on record now. */
  readonly syncedEnd: () => number
}

/** Bytes behind the last whole batch: half a write, or what a crash left; recovery cuts them if no writer completes them. */
export interface TornTail {
  readonly baseOffset: number
  readonly position: number
  readonly length: number
  readonly offset: number
  readonly why: string
}

export type Step =
  /** A batch is shown. */
  | {readonly kind: 'batch'}
  /** All that is there was shown; ask again later for what is written meanwhile. */
  | {readonly kind: 'end'; readonly torn: TornTail | undefined}
  /** Bytes that fail their check, although they had been stored; the next step goes on behind them. */
  | {readonly kind: 'damage'; readonly baseOffset: number; readonly range: DamagedRange}
  /** Offsets from `from` on, up to `to`, that are not to be had: deleted before they were read, missing between segments, or taken back because their write failed. */
  | {
      readonly kind: 'gap'
      readonly why: 'deleted' | 'missing' | 'withdrawn'
      readonly from: number
      readonly to: number
    }

const BATCH_STEP: Step = {kind: 'batch'}

/**
 * Walks the batches of a log from outside: it takes no lock, writes nothing and shares no memory with the owner, who may append,
 * roll, cut and delete at any time. Every batch is checked before it is shown. Whatever fails its check is looked at a second time, after
 * asking what is synced and which segments there are: bytes below the synced end or in a segment that has been followed by another are
 * final, so then it is damage; anything else may be in the making.
 */
export class BatchCursor {
  /** After a batch step: the batch lies at `at` in `bytes`, and at `position` in the segment `baseOffset`. Valid until the next step. */
  at = 0
  position = 0
  baseOffset = -1
  /** Offset behind the last batch. */
  nextOffset: number

  readonly #source: CursorSource
  #file: StorageFile | undefined
  /** Where in the segment the next batch is expected. */
  #next = 0
  readonly #window = new FileWindow()
  /** Batches that end before it are passed over. */
  #wanted: number
  /** The header last shown: while it is still there, nothing before it was cut. */
  readonly #shown = new Uint8Array(BATCH.records)
  #shownAt = -1
  #withdrawnTo = -1
  /** For which offset a segment was looked for again: compaction may have put others in the place of those there were. */
  #lookedAgainFor = -1

  /** The first batch shown holds `from` or comes behind it. */
  constructor(source: CursorSource, from: number) {
    this.#source = source
    this.#wanted = from
    this.nextOffset = from
  }

  get bytes(): Uint8Array {
    return this.#window.bytes
  }

  get view(): DataView {
    return this.#window.view
  }

  next(): Step {
    for (;;) {
      const step = this.#file === undefined ? this.#openFirst() : undefined
      if (step !== undefined) return step
      const file = this.#file
      // deleted between the list and the opening: asked for again
      if (file === undefined) continue
      if (this.#problem(file) === undefined) {
        if (this.#take()) return BATCH_STEP
        continue
      }
      // in this order: what is synced or followed by a segment was written before the bytes are looked at again
      const syncedEnd = this.#source.syncedEnd()
      const bases = this.#bases()
      this.#window.forget()
      if (!this.#isStillThere(file)) {
        this.#startOver()
        continue
      }
      const problem = this.#problem(file)
      if (problem === undefined) continue
      const told = this.#judge(file, problem, {syncedEnd, bases})
      if (told !== undefined) return told
    }
  }

  close(): void {
    this.#file?.close()
    this.#file = undefined
  }

  #judge(
    file: StorageFile,
    problem: {why: string; isWhole: boolean},
    known: {syncedEnd: number; bases: readonly number[]},
  ): Step | undefined {
    const {syncedEnd, bases} = known
    const size = file.size()
    const following = bases.find(base => base > this.baseOffset)
    if (this.#next >= size) {
      if (this.#mayBeCompacted(bases, following)) return this.#lookAgain()
      if (following !== undefined) return this.#moveOn(following, bases)
      if (!bases.includes(this.baseOffset)) throw this.#replaced()
      return this.#withdrawn() ?? {kind: 'end', torn: undefined}
    }
    const {why, isWhole} = problem
    const place = {position: this.#next, offset: this.nextOffset, why}
    if (following === undefined && this.nextOffset >= syncedEnd) {
      const torn = {...place, baseOffset: this.baseOffset, length: size - this.#next}
      return this.#withdrawn() ?? {kind: 'end', torn}
    }
    const found = findIntact(file, {
      // where only the offsets are wrong, nothing within the batch may be taken for one
      from: this.#next + (isWhole ? batchSize(this.view, this.at) : 1),
      size,
      minOffset: this.nextOffset,
      endOffset: following ?? Number.POSITIVE_INFINITY,
      crc32c: this.#source.crc32c,
    })
    const range = {...place, length: found.position - this.#next, nextOffset: found.offset}
    this.#next = found.position
    this.nextOffset = found.offset ?? following ?? this.nextOffset
    return {kind: 'damage', baseOffset: this.baseOffset, range}
  }

  /** Whether what comes next may be in another file that has taken the place of this one. */
  #mayBeCompacted(bases: readonly number[], following: number | undefined): boolean {
    if (this.#lookedAgainFor === this.nextOffset || bases[0] === undefined || bases[0] > this.nextOffset) return false
    return (following !== undefined && following > this.nextOffset) || !bases.includes(this.baseOffset)
  }

  #lookAgain(): undefined {
    this.#lookedAgainFor = this.nextOffset
    this.#wanted = Math.max(this.#wanted, this.nextOffset)
    this.close()
  }

  /** Goes to the batch at hand; false where it ends before what is wanted. */
  #take(): boolean {
    this.position = this.#next
    this.#next += batchSize(this.view, this.at)
    this.nextOffset = lastOffset(this.view, this.at) + 1
    this.#shownAt = this.position
    this.#shown.set(this.bytes.subarray(this.at, this.at + BATCH.records))
    return this.nextOffset > this.#wanted
  }

  /** What is wrong with the bytes where the next batch is expected; `isWhole` where it is a batch, but not the one that should follow. */
  #problem(file: StorageFile): {why: string; isWhole: boolean} | undefined {
    const at = this.#window.show(file, this.#next)
    this.at = at
    const why = batchProblem(this.bytes, this.view, at, this.#window.length, this.#source.crc32c)
    if (why !== undefined) return {why, isWhole: false}
    const order = this.#orderProblem(file, at)
    return order === undefined ? undefined : {why: order, isWhole: true}
  }

  /** A gap between offsets, as compaction leaves it, counts where what follows bears it out: a base offset lies outside the CRC. */
  #orderProblem(file: StorageFile, at: number): string | undefined {
    const base = baseOffset(this.view, at)
    if (base === this.nextOffset) return undefined
    if (base < this.nextOffset) return `base offset ${base} lies before ${this.nextOffset}`
    const header = readHeader(file, this.#next + batchSize(this.view, at))
    const following = header === undefined ? this.#endOfSegment() : baseOffset(header, 0)
    return following !== undefined && following > lastOffset(this.view, at)
      ? undefined
      : `base offset ${base} does not follow ${this.nextOffset - 1}`
  }

  #openFirst(): Step | undefined {
    const bases = this.#bases()
    const base = bases.findLast(other => other <= this.#wanted) ?? bases[0]
    if (base === undefined) return {kind: 'end', torn: undefined}
    if (!this.#open(base)) return undefined
    const from = this.#wanted
    if (base > from) {
      this.#wanted = base
      return {kind: 'gap', why: 'deleted', from, to: base}
    }
    const entry = lookUpBatch(this.#source.storage, this.#source.dir, base, from)
    const header = entry === undefined || entry.position < 0 ? undefined : readHeader(this.#file!, entry.position)
    // an index may lag, or be wrong: it only tells where to begin where the batch it names is there
    if (header !== undefined && lastOffset(header, 0) === entry!.lastOffset) {
      this.#next = entry!.position
      this.nextOffset = baseOffset(header, 0)
    }
    return undefined
  }

  /** Stands at the start of a segment; false where it was deleted meanwhile. */
  #open(base: number): boolean {
    let file: StorageFile
    try {
      file = this.#source.storage.open(segmentFile(this.#source.dir, base, SUFFIX.log), 'read')
    } catch (error) {
      if ((error as {code?: string}).code === 'ENOENT') return false
      throw storageError(error, `opening segment ${base}`)
    }
    this.close()
    this.#file = file
    this.baseOffset = base
    this.nextOffset = base
    this.#next = 0
    this.#window.forget()
    this.#shownAt = -1
    return true
  }

  #moveOn(following: number, bases: readonly number[]): Step | undefined {
    const from = this.nextOffset
    if (!this.#open(following)) return undefined
    // while a segment takes the place of the next one, what was shown is in that, too
    this.#wanted = Math.max(this.#wanted, from)
    if (following <= from) return undefined
    return {kind: 'gap', why: bases[0] === following ? 'deleted' : 'missing', from, to: following}
  }

  #isStillThere(file: StorageFile): boolean {
    if (this.#shownAt < 0) return true
    const header = new Uint8Array(BATCH.records)
    file.read(header, 0, header.length, this.#shownAt)
    return header.every((byte, i) => byte === this.#shown[i])
  }

  /** The owner cut off what was shown last: a run of batches whose write failed half way. Looks for the place anew. */
  #startOver(): void {
    this.#wanted = Math.max(this.#wanted, this.nextOffset)
    this.#withdrawnTo = this.nextOffset
    this.close()
  }

  #withdrawn(): Step | undefined {
    const [from, to] = [this.nextOffset, this.#withdrawnTo]
    this.#withdrawnTo = -1
    if (from >= to) return undefined
    this.#wanted = from
    return {kind: 'gap', why: 'withdrawn', from, to}
  }

  #bases(): number[] {
    return segmentBases(this.#names())
  }

  /** The first offset that is not this segment's, undefined where nothing tells: while it takes the place of others they may be there, too. */
  #endOfSegment(): number | undefined {
    const names = this.#names()
    if (swappingBases(names).has(this.baseOffset)) return Number.POSITIVE_INFINITY
    return segmentBases(names).find(other => other > this.baseOffset)
  }

  #names(): string[] {
    const entries = this.#source.storage.list(this.#source.dir)
    if (entries === undefined) throw this.#replaced()
    return entries.map(entry => entry.name)
  }

  #replaced(): OdradekError {
    return new OdradekError('NOT_A_DIRECTORY', `${this.#source.dir} was removed or replaced while it was read`)
  }
}

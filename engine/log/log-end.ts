import {type OdradekError, storageError} from '../errors.ts'
import type {ArenaWriter} from '../memory/arena.ts'
import {hasProducer} from '../record/record-batch.ts'
import type {ProducerStates} from './producer-states.ts'
import type {ActiveSegment, BatchSummary} from './segment.ts'
import type {SegmentList} from './segment-list.ts'
import {StagedRun} from './staged-run.ts'

/**
 * Where a log grows: batches that are taken count at once, for the segment, its indexes and the producers, and are in the file and
 * readable with the next commit. Where that fails all of them are forgotten, and what is in the file of them is cut.
 */
export class LogEnd {
  readonly run: StagedRun
  readonly #segments: SegmentList
  /** Told of a sync that failed; returns what to throw. */
  readonly #syncFailed: (error: unknown) => OdradekError
  #producers: ProducerStates
  #logEndOffset: number
  #stagedEnd: number
  #mark: ReturnType<ActiveSegment['mark']> | undefined
  /** Part of a run that failed may lie behind the segment's end. */
  #hasStrayTail = false
  #failure: OdradekError | undefined

  constructor(
    arena: ArenaWriter,
    segments: SegmentList,
    found: {logEndOffset: number; producers: ProducerStates},
    syncFailed: (error: unknown) => OdradekError,
  ) {
    this.run = new StagedRun(arena)
    this.#segments = segments
    this.#syncFailed = syncFailed
    this.#producers = found.producers
    this.#logEndOffset = found.logEndOffset
    this.#stagedEnd = found.logEndOffset
  }

  /** Next offset to be written; everything below is in the file. */
  get logEndOffset(): number {
    return this.#logEndOffset
  }

  /** Next offset to be taken: what lies between it and `logEndOffset` is staged. */
  get stagedEnd(): number {
    return this.#stagedEnd
  }

  get producers(): ProducerStates {
    return this.#producers
  }

  /** Whether there is anything that is taken and not written. */
  get isStaged(): boolean {
    return this.#mark !== undefined
  }

  /** Whether a batch of `length` bytes goes on in the stretch there is. */
  hasRoom(length: number): boolean {
    return !this.run.isOutdated && this.run.hasRoom(length)
  }

  /** Starts the next stretch, with a batch of `length` bytes; nothing is staged. What is indexed by then is put where readers of the files find it. */
  openStretch(length: number): void {
    const {active} = this.#segments
    try {
      active.storeIndexes()
    } catch (error) {
      throw storageError(error, `writing the indexes of the segment at ${active.baseOffset}`)
    }
    const {baseOffset: segmentBase, size: position} = active
    this.run.open({segmentBase, position, firstOffset: this.#logEndOffset}, length)
  }

  /** Takes a batch into the stretch. `view` is on `batch` where the bytes are to be stamped: that is to be done in the run before `account`. */
  take(batch: Uint8Array, view: DataView): void {
    this.#mark ??= this.#segments.active.mark()
    this.run.take(batch, view)
  }

  /** Counts the batch that was taken last, whose header is at `at`. */
  account(taken: BatchSummary, indexIntervalBytes: number, {view, at}: {view: DataView; at: number}): void {
    const {active} = this.#segments
    if (hasProducer(view, at)) this.#producers.stage(view, at)
    const position = active.size
    const indexed = active.account(taken, indexIntervalBytes)
    if (indexed) this.run.addIndexEntry(taken.lastOffset - active.baseOffset, position)
    this.#stagedEnd = taken.lastOffset + 1
  }

  /** Writes what is staged and makes it readable; where the log has failed, or it cannot be written, all of it is forgotten. */
  commit(): void {
    if (this.#mark === undefined && !this.#hasStrayTail) return
    const {active} = this.#segments
    const {size} = this.#mark ?? active
    try {
      if (this.#failure !== undefined) throw this.#failure
      if (this.#hasStrayTail) this.#cutStrayTail(size)
      this.run.write(active.file, size)
    } catch (error) {
      const {length} = this.run
      this.#discard()
      throw storageError(error, `writing ${length} bytes to the segment at ${active.baseOffset}`)
    }
    this.run.publish()
    this.#producers.settle()
    this.#mark = undefined
    this.#logEndOffset = this.#stagedEnd
  }

  /** Nothing is written any more, and so nothing behind the end is in anybody's way. */
  fail(failure: OdradekError): void {
    this.#failure = failure
    this.#hasStrayTail = false
  }

  /** The log was cut so that it ends here: what is shown of it may be gone. */
  moveTo(offset: number): void {
    this.#logEndOffset = offset
    this.#stagedEnd = offset
  }

  /** What is known of producers after a cut. */
  replaceProducers(producers: ProducerStates): void {
    this.#producers = producers
  }

  #discard(): void {
    if (this.#mark === undefined) return
    this.run.discard()
    this.#producers.forget()
    const {active} = this.#segments
    active.restore(this.#mark)
    this.#mark = undefined
    this.#stagedEnd = this.#logEndOffset
    if (this.#failure !== undefined) return
    // part of the run may be in the file; nothing may be written, rolled or closed before it is gone
    this.#hasStrayTail = true
    try {
      this.#cutStrayTail(active.size)
    } catch {
      // tried again with the next run; after a crash recovery cuts it: it lies behind the synced end
    }
  }

  /** Cuts it for good: a batch that was refused must not be found again after a power loss. */
  #cutStrayTail(size: number): void {
    const {file} = this.#segments.active
    file.truncate(size)
    try {
      file.sync()
    } catch (error) {
      throw this.#syncFailed(error)
    }
    this.#hasStrayTail = false
  }
}

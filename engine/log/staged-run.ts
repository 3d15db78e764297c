import {PARTS_MAX} from '../limits.ts'
import type {ArenaWriter} from '../memory/arena.ts'
import {writeAll, writeFully} from './files.ts'
import type {StorageFile} from './storage.ts'

/** Where a stretch of the log starts that gets a window of the arena. */
type Stretch = Parameters<ArenaWriter['open']>[0]

/**
 * The batches that are taken and not written yet. While somebody reads the log, they are copied to the arena, where readers find
 * them without a system call, and written from there. While nobody does, they are written straight from the bytes they
 * came in, which saves that copy. Which of the two holds from one stretch of a window's size to the next, and
 * is looked at before the first batch of a run.
 */
export class StagedRun {
  readonly #arena: ArenaWriter
  /** The newest batch and where it starts in `bytes`: what is still to be stamped on it goes there. */
  bytes: Uint8Array
  view: DataView
  at = 0
  #shown = false
  /** Stretches that go on being shown though no reader has asked since. */
  #shownFor = 0
  #parts: Uint8Array[] = []
  #length = 0
  /** Bytes the stretch may still take where it is not shown. */
  #room = 0

  constructor(arena: ArenaWriter) {
    this.#arena = arena
    this.bytes = NOTHING
    this.view = NO_VIEW
  }

  /** Bytes that are taken and not written. */
  get length(): number {
    return this.#length
  }

  /** Whether a reader has come that the stretch is not shown to: the next run is to start another. */
  get isOutdated(): boolean {
    return !this.#shown && this.#length === 0 && this.#arena.isWanted
  }

  /** Whether the stretch takes a batch of `length` bytes. */
  hasRoom(length: number): boolean {
    if (this.#shown) return this.#arena.hasRoom(length)
    return this.#room >= length && this.#parts.length < PARTS_MAX
  }

  /**
   * Starts the next stretch, with a batch of `length` bytes; nothing is staged. One that no window holds is a stretch by itself, which
   * is not shown: readers have it from the file.
   */
  open(stretch: Stretch, length: number): void {
    const {windowBytes} = this.#arena
    if (length > windowBytes) {
      this.#hide(length)
      return
    }
    if (this.#arena.takeWanted()) this.#shownFor = this.#arena.windows
    if (this.#shownFor > 0) {
      this.#shownFor--
      this.#shown = true
      this.#arena.open(stretch)
      return
    }
    // nobody has read for as long as the arena shows anything
    this.#hide(windowBytes)
  }

  /** Takes a batch, whose bytes stay the run's until it is written or discarded. `view` is on `batch`. */
  take(batch: Uint8Array, view: DataView): void {
    this.#length += batch.length
    if (this.#shown) {
      this.at = this.#arena.fill(batch)
      this.bytes = this.#arena.bytes
      this.view = this.#arena.view
      return
    }
    this.at = 0
    this.bytes = batch
    this.view = view
    this.#room -= batch.length
    this.#parts.push(batch)
  }

  addIndexEntry(relativeOffset: number, position: number): void {
    if (this.#shown) this.#arena.addIndexEntry(relativeOffset, position)
  }

  write(file: StorageFile, position: number): void {
    if (this.#length === 0) return
    const arena = this.#arena
    if (this.#shown) writeFully(file, arena.bytes, arena.published, this.#length, position)
    else writeAll(file, this.#parts, position)
  }

  /** What was staged is in the file. */
  publish(): void {
    if (this.#shown && this.#length > 0) this.#arena.publish()
    this.#parts = []
    this.#length = 0
  }

  /** Forgets what is staged. */
  discard(): void {
    if (this.#shown) this.#arena.discard()
    else this.#room += this.#length
    this.#parts = []
    this.#length = 0
  }

  /** What follows in the file is not in the arena: what that shows ends before it, and would leave a gap. */
  #hide(room: number): void {
    if (this.#shown) this.#arena.clear()
    this.#shown = false
    this.#room = room
  }

  /** The log was cut: what the arena shows may be gone. */
  clear(): void {
    this.#arena.clear()
    this.#shown = false
    this.#room = 0
  }
}

const NOTHING = new Uint8Array(0)
const NO_VIEW = new DataView(NOTHING.buffer)

import {assert} from '../assert.ts'
import {CACHE_LINE_BYTES} from '../limits.ts'
import {copyBytes} from './copy-bytes.ts'
import {struct} from './struct.ts'

/**
 * The newest bytes of a log, in shared memory, cut into windows. A window maps a stretch of one segment file, as an
 * mmap window would: its bytes, and beside them the sparse offset index entries of that stretch. The replica thread is the
 * only writer; any thread reads without a message or a system call.
 *
 * The generation of a window is odd while the writer gives it a new stretch, and another even number afterwards. It
 * changes by a read-modify-write before the first byte does; a reader copies, then looks at the generation again by a
 * read-modify-write, which cannot move before the copy. Only bytes that are in the file already are given up.
 *
 * A window names the partition it shows by its row in the cluster map: an arena is used again for another one when replicas are dealt
 * anew, and a reader of the one before must not take what it then finds there for its own.
 */
const WINDOW = struct('Window', {
  owner: ['generation', 'row', 'segmentBase', 'position', 'firstOffset', 'indexCount', 'length'],
})
const ARENA = struct('Arena', {allocator: ['windows', 'windowBytes', 'indexEntries'], readers: ['wanted']})

export interface ArenaShape {
  readonly windows: number
  readonly windowBytes: number
  readonly indexEntries: number
}

function windowStride(shape: ArenaShape): number {
  const bytes = WINDOW.bytes + shape.indexEntries * 8 + shape.windowBytes
  return Math.ceil(bytes / CACHE_LINE_BYTES) * CACHE_LINE_BYTES
}

export function allocateArena(shape: ArenaShape): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(ARENA.bytes + shape.windows * windowStride(shape))
  const ints = new Int32Array(memory)
  ints[ARENA.low.windows] = shape.windows
  ints[ARENA.low.windowBytes] = shape.windowBytes
  ints[ARENA.low.indexEntries] = shape.indexEntries
  return memory
}

/** One window: views on its header, its index and its bytes. */
class Window {
  readonly ints: Int32Array
  readonly longs: BigInt64Array
  /** Pairs of (offset relative to the segment's base, position in the segment). */
  readonly index: Int32Array
  readonly bytes: Buffer
  readonly view: DataView

  constructor(memory: SharedArrayBuffer, start: number, shape: ArenaShape) {
    this.ints = new Int32Array(memory, start, WINDOW.halves)
    this.longs = new BigInt64Array(memory, start, WINDOW.words)
    const index = start + WINDOW.bytes
    this.index = new Int32Array(memory, index, shape.indexEntries * 2)
    this.bytes = Buffer.from(memory, index + shape.indexEntries * 8, shape.windowBytes)
    this.view = new DataView(memory, this.bytes.byteOffset, shape.windowBytes)
  }
}

const WANTED = ARENA.low.wanted
const GENERATION = WINDOW.low.generation
const INDEX_COUNT = WINDOW.low.indexCount
const LENGTH = WINDOW.low.length
const POSITION = WINDOW.low.position
const ROW = WINDOW.low.row

function windowsOf(memory: SharedArrayBuffer): Window[] {
  const ints = new Int32Array(memory, 0, ARENA.halves)
  const shape: ArenaShape = {
    windows: ints[ARENA.low.windows]!,
    windowBytes: ints[ARENA.low.windowBytes]!,
    indexEntries: ints[ARENA.low.indexEntries]!,
  }
  assert(
    memory.byteLength === ARENA.bytes + shape.windows * windowStride(shape),
    'an arena has the size its windows take',
  )
  return Array.from({length: shape.windows}, (_, i) => new Window(memory, ARENA.bytes + i * windowStride(shape), shape))
}

/** The replica thread's end: fills the current window and publishes what is in the file. */
export class ArenaWriter {
  readonly #head: Int32Array
  readonly #windows: readonly Window[]
  readonly #row: number
  #current = -1
  #filled = 0
  #published = 0
  #indexCount = 0
  #indexPublished = 0

  /** `row` is the partition's; a log that stands by itself has only 0. */
  constructor(memory: SharedArrayBuffer, row = 0) {
    this.#head = new Int32Array(memory, 0, ARENA.halves)
    this.#windows = windowsOf(memory)
    this.#row = row
  }

  get windows(): number {
    return this.#windows.length
  }

  get windowBytes(): number {
    return this.#windows[0]!.bytes.length
  }

  /** Whether a reader has asked for the arena since `takeWanted`. */
  get isWanted(): boolean {
    return Atomics.load(this.#head, WANTED) !== 0
  }

  /** Answers the same, and forgets it. */
  takeWanted(): boolean {
    return Atomics.exchange(this.#head, WANTED, 0) !== 0
  }

  get published(): number {
    return this.#published
  }

  get bytes(): Uint8Array {
    return this.#windows[this.#current]!.bytes
  }

  get view(): DataView {
    return this.#windows[this.#current]!.view
  }

  /** Whether the current window takes a batch of `length` bytes and its index entry. */
  hasRoom(length: number): boolean {
    if (this.#current < 0) return false
    const {bytes, index} = this.#windows[this.#current]!
    return this.#filled + length <= bytes.length && (this.#indexCount + 1) * 2 <= index.length
  }

  /** Gives the oldest window the stretch that starts at `position` of a segment with offset `firstOffset`. */
  open(stretch: {segmentBase: number; position: number; firstOffset: number}): void {
    assert(this.#filled === this.#published, 'a window is left only when all of it is in the file')
    this.#current = (this.#current + 1) % this.#windows.length
    this.#filled = 0
    this.#published = 0
    this.#indexCount = 0
    this.#indexPublished = 0
    const {ints, longs} = this.#windows[this.#current]!
    Atomics.add(ints, GENERATION, 1)
    longs[WINDOW.at.segmentBase] = BigInt(stretch.segmentBase)
    longs[WINDOW.at.firstOffset] = BigInt(stretch.firstOffset)
    ints[ROW] = this.#row
    ints[POSITION] = stretch.position
    ints[LENGTH] = 0
    Atomics.add(ints, GENERATION, 1)
  }

  /** Copies a batch behind the filled bytes and returns where it starts in `bytes`. Nobody sees it before `publish`. */
  fill(batch: Uint8Array): number {
    const at = this.#filled
    copyBytes(batch, this.#windows[this.#current]!.bytes, at)
    this.#filled = at + batch.length
    return at
  }

  addIndexEntry(relativeOffset: number, position: number): void {
    const {index} = this.#windows[this.#current]!
    index[this.#indexCount * 2] = relativeOffset
    index[this.#indexCount * 2 + 1] = position
    this.#indexCount++
  }

  /** Makes all filled bytes visible; they must be in the file. */
  publish(): void {
    const {ints} = this.#windows[this.#current]!
    this.#indexPublished = this.#indexCount
    this.#published = this.#filled
    Atomics.store(ints, INDEX_COUNT, this.#indexPublished)
    Atomics.store(ints, LENGTH, this.#published)
  }

  /** Takes back what was filled and not published, after a failed write. */
  discard(): void {
    this.#filled = this.#published
    this.#indexCount = this.#indexPublished
  }

  /** Empties every window: the log was cut, so any of them may show bytes that are gone. */
  clear(): void {
    for (const {ints} of this.#windows) {
      ints[LENGTH] = 0
      Atomics.add(ints, GENERATION, 2)
    }
    this.#current = -1
    this.#filled = 0
    this.#published = 0
  }
}

/** A reader's end: any thread. It never waits and never sees bytes that are not published. */
export class ArenaReader {
  readonly #head: Int32Array
  readonly #windows: readonly Window[]
  readonly #row: number
  /** Where the last copy was taken, so that the next one goes on from there without a search; no window where there was none. */
  #window = -1
  #generation = 0
  #at = 0

  /** Windows of another row than `row` show nothing to it. */
  constructor(memory: SharedArrayBuffer, row = 0) {
    this.#head = new Int32Array(memory, 0, ARENA.halves)
    this.#windows = windowsOf(memory)
    this.#row = row
  }

  /** Asks the writer to show what it appends. It is no more than advice: until it comes through, readers read the files. */
  want(): void {
    if (Atomics.load(this.#head, WANTED) === 0) Atomics.store(this.#head, WANTED, 1)
  }

  /**
   * Copies bytes from an indexed position at or before the batch that holds `offset`, as many as `target` takes. Returns
   * how many, or 0 where no window shows that offset. The copy may begin with earlier batches and end in a cut one.
   */
  read(offset: number, target: Buffer): number {
    let found = -1
    let foundFirst = -1
    let foundGeneration = 0
    for (let i = 0; i < this.#windows.length; i++) {
      const {ints, longs} = this.#windows[i]!
      const generation = Atomics.load(ints, GENERATION)
      if (generation % 2 !== 0 || Atomics.load(ints, LENGTH) === 0 || ints[ROW] !== this.#row) continue
      const first = Number(longs[WINDOW.at.firstOffset])
      if (first <= offset && first > foundFirst) {
        found = i
        foundFirst = first
        foundGeneration = generation
      }
    }
    this.#window = found
    this.#generation = foundGeneration
    return found < 0 ? 0 : this.#search(offset, target)
  }

  /** Goes on behind `read` bytes of the last copy; 0 where the window has no more or has moved on. */
  readOn(read: number, target: Buffer): number {
    return this.#window < 0 ? 0 : this.#copy(this.#at + read, target)
  }

  #search(offset: number, target: Buffer): number {
    const {ints, longs, index} = this.#windows[this.#window]!
    const entries = Atomics.load(ints, INDEX_COUNT)
    const relative = offset - Number(longs[WINDOW.at.segmentBase])
    const entry = floorEntry(index, entries, relative)
    const copied = this.#copy(entry < 0 ? 0 : index[entry * 2 + 1]! - ints[POSITION]!, target)
    if (copied === 0) this.#window = -1
    return copied
  }

  /** Copies what is published behind `at`, if the window afterwards still is what it was when it was found. */
  #copy(at: number, target: Buffer): number {
    const {ints, bytes} = this.#windows[this.#window]!
    const length = Math.min(Atomics.load(ints, LENGTH) - at, target.length)
    if (at < 0 || length <= 0) return 0
    copyBytes(bytes.subarray(at, at + length), target, 0)
    if (Atomics.add(ints, GENERATION, 0) !== this.#generation) return 0
    this.#at = at
    return length
  }
}

/** The last of `count` index entries whose offset is at most `relativeOffset`, or -1. */
function floorEntry(index: Int32Array, count: number, relativeOffset: number): number {
  let low = 0
  let high = count - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    if (index[middle * 2]! <= relativeOffset) low = middle + 1
    else high = middle - 1
  }
  return high
}

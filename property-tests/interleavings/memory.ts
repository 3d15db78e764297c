/**
 * The shared memory of one run. A strong machine has one copy that everybody sees at once. On a weak one each thread has
 * its own: plain writes stay in it until the thread's next atomic write, plain reads see what it last learned by an atomic
 * read. Both are what JavaScript's memory model allows; a program without data races cannot tell them apart.
 */
export type View =
  | Int32Array<ArrayBuffer>
  | BigInt64Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>
  | DataView<ArrayBuffer>
export type Words = Int32Array<ArrayBuffer> | BigInt64Array<ArrayBuffer>
export type ViewType = new (memory: ArrayBuffer, byteOffset?: number, length?: number) => View

/** One thread's copy of one buffer, in words of 32 bits. */
interface Copy {
  readonly main: Int32Array<ArrayBuffer>
  readonly mine: Int32Array<ArrayBuffer>
  /** As it was before this thread's plain writes; it counts while `dirty`. */
  readonly base: Int32Array<ArrayBuffer>
  dirty: boolean
}

/** On a view of a thread's copy: the copy, and the same view of what all threads share. */
const COPY = Symbol('copy')
const TWIN = Symbol('twin')
type Marked = View & {[COPY]?: Copy; [TWIN]?: View}

/** Buffers are told apart by this much in an address. */
const BUFFER_STRIDE = 2 ** 32

export class Memory {
  readonly #buffers: ArrayBuffer[] = []
  readonly #pool = new Map<number, ArrayBuffer[]>()
  readonly #copies = new Map<number, Copy[]>()
  readonly #spare: Copy[] = []
  readonly #history = new Map<number, Map<ArrayBufferLike, ArrayBuffer>[]>()
  #weak = false
  #remembered = 0

  /** A new run. For `remembered` turns of each thread it is kept how memory was before them. */
  reset(weak: boolean, remembered: number): void {
    for (const buffer of this.#buffers) this.#poolOf(buffer.byteLength).push(buffer)
    for (const copies of this.#copies.values()) this.#spare.push(...copies)
    this.#buffers.length = 0
    this.#copies.clear()
    this.#history.clear()
    this.#weak = weak
    this.#remembered = remembered
  }

  allocate(bytes: number): ArrayBuffer {
    const buffer = this.#poolOf(bytes).pop() ?? new ArrayBuffer(bytes)
    new Uint8Array(buffer).fill(0)
    this.#buffers.push(buffer)
    return buffer
  }

  /** A view as the thread makes it, -1 for none: of its own copy on a weak machine. */
  view(Type: ViewType, thread: number, memory: ArrayBuffer, byteOffset?: number, length?: number): View {
    if (!this.#weak || thread < 0 || !this.#buffers.includes(memory)) return new Type(memory, byteOffset, length)
    const copy = this.#copyOf(thread, memory)
    const view: Marked = new Type(copy.mine.buffer, byteOffset, length)
    view[COPY] = copy
    view[TWIN] = new Type(memory, byteOffset, length)
    return view
  }

  /** Writes at once to what all threads see, and leaves earlier plain writes where they are. */
  set(view: Words, index: number, value: number | bigint): void {
    view[index] = value as never
    const twin = (view as Marked)[TWIN] as Words | undefined
    if (twin === undefined) return
    twin[index] = value as never
    const {base, dirty} = (view as Marked)[COPY]!
    if (!dirty) return
    const word = (view.byteOffset + index * view.BYTES_PER_ELEMENT) >> 2
    base.set(new Int32Array(view.buffer, word << 2, view.BYTES_PER_ELEMENT >> 2), word)
  }

  /** The thread learns what others have shown. */
  pull(thread: number): void {
    if (!this.#weak) return
    for (const copy of this.#copies.get(thread) ?? []) {
      if (copy.dirty) merge(copy)
      else copy.mine.set(copy.main)
    }
  }

  /** The thread shows what it wrote. */
  push(thread: number): void {
    if (!this.#weak) return
    for (const copy of this.#copies.get(thread) ?? []) if (copy.dirty) publish(copy)
  }

  /** The thread is about to write plainly through `view`. */
  touch(view: View): void {
    const copy = (view as Marked)[COPY]
    if (copy === undefined || copy.dirty) return
    copy.base.set(copy.mine)
    copy.dirty = true
  }

  /** One number for a word, whoever looks at it. */
  address(view: Words, index: number): number {
    const twin = ((view as Marked)[TWIN] ?? view) as Words
    return this.#buffers.indexOf(twin.buffer) * BUFFER_STRIDE + twin.byteOffset + index * twin.BYTES_PER_ELEMENT
  }

  /** Before a turn of `thread`, for `earlier`. */
  remember(thread: number): void {
    if (this.#remembered === 0) return
    const history = this.#history.get(thread) ?? []
    this.#history.set(thread, history)
    history.unshift(new Map(this.#buffers.map(buffer => [buffer, buffer.slice(0)])))
    history.length = Math.min(history.length, this.#remembered + 1)
  }

  /** What a word held before the thread's last few turns. */
  earlier(thread: number, view: Words, index: number): number | bigint {
    const before = this.#history.get(thread)?.[this.#remembered]?.get(view.buffer)
    if (before === undefined) return view[index]!
    const Type = view.constructor as new (memory: ArrayBuffer, byteOffset: number, length: number) => Words
    return new Type(before, view.byteOffset, view.length)[index]!
  }

  #poolOf(bytes: number): ArrayBuffer[] {
    const pool = this.#pool.get(bytes) ?? []
    this.#pool.set(bytes, pool)
    return pool
  }

  #copyOf(thread: number, memory: ArrayBuffer): Copy {
    const copies = this.#copies.get(thread) ?? []
    this.#copies.set(thread, copies)
    const known = copies.find(copy => copy.main.buffer === memory)
    if (known !== undefined) return known
    const copy = this.#newCopy(memory)
    copies.push(copy)
    return copy
  }

  #newCopy(memory: ArrayBuffer): Copy {
    const main = new Int32Array(memory)
    const at = this.#spare.findIndex(({mine}) => mine.length === main.length)
    const {mine, base} =
      at >= 0 ? this.#spare.splice(at, 1)[0]! : {mine: new Int32Array(main.length), base: new Int32Array(main.length)}
    mine.set(main)
    return {main, mine, base, dirty: false}
  }
}

function merge({main, mine, base}: Copy): void {
  for (let word = 0; word < main.length; word++) {
    if (mine[word] !== base[word]) continue
    mine[word] = main[word]!
    base[word] = main[word]!
  }
}

function publish(copy: Copy): void {
  const {main, mine, base} = copy
  for (let word = 0; word < main.length; word++) if (mine[word] !== base[word]) main[word] = mine[word]!
  copy.dirty = false
}

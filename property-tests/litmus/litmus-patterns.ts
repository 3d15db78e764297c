/**
 * What two threads do on a cell of shared memory: two variables x and y, in cache lines of their own, so that a store to one
 * can wait while the other is read.
 */
const CELL_WORDS = 32
const Y = 16

/** What a thread does on the cell of that number; returns what it saw, as one digit. */
export type Part = (cell: number) => number

/** What two threads do on cells of a size. */
export interface Litmus {
  readonly cellBytes: number
  readonly part: (role: 0 | 1, memory: SharedArrayBuffer, byteOffset: number, cells: number) => Part
}

/** What each does, given the first word of a cell. */
type Pattern = readonly [left: (x: number) => number, right: (x: number) => number]
type Put<T> = (at: number, value: T) => void
type Get<T> = (at: number) => T

/** The flag without the data is 2. */
const messagePassing = (words: Int32Array, put: Put<number>, get: Get<number>): Pattern => [
  x => {
    words[x] = 7
    put(x + Y, 1)
    return 0
  },
  x => get(x + Y) * 2 + (words[x] === 7 ? 1 : 0),
]

const storeBuffering = (put: Put<number>, get: Get<number>): Pattern => [
  x => {
    put(x, 1)
    return get(x + Y)
  },
  x => {
    put(x + Y, 1)
    return get(x)
  },
]

/** Left is the owner, who says that he sleeps before the wait compares the count; right rings. */
const doorbell = (words: Int32Array): Pattern => [
  x => {
    Atomics.store(words, x, 1)
    return Atomics.wait(words, x + Y, 0, 0) === 'not-equal' ? 1 : 0
  },
  x => {
    Atomics.add(words, x + Y, 1)
    return Atomics.load(words, x)
  },
]

/** Anything but all bits 0 and all bits 1 is 2. */
const wide = (put: Put<bigint>, get: Get<bigint>): Pattern => {
  const digit = (value: bigint): number => (value === 0n ? 0 : value === -1n ? 1 : 2)
  return [
    x => {
      for (let i = 0; i < 3; i++) put(x / 2, i % 2 === 0 ? -1n : 0n)
      return 0
    },
    x => Math.max(digit(get(x / 2)), digit(get(x / 2))),
  ]
}

type Words = readonly [words: Int32Array, longs: BigInt64Array]

function onWords(pattern: (words: Words[0], longs: Words[1]) => Pattern): Litmus {
  return {
    cellBytes: CELL_WORDS * 4,
    part(role, memory, byteOffset, cells) {
      const words = new Int32Array(memory, byteOffset, cells * CELL_WORDS)
      const act = pattern(words, new BigInt64Array(memory, byteOffset, (cells * CELL_WORDS) / 2))[role]
      return cell => act(cell * CELL_WORDS)
    },
  }
}

const put =
  (words: Int32Array): Put<number> =>
  (at, value) =>
    void Atomics.store(words, at, value)
const get =
  (words: Int32Array): Get<number> =>
  at =>
    Atomics.load(words, at)
const putPlain =
  (words: Int32Array): Put<number> =>
  (at, value) =>
    void (words[at] = value)
const getPlain =
  (words: Int32Array): Get<number> =>
  at =>
    words[at]!

export const LITMUS: Readonly<Record<string, Litmus>> = {
  'message passing': onWords(words => messagePassing(words, put(words), get(words))),
  'message passing, plain': onWords(words => messagePassing(words, putPlain(words), getPlain(words))),
  'store buffering': onWords(words => storeBuffering(put(words), get(words))),
  'store buffering, plain': onWords(words => storeBuffering(putPlain(words), getPlain(words))),
  doorbell: onWords(doorbell),
  '64 bits': onWords((_, longs) =>
    wide(
      (at, value) => void Atomics.store(longs, at, value),
      at => Atomics.load(longs, at),
    ),
  ),
  '64 bits, plain': onWords((_, longs) =>
    wide(
      (at, value) => void (longs[at] = value),
      at => longs[at]!,
    ),
  ),
}

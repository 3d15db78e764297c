/**
 * What two threads do on a cell of shared memory: two variables x and y, in cache lines of their own, so that a store to one
 * can wait while the other is read.
 */
export const CELL_WORDS = 32
const Y = 16

/** What a thread does on a cell, given its first word; returns what it saw, as one digit. */
export type Part = (x: number) => number
type Pattern = readonly [left: Part, right: Part]
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

/** One role's part of the pattern of that name, on cells that both views see from their beginning. */
export function partOf(name: string, role: 0 | 1, words: Int32Array, longs: BigInt64Array): Part {
  const put: Put<number> = (at, value) => void Atomics.store(words, at, value)
  const get: Get<number> = at => Atomics.load(words, at)
  const putPlain: Put<number> = (at, value) => void (words[at] = value)
  const getPlain: Get<number> = at => words[at]!

  const patterns: Record<string, () => Pattern> = {
    'message passing': () => messagePassing(words, put, get),
    'message passing, plain': () => messagePassing(words, putPlain, getPlain),
    'store buffering': () => storeBuffering(put, get),
    'store buffering, plain': () => storeBuffering(putPlain, getPlain),
    doorbell: () => doorbell(words),
    '64 bits': () =>
      wide(
        (at, value) => void Atomics.store(longs, at, value),
        at => Atomics.load(longs, at),
      ),
    '64 bits, plain': () =>
      wide(
        (at, value) => void (longs[at] = value),
        at => longs[at]!,
      ),
  }
  return patterns[name]!()[role]
}

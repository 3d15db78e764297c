import {assert} from '../assert.ts'
import {CACHE_LINE_BYTES} from '../limits.ts'

/** A field is one 64-bit word; a line holds what one thread writes. */
export const LINE_WORDS = CACHE_LINE_BYTES / 8

interface Struct<Field extends string> {
  readonly words: number
  readonly halves: number
  readonly bytes: number
  readonly at: Readonly<Record<Field, number>>
  readonly low: Readonly<Record<Field, number>>
}

/**
 * Lays out a struct in shared memory, once: one cache line for each writing thread, named after its writer. `at` gives
 * each field's 64-bit word; a flyweight with 32-bit views finds the field's low half at `low`, among `halves` of them.
 */
export function struct<const L extends Record<string, readonly string[]>>(
  name: string,
  lines: L,
): Struct<L[keyof L][number]> {
  const at = {} as Record<L[keyof L][number], number>
  const low = {} as typeof at
  let word = 0
  for (const [writer, fields] of Object.entries(lines)) {
    assert(fields.length <= LINE_WORDS, `${name}: ${writer} outgrows its cache line`)
    for (const [i, field] of fields.entries()) {
      at[field as keyof typeof at] = word + i
      low[field as keyof typeof at] = (word + i) * 2
    }
    word += LINE_WORDS
  }
  return {words: word, halves: word * 2, bytes: word * 8, at, low}
}

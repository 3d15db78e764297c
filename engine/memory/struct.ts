import {assert} from '../assert.ts'
import {CACHE_LINE_BYTES} from '../limits.ts'

/** A field is one 64-bit word; a line holds what one thread writes. */
export const LINE_WORDS = CACHE_LINE_BYTES / 8

/**
 * Lays out a struct in shared memory, once: one cache line for each writing thread, named after its writer. `at` gives
 * each field's 64-bit word; a flyweight with 32-bit views finds the field's low half at `at.field * 2`.
 */
export function struct<const L extends Record<string, readonly string[]>>(
  name: string,
  lines: L,
): {readonly words: number; readonly bytes: number; readonly at: Readonly<Record<L[keyof L][number], number>>} {
  const at = {} as Record<L[keyof L][number], number>
  let word = 0
  for (const [writer, fields] of Object.entries(lines)) {
    assert(fields.length <= LINE_WORDS, `${name}: ${writer} outgrows its cache line`)
    for (const [i, field] of fields.entries()) at[field as keyof typeof at] = word + i
    word += LINE_WORDS
  }
  return {words: word, bytes: word * 8, at}
}

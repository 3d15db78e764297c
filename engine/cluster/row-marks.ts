import {ROW_MARKS} from '../limits.ts'

export const ROW_MARKS_BYTES = ROW_MARKS / 8

/**
 * In which partitions something happened that a thread should look at, a bit each. Mark, then ring; the owner takes the marks
 * after it read its doorbell's count. Rows that are `ROW_MARKS` apart share a bit, which costs a look too many.
 */
export class RowMarks {
  readonly #words: Int32Array

  constructor(memory: SharedArrayBuffer, byteOffset: number) {
    this.#words = new Int32Array(memory, byteOffset, ROW_MARKS / 32)
  }

  mark(row: number): void {
    const bit = row % ROW_MARKS
    Atomics.or(this.#words, bit >> 5, 1 << (bit & 31))
  }

  /** Takes all marks, and calls back for each bit that was set. */
  take(each: (mark: number) => void): void {
    for (let word = 0; word < this.#words.length; word++) {
      if (Atomics.load(this.#words, word) === 0) continue
      let bits = Atomics.exchange(this.#words, word, 0)
      for (; bits !== 0; bits &= bits - 1) each(word * 32 + 31 - Math.clz32(bits & -bits))
    }
  }
}

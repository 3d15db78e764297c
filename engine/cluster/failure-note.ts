import {copyBytes} from '../memory/copy-bytes.ts'
import {struct} from '../memory/struct.ts'

const NOTE = struct('FailureNote', {replica: ['version', 'number', 'length']})
const VERSION = NOTE.low.version
const NUMBER = NOTE.low.number
const LENGTH = NOTE.low.length
/** A longer text is cut. */
const TEXT_BYTES = 1024
/** A reader that comes while a text is being written looks again this often, then does without. */
const LOOKS = 3

export const FAILURE_NOTE_BYTES = NOTE.bytes + TEXT_BYTES

/**
 * What went wrong last in a replica thread, in words: an answer has room for an error's number only. The thread notes the text
 * before it answers; `version` is odd while it writes. A later failure takes the place of an earlier one, so a reader names the number
 * it was answered with, and gets no text where the note is about another.
 */
export class FailureNote {
  readonly #ints: Int32Array
  readonly #text: Buffer

  constructor(memory: SharedArrayBuffer, byteOffset: number) {
    this.#ints = new Int32Array(memory, byteOffset, NOTE.halves)
    this.#text = Buffer.from(memory, byteOffset + NOTE.bytes, TEXT_BYTES)
  }

  writeNote(number: number, text: string): void {
    const bytes = Buffer.from(text).subarray(0, TEXT_BYTES)
    Atomics.add(this.#ints, VERSION, 1)
    this.#ints[NUMBER] = number
    this.#ints[LENGTH] = bytes.length
    copyBytes(bytes, this.#text, 0)
    Atomics.add(this.#ints, VERSION, 1)
  }

  /** The text, where the note is about this number. */
  readNote(number: number): string | undefined {
    const last = this.last()
    return last?.number === number ? last.text : undefined
  }

  /** What was noted last; undefined where nothing was, or it cannot be read for all that is written. */
  last(): {readonly number: number; readonly text: string} | undefined {
    const copy = Buffer.alloc(TEXT_BYTES)
    for (let looks = 0; looks < LOOKS; looks++) {
      const version = Atomics.load(this.#ints, VERSION)
      if (version % 2 !== 0) continue
      const number = this.#ints[NUMBER]!
      const length = this.#ints[LENGTH]!
      copyBytes(this.#text.subarray(0, length), copy, 0)
      if (Atomics.add(this.#ints, VERSION, 0) !== version) continue
      return version === 0 ? undefined : {number, text: copy.toString('utf8', 0, length)}
    }
    return undefined
  }
}

import {CHUNK_BYTES} from '../log/find-intact.ts'
import type {StorageFile} from '../log/storage.ts'
import {headerProblem} from '../record/batch-check.ts'
import {BATCH, batchSize} from '../record/record-batch.ts'

/** The stretch of a segment file that is at hand: read far at a time, and as far as a batch is long. */
export class FileWindow {
  bytes = new Uint8Array(CHUNK_BYTES)
  view = new DataView(this.bytes.buffer)
  length = 0
  #start = 0

  /**
   * Brings the whole batch at `position` to hand, as far as its header can be believed and the file goes, and returns where in
   * `bytes` it starts. From one call to the next the position only grows, or `forget` comes between them.
   */
  show(file: StorageFile, position: number): number {
    if (this.#start + this.length - position < BATCH.records) this.#fill(file, position)
    const at = position - this.#start
    if (this.length - at < BATCH.records || !isHeader(this.view, at)) return at
    const wanted = batchSize(this.view, at)
    if (wanted <= this.length - at || position + wanted > file.size()) return at
    if (wanted > this.bytes.length) {
      this.bytes = new Uint8Array(wanted)
      this.view = new DataView(this.bytes.buffer)
    }
    this.#fill(file, position)
    return 0
  }

  /** What is at hand may not be in the file any more, or there may be more of it. */
  forget(): void {
    this.#start = 0
    this.length = 0
  }

  #fill(file: StorageFile, position: number): void {
    this.#start = position
    this.length = file.read(this.bytes, 0, this.bytes.length, position)
  }
}

function isHeader(view: DataView, at: number): boolean {
  return headerProblem(view, at, Number.POSITIVE_INFINITY) === undefined
}

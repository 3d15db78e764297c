import {readInt64} from '../../engine/bytes/int64.ts'
import {ATTRIBUTES, BATCH, lastOffset} from '../../engine/record/record-batch.ts'
import type {RecordWalker} from '../../engine/record/record-walker.ts'
import type {BatchCursor} from '../../engine/view/batch-cursor.ts'
import {openRecords} from '../open-view.ts'
import type {Output} from '../output.ts'
import {isLoss, offsets, troubleText} from './trouble.ts'

export interface Reading {
  readonly cursor: BatchCursor
  /** Records from here on, */
  readonly from: number
  /** and below this offset. */
  readonly limit: number
  readonly out: Output
  readonly show: (walker: RecordWalker) => void
  readonly warn: (text: string) => void
  readonly onBatch?: (bytes: number) => void
}

/**
 * Shows the records that are there as a consumer sees them, without those of control batches. What is damaged is told, and passed over. Returns
 * from `run` at the limit, at the end of what there is (then it may be run again), or when nobody reads the output any more.
 */
export class RecordReading {
  isDone = false
  /** Records were lost to damage, or could not be read. */
  hasLost = false
  readonly #reading: Reading
  readonly #records = openRecords()

  constructor(reading: Reading) {
    this.#reading = reading
  }

  async run(): Promise<void> {
    const {cursor, limit, out} = this.#reading
    while (!this.isDone) {
      if (cursor.nextOffset >= limit) this.isDone = true
      const step = this.isDone ? undefined : cursor.next()
      if (step === undefined || step.kind === 'end') break
      if (step.kind === 'batch') this.#showBatch()
      else {
        if (isLoss(step)) this.hasLost = true
        this.#reading.warn(troubleText(step))
      }
      if (!out.isFull) continue
      await out.flush()
      if (out.isClosed) this.isDone = true
    }
    await out.flush()
    if (out.isClosed) this.isDone = true
  }

  #showBatch(): void {
    const {cursor, from, limit, show, warn, onBatch} = this.#reading
    const {bytes, view, at} = cursor
    onBatch?.(cursor.position)
    if (view.getInt16(at + BATCH.attributes) & ATTRIBUTES.control) return
    const problem = this.#records.enter(bytes, view, at)
    const {walker} = this.#records
    if (problem === undefined) {
      while (walker.next()) if (walker.offset >= from && walker.offset < limit) show(walker)
    }
    const failed = problem ?? walker.problem
    if (failed === undefined) return
    this.hasLost = true
    warn(
      `${offsets(readInt64(view, at + BATCH.baseOffset), lastOffset(view, at) + 1)}: ${failed}; what follows is read`,
    )
  }
}

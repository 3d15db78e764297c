import {headerProblem} from '../record/batch-check.ts'
import {BATCH} from '../record/record-batch.ts'
import type {StorageFile} from './storage.ts'

/** The header at a position of a file; undefined where none is. */
export function readHeader(file: StorageFile, position: number): DataView | undefined {
  const header = new DataView(new ArrayBuffer(BATCH.records))
  const isWhole = file.read(new Uint8Array(header.buffer), 0, BATCH.records, position) === BATCH.records
  return isWhole && headerProblem(header, 0, Number.POSITIVE_INFINITY) === undefined ? header : undefined
}

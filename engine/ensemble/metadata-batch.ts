import {assert} from '../assert.ts'
import {BatchBuilder, recordSizeMax} from '../record/batch-builder.ts'
import {BATCH} from '../record/record-batch.ts'
import {RecordWalker} from '../record/record-walker.ts'
import type {MetadataChange} from './metadata.ts'

/** How far a metadata log goes: the epoch of its last batch, 0 where there is none, and the offset behind it. */
export interface Position {
  readonly epoch: number
  readonly end: number
}

const decoder = new TextDecoder()

export const NOTHING: Position = {epoch: 0, end: 0}

/**
 * What is appended, told to others, committed and cut as one: changes proposed in the same round. Its bounds are the same in every log,
 * so a cut never takes a batch apart. A change that is null only says that an epoch has begun.
 */
export interface MetadataBatch extends Position {
  readonly base: number
  readonly changes: readonly (MetadataChange | null)[]
}

/** Whether `a` goes further: what was committed is in the greatest log of any majority. */
export function isGreater(a: Position, b: Position): boolean {
  return a.epoch > b.epoch || (a.epoch === b.epoch && a.end > b.end)
}

export function isSame(a: Position, b: Position): boolean {
  return a.epoch === b.epoch && a.end === b.end
}

/** A record batch whose values are `contents` as JSON. */
export function encodeJson(contents: readonly unknown[], nowMs: number): Uint8Array {
  const values = contents.map(content => JSON.stringify(content))
  const bytes = values.reduce<number>((sum, value) => sum + recordSizeMax(null, value), BATCH.records)
  const builder = new BatchBuilder(bytes)
  for (const value of values) assert(builder.add(null, value, nowMs), 'a batch has room for what was measured')
  return builder.finish()
}

/** The values of the checked batch at `at`. */
export function decodeJson(bytes: Uint8Array, at: number): unknown[] {
  const walker = new RecordWalker(bytes)
  const contents: unknown[] = []
  walker.enter(at)
  while (walker.next()) {
    const value = bytes.subarray(walker.valueStart, walker.valueStart + walker.valueLength)
    contents.push(JSON.parse(decoder.decode(value)))
  }
  assert(walker.problem === undefined, 'a metadata batch holds records')
  return contents
}

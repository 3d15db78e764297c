/** What the owner of a dir has been told at some moment, and whether a dir that was opened later keeps to it. */
import assert from 'node:assert/strict'
import {readAll, type StoredBatch} from '../simulation/partition.ts'
import type {WholeDir} from '../simulation/whole-dir.ts'

export interface Promises {
  /** What was acknowledged as written, in order. */
  readonly batches: readonly StoredBatch[]
  /** What is on its way, being cut, or was refused: it may be there or not. */
  readonly perhaps: readonly StoredBatch[]
  /** Everything below was acknowledged as synced. */
  readonly synced: number
  /** Where a deletion that was asked for would have the log start, and where one that was answered has. */
  readonly startAsked: number
  readonly startAnswered: number
}

export const NOTHING_PROMISED: Promises = {batches: [], perhaps: [], synced: 0, startAsked: 0, startAnswered: 0}

export function writtenEnd({batches}: Promises): number {
  return batches.at(-1)?.nextOffset ?? 0
}

/** Holds a log to what was promised below `end`: written where the process ended, synced where the power went. */
export function checkPromises({partition, files, source}: WholeDir, promises: Promises, end: number): void {
  const {log} = partition.replica
  const {logStartOffset, logEndOffset} = log
  const {startAsked, startAnswered} = promises
  assert.ok(logEndOffset >= end, `the log ends at ${logEndOffset}, promised was ${end}`)
  assert.ok(logStartOffset <= startAsked, `the log starts at ${logStartOffset}, at most ${startAsked} was asked for`)
  assert.ok(logStartOffset >= startAnswered, `the log starts at ${logStartOffset}, deleted was below ${startAnswered}`)
  const known = [...promises.batches, ...promises.perhaps]
  for (const from of [files, source]) {
    let next: number | undefined
    for (const {baseOffset, nextOffset, bytes} of readAll(from, logStartOffset, logEndOffset)) {
      if (next === undefined) assert.ok(baseOffset <= logStartOffset, `nothing at the log start, ${logStartOffset}`)
      else assert.equal(baseOffset, next, 'offsets have no gap')
      const isKnown = known.some(batch => batch.baseOffset === baseOffset && batch.bytes.equals(bytes))
      assert.ok(isKnown, `what is at offset ${baseOffset} was never put there, or is gone for good`)
      next = nextOffset
    }
    assert.equal(next ?? logStartOffset, logEndOffset, 'a reader comes to the end')
  }
}

import {assert} from '../assert.ts'
import type {EnsembleBody} from './ensemble-letter.ts'
import type {Position} from './metadata-batch.ts'
import type {MetadataLog} from './metadata-log.ts'

type Append = EnsembleBody & {ensemble: 'append'}

/**
 * Makes a log what the holder says that it is from `previous` on: what is there already stays, what is another is cut, what is new is appended
 * and stored. Gives the end up to which both then are the same, or where the holder should go on instead.
 */
export function follow(log: MetadataLog, {previous, batches}: Append, committedEnd: number): number | {hint: Position} {
  if (!log.has(previous)) return {hint: previous.end < log.start.end ? log.start : log.floor(previous)}
  let last = previous
  for (const batch of batches) {
    if (!log.has(batch)) {
      if (log.last.end > last.end) {
        assert(last.end >= committedEnd, 'what was committed is never cut')
        log.truncateTo(last)
      }
      log.append(batch)
    }
    last = batch
  }
  log.sync()
  return last.end
}

import {ATTRIBUTES, BATCH, baseOffset, batchSize, maxTimestamp} from '../record/record-batch.ts'
import {RecordWalker} from '../record/record-walker.ts'
import {lookUpLargestTime, lookUpTime, type TimeEntry} from './index-lookup.ts'
import {LogReader, type LogSource} from './log-reader.ts'
import {segmentBases} from './segment-files.ts'

/** A record, as a look-up by time finds it. */
export interface TimedRecord {
  readonly offset: number
  readonly timestamp: number
  /** Leader epoch of its batch. */
  readonly leaderEpoch: number
}

/** Offset of the first record below `limit` whose timestamp is not less than `timestamp`, or undefined. */
export function offsetForTimestamp(source: LogSource, timestamp: number, limit: number): number | undefined {
  return recordForTimestamp(source, timestamp, limit)?.offset
}

/**
 * The first record below `limit` whose timestamp is not less than `timestamp`, or undefined (Kafka's ListOffsets
 * by time). Segments that are too old are passed over by their time index; within one, the index says where to start.
 */
export function recordForTimestamp(source: LogSource, timestamp: number, limit: number): TimedRecord | undefined {
  const reader = new LogReader(source)
  try {
    for (;;) {
      const start = source.logStartOffset()
      try {
        return lookUp(source, reader, {timestamp, start, limit})
      } catch (error) {
        // what was about to be read was deleted meanwhile: ask again of what is left
        if (source.logStartOffset() === start) throw error
      }
    }
  } finally {
    reader.close()
  }
}

interface Question {
  readonly timestamp: number
  readonly start: number
  readonly limit: number
}

function lookUp(source: LogSource, reader: LogReader, question: Question): TimedRecord | undefined {
  const {storage, dir} = source
  const {timestamp, start, limit} = question
  const bases = segmentBases((storage.list(dir) ?? []).map(entry => entry.name))
  for (const [i, base] of bases.entries()) {
    const next = bases[i + 1]
    if (next !== undefined && next <= start) continue
    // of the last segment, the index may not have the newest records yet
    const largest = next === undefined ? undefined : lookUpLargestTime(storage, dir, base)
    const below = {start, limit: Math.min(limit, next ?? limit)}
    if (largest !== undefined && largest.timestamp < timestamp && isBorneOut(reader, largest, below)) continue
    const entry = lookUpTime(storage, dir, base, timestamp)
    const from = entry !== undefined && isBorneOut(reader, entry, below) ? entry.offset : base
    const found = firstNotOlder(reader, Math.max(start, from), {timestamp, ...below})
    if (found !== undefined) return found
  }
  return undefined
}

/**
 * Whether an entry of a time index says what its batch does: the entries have no check of their own. One of a batch that cannot be read, or is
 * not there any more, may say anything.
 */
export function isBorneOut(reader: LogReader, entry: TimeEntry, {start, limit}: Omit<Question, 'timestamp'>): boolean {
  try {
    return (
      entry.offset >= start &&
      reader.read(entry.offset, limit) &&
      maxTimestamp(reader.view, reader.start) === entry.timestamp
    )
  } catch {
    return false
  }
}

/** Reads on from the batch that holds `from`; the record may lie before `from` within it. */
function firstNotOlder(reader: LogReader, from: number, {timestamp, start, limit}: Question): TimedRecord | undefined {
  for (let offset = from; reader.read(offset, limit); offset = reader.nextOffset) {
    const {view, bytes} = reader
    for (let at = reader.start; at < reader.end; at += batchSize(view, at)) {
      if (maxTimestamp(view, at) < timestamp) continue
      const leaderEpoch = view.getInt32(at + BATCH.leaderEpoch)
      // records within a compressed batch cannot be told apart here: the batch's first offset is at or before the record
      if (view.getInt16(at + BATCH.attributes) & ATTRIBUTES.codec)
        return {offset: Math.max(start, baseOffset(view, at)), timestamp: maxTimestamp(view, at), leaderEpoch}
      const walker = new RecordWalker(bytes)
      walker.enter(at)
      while (walker.next())
        if (walker.timestamp >= timestamp && walker.offset >= start)
          return {offset: walker.offset, timestamp: walker.timestamp, leaderEpoch}
    }
  }
  return undefined
}

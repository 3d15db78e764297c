import {ATTRIBUTES, BATCH, batchSize, lastOffset, maxTimestamp} from '../record/record-batch.ts'
import {RecordWalker} from '../record/record-walker.ts'
import {lookUpLargestTime} from './index-lookup.ts'
import {LogReader, type LogSource} from './log-reader.ts'
import {segmentBases} from './segment-files.ts'
import {isBorneOut, type TimedRecord} from './timestamp-lookup.ts'

/**
 * The record with the greatest timestamp below `limit`, the first of several, or undefined where there is none (Kafka's ListOffsets for MAX_TIMESTAMP). A segment whose time
 * index tells is not read, but for the batch it names; of the last one, what comes behind its newest entry is.
 */
export function newestRecord(source: LogSource, limit: number): TimedRecord | undefined {
  const reader = new LogReader(source)
  try {
    for (;;) {
      const start = source.logStartOffset()
      try {
        return newest(source, reader, {start, limit})
      } catch (error) {
        // what was about to be read was deleted meanwhile: ask again of what is left
        if (source.logStartOffset() === start) throw error
      }
    }
  } finally {
    reader.close()
  }
}

interface Bounds {
  readonly start: number
  readonly limit: number
}

/** A batch, by its last offset. */
interface Found {
  readonly offset: number
  readonly timestamp: number
}

function newest(source: LogSource, reader: LogReader, {start, limit}: Bounds): TimedRecord | undefined {
  const {storage, dir} = source
  const bases = segmentBases((storage.list(dir) ?? []).map(entry => entry.name))
  let best: Found | undefined
  for (const [i, base] of bases.entries()) {
    const next = bases[i + 1]
    if (next !== undefined && next <= start) continue
    const below = {start, limit: Math.min(limit, next ?? limit)}
    const entry = lookUpLargestTime(storage, dir, base)
    const isTold = entry !== undefined && isBorneOut(reader, entry, below)
    if (isTold && (best === undefined || entry.timestamp > best.timestamp)) best = entry
    // of the last segment, the index may not have the newest batches yet
    if (!isTold || next === undefined)
      best = newestBatch(reader, Math.max(start, isTold ? entry.offset + 1 : base), below, best)
  }
  return best === undefined ? undefined : recordOf(reader, best, {start, limit})
}

function newestBatch(reader: LogReader, from: number, {limit}: Bounds, known: Found | undefined): Found | undefined {
  let best = known
  for (let offset = from; reader.read(offset, limit); offset = reader.nextOffset) {
    const {view} = reader
    for (let at = reader.start; at < reader.end; at += batchSize(view, at)) {
      const timestamp = maxTimestamp(view, at)
      if (best === undefined || timestamp > best.timestamp) best = {timestamp, offset: lastOffset(view, at)}
    }
  }
  return best
}

/** The record that gave its batch the time; of a compressed one the last, for they cannot be told apart here. */
function recordOf(reader: LogReader, {offset, timestamp}: Found, {start, limit}: Bounds): TimedRecord {
  reader.read(offset, limit)
  const {view, bytes, start: at} = reader
  const leaderEpoch = view.getInt32(at + BATCH.leaderEpoch)
  if ((view.getInt16(at + BATCH.attributes) & ATTRIBUTES.codec) !== 0) return {offset, timestamp, leaderEpoch}
  const walker = new RecordWalker(bytes)
  walker.enter(at)
  while (walker.next())
    if (walker.timestamp >= timestamp && walker.offset >= start) return {offset: walker.offset, timestamp, leaderEpoch}
  // compaction, or a log start within the batch, has left others of it only
  return {offset, timestamp, leaderEpoch}
}

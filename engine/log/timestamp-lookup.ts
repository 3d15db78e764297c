import {ATTRIBUTES, BATCH, baseOffset, batchSize, maxTimestamp} from '../record/record-batch.ts'
import {RecordWalker} from '../record/record-walker.ts'
import {lookUpLargestTimestamp, lookUpOffsetBefore} from './index-lookup.ts'
import {LogReader, type LogSource} from './log-reader.ts'
import {segmentBases} from './segment-files.ts'

/**
 * Offset of the first record below `limit` whose timestamp is not less than `timestamp`, or undefined (Kafka's ListOffsets
 * by time). Segments that are too old are passed over by their time index; within one, the index says where to start.
 */
export function offsetForTimestamp(source: LogSource, timestamp: number, limit: number): number | undefined {
  const {storage, dir} = source
  const start = source.logStartOffset()
  const bases = segmentBases((storage.list(dir) ?? []).map(entry => entry.name))
  const reader = new LogReader(source)
  try {
    for (const [i, base] of bases.entries()) {
      const next = bases[i + 1]
      if (next !== undefined && next <= start) continue
      // of the last segment, the index may not have the newest records yet
      const largest = next === undefined ? undefined : lookUpLargestTimestamp(storage, dir, base)
      if (largest !== undefined && largest < timestamp) continue
      const from = Math.max(start, lookUpOffsetBefore(storage, dir, base, timestamp))
      const found = firstNotOlder(reader, from, Math.min(limit, next ?? limit), timestamp)
      if (found !== undefined) return found
    }
    return undefined
  } finally {
    reader.close()
  }
}

function firstNotOlder(reader: LogReader, from: number, end: number, timestamp: number): number | undefined {
  for (let offset = from; reader.read(offset, end); offset = reader.nextOffset) {
    const {view, bytes} = reader
    for (let at = reader.start; at < reader.end; at += batchSize(view, at)) {
      if (maxTimestamp(view, at) < timestamp) continue
      // records within a compressed batch cannot be told apart here: the batch's first offset is at or before the record
      if (view.getInt16(at + BATCH.attributes) & ATTRIBUTES.codec) return Math.max(from, baseOffset(view, at))
      const walker = new RecordWalker(bytes)
      walker.enter(at)
      while (walker.next()) if (walker.timestamp >= timestamp && walker.offset >= from) return walker.offset
    }
  }
  return undefined
}

import {SUFFIX, segmentFile} from '../../engine/log/segment-files.ts'
import type {LogView} from '../../engine/view/log-view.ts'
import type {LogOwner} from '../open-view.ts'
import {KEYS_MAX, type RecordCounts} from './record-counts.ts'

export type Facts = ReturnType<typeof factsOf>

/** What is told of a log: these are the fields of the JSON. Times are ms since 1970; what there is none of is null. */
export function factsOf(
  found: {
    view: LogView
    name: string
    bases: readonly number[]
    counts: RecordCounts
    damage: string[]
    owner: LogOwner | undefined
  },
  ends: {start: number; end: number; syncedEnd: number; tornBytes: number},
) {
  const {view, name, bases, counts, damage, owner} = found
  const {records, batches, keyed} = counts
  const bytesOf = (suffix: typeof SUFFIX.index | typeof SUFFIX.timeIndex | typeof SUFFIX.log) =>
    bases.reduce((sum, base) => sum + (view.storage.stat(segmentFile(view.dir, base, suffix))?.size ?? 0), 0)
  const logBytes = bytesOf(SUFFIX.log)
  const average = (sum: number, count: number) => (count === 0 ? null : Math.round((10 * sum) / count) / 10)
  return {
    name,
    dir: view.dir,
    owner: owner ?? null,
    closedCleanly: view.wasClosed(),
    logStartOffset: ends.start,
    logEndOffset: ends.end,
    syncedEnd: ends.syncedEnd,
    tornBytes: ends.tornBytes,
    segments: bases.length,
    logBytes,
    indexBytes: bytesOf(SUFFIX.index) + bytesOf(SUFFIX.timeIndex),
    batches,
    records,
    firstTimestamp: records > counts.unread ? counts.firstTimestamp : null,
    lastTimestamp: records > counts.unread ? counts.lastTimestamp : null,
    averageBatchBytes: average(logBytes, batches),
    averageBatchRecords: average(records, batches),
    averageRecordBytes: average(logBytes, records),
    averageKeyBytes: average(counts.keyBytes, keyed),
    averageValueBytes: average(counts.valueBytes, records - counts.unread - counts.nullValues),
    keyedRecords: keyed,
    distinctKeys: counts.keys.size,
    distinctKeysAreMore: counts.keys.size === KEYS_MAX,
    nullValues: counts.nullValues,
    recordsWithHeaders: counts.withHeaders,
    compressedRecordsNotRead: counts.unread,
    codecsNotRead: [...counts.unreadCodecs],
    damage,
  }
}

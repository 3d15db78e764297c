import {SUFFIX, segmentFile} from '../../engine/log/segment-files.ts'
import {ATTRIBUTES, BATCH} from '../../engine/record/record-batch.ts'
import type {BatchCursor} from '../../engine/view/batch-cursor.ts'
import type {BatchRecords} from '../../engine/view/batch-records.ts'
import type {LogView} from '../../engine/view/log-view.ts'
import {EXIT} from '../failure.ts'
import {type LogOwner, openRecords, openView} from '../open-view.ts'
import {Output} from '../output.ts'
import {paintFor} from '../paint.ts'
import {countText, sizeText, timeText} from '../text.ts'
import {ownerText} from './owner-text.ts'
import {ReadProgress} from './read-progress.ts'
import {isLoss, troubleText} from './trouble.ts'

export interface StatsOptions {
  readonly topic?: string
  readonly json?: boolean
}

/** Keys told apart: beyond it, there are at least so many. */
const KEYS_MAX = 100_000

/** What gathers while the records are read. */
class Counts {
  batches = 0
  records = 0
  firstTimestamp = Number.POSITIVE_INFINITY
  lastTimestamp = Number.NEGATIVE_INFINITY
  keyed = 0
  keyBytes = 0
  valueBytes = 0
  nullValues = 0
  withHeaders = 0
  unread = 0
  readonly keys = new Set<string>()

  take(cursor: BatchCursor, records: BatchRecords): void {
    const {bytes, view, at} = cursor
    this.batches++
    if (view.getInt16(at + BATCH.attributes) & ATTRIBUTES.control) return
    const count = view.getInt32(at + BATCH.recordCount)
    if (records.enter(bytes, view, at) !== undefined) {
      this.records += count
      this.unread += count
      return
    }
    const {walker} = records
    while (walker.next()) {
      this.records++
      if (walker.timestamp < this.firstTimestamp) this.firstTimestamp = walker.timestamp
      if (walker.timestamp > this.lastTimestamp) this.lastTimestamp = walker.timestamp
      if (walker.headerCount > 0) this.withHeaders++
      if (walker.valueLength < 0) this.nullValues++
      else this.valueBytes += walker.valueLength
      if (walker.keyLength < 0) continue
      this.keyed++
      this.keyBytes += walker.keyLength
      if (this.keys.size < KEYS_MAX) {
        const key = Buffer.from(walker.bytes.buffer, walker.bytes.byteOffset + walker.keyStart, walker.keyLength)
        this.keys.add(key.toString('latin1'))
      }
    }
  }
}

/** `odradek log stats`. Returns the exit code: damage that stands in the way of reading is a failure. */
export async function stats(dir: string, options: StatsOptions): Promise<number> {
  const {view, name, owner} = await openView(dir, options)
  const {offset: end, torn} = view.end()
  const bases = view.bases()
  const start = view.logStartOffset()
  const cursor = view.cursor(Math.min(start, end))
  const progress = new ReadProgress('reading', view)
  const counts = new Counts()
  const records = openRecords()
  const damage: string[] = []
  try {
    while (cursor.nextOffset < end) {
      const step = cursor.next()
      if (step.kind === 'end') break
      if (step.kind === 'batch') counts.take(cursor, records)
      else if (isLoss(step)) damage.push(troubleText(step))
      progress.at(cursor.baseOffset, cursor.position)
    }
  } finally {
    progress.end()
    cursor.close()
  }
  const facts = factsOf({view, name, bases, counts, damage, owner: owner()}, {start, end, tornBytes: torn?.length ?? 0})
  const out = new Output()
  if (options.json) out.object(facts)
  else for (const line of lines(facts)) out.line(line)
  await out.flush()
  return damage.length === 0 ? EXIT.fine : EXIT.failed
}

type Facts = ReturnType<typeof factsOf>

function factsOf(
  found: {
    view: LogView
    name: string
    bases: readonly number[]
    counts: Counts
    damage: string[]
    owner: LogOwner | undefined
  },
  ends: {start: number; end: number; tornBytes: number},
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
    syncedEnd: view.syncedEnd(),
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
    damage,
  }
}

function* lines(facts: Facts): Generator<string> {
  const paint = paintFor(process.stdout)
  const row = (name: string, text: string) => `  ${name.padEnd(9)} ${text}`
  const {records, batches, segments, keyedRecords: keyed} = facts
  yield `${paint.bold(facts.name)} in ${facts.dir}`
  const state = facts.owner === null && !facts.closedCleanly ? ', was not closed: the next opening recovers it' : ''
  yield row('owner', `${ownerText(facts.owner ?? undefined)}${state}`)
  yield row('offsets', `[${facts.logStartOffset}, ${facts.logEndOffset}), synced up to ${facts.syncedEnd}`)
  yield row('segments', `${segments}, ${sizeText(facts.logBytes)} and ${sizeText(facts.indexBytes)} of indexes`)
  if (facts.tornBytes > 0) yield row('', `${facts.tornBytes} bytes behind the end: being written, or a torn tail`)
  const {averageBatchBytes, averageBatchRecords, averageRecordBytes, averageValueBytes, averageKeyBytes} = facts
  yield row('records', `${records} in ${countText(batches, 'batch', 'batches')}`)
  if (facts.firstTimestamp !== null && facts.lastTimestamp !== null)
    yield row('time', `${timeText(facts.firstTimestamp)} to ${timeText(facts.lastTimestamp)}`)
  if (records > 0) {
    yield row('batch', `${averageBatchRecords} records and ${averageBatchBytes} bytes on average`)
    yield row('record', `${averageRecordBytes} bytes on average, the value ${averageValueBytes ?? 'null'}`)
    const distinct = `${facts.distinctKeysAreMore ? 'at least ' : ''}${countText(facts.distinctKeys, 'key')}`
    yield row(
      'keys',
      keyed === 0 ? 'none' : `${countText(keyed, 'record')} with ${distinct} of ${averageKeyBytes} bytes on average`,
    )
    yield row('values', `${facts.nullValues} null; ${countText(facts.recordsWithHeaders, 'record')} with headers`)
  }
  if (facts.compressedRecordsNotRead > 0)
    yield row(
      '',
      `${facts.compressedRecordsNotRead} records are compressed with a codec that is not at hand, and were only counted`,
    )
  for (const text of facts.damage) yield row('damage', paint.red(text))
}

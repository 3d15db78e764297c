import type {Paint} from '../paint.ts'
import {countText, sizeText, timeText} from '../text.ts'
import type {Facts} from './facts.ts'
import {ownerText} from './owner-text.ts'

/** The facts for people, a line each. */
export function* factLines(facts: Facts, paint: Paint): Generator<string> {
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
      `${countText(facts.compressedRecordsNotRead, 'record')} compressed with ${facts.codecsNotRead.join(' and ')} cannot be read here, only counted`,
    )
  for (const text of facts.damage) yield row('damage', paint.red(text))
}

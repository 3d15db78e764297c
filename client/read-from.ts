import {OdradekError} from '../engine/errors.ts'
import {checkOptions, checkSignal, describe} from './arguments.ts'
import type {ReaderOptions, ReadFrom} from './reader.ts'

/** What of a log tells where a reader may start. */
interface Bounds {
  readonly logStartOffset: number
  offsetForTimestamp(timestamp: number): number | undefined
}

/** The offset a reader of `log` starts at whose sight ends at `end`. Throws INVALID_ARGUMENT, and OFFSET_OUT_OF_RANGE for an offset outside the log. */
export function resolveFrom(log: Bounds, from: ReadFrom, end: number): number {
  const start = log.logStartOffset
  if (from === 'earliest') return start
  if (from === 'latest') return Math.max(start, end)
  if (typeof from === 'number') {
    if (!Number.isSafeInteger(from) || from < 0)
      throw new OdradekError('INVALID_ARGUMENT', `an offset is a whole number from 0, not ${describe(from)}`)
    if (from < start || from > end)
      throw new OdradekError('OFFSET_OUT_OF_RANGE', `asked for offset ${from}, the log is [${start}, ${end})`)
    return from
  }
  if (typeof from === 'object' && from !== null && 'timestamp' in from)
    return Math.min(log.offsetForTimestamp(from.timestamp) ?? end, Math.max(start, end))
  if (typeof from === 'object' && from !== null && 'last' in from) {
    if (!Number.isSafeInteger(from.last) || from.last < 0)
      throw new OdradekError('INVALID_ARGUMENT', `last is a whole number from 0, not ${describe(from.last)}`)
    return Math.max(start, end - from.last)
  }
  throw new OdradekError(
    'INVALID_ARGUMENT',
    `from is 'earliest', 'latest', an offset, {timestamp} or {last}, not ${describe(from)}`,
  )
}

export function checkReaderOptions(options: ReaderOptions): void {
  checkOptions('reader', options, ['from', 'follow', 'level', 'signal'])
  const {level = 'written', follow = false, signal} = options
  if (level !== 'written' && level !== 'synced')
    throw new OdradekError('INVALID_ARGUMENT', `level is 'written' or 'synced', not ${describe(level)}`)
  if (typeof follow !== 'boolean')
    throw new OdradekError('INVALID_ARGUMENT', `follow is true or false, not ${describe(follow)}`)
  checkSignal(signal)
}

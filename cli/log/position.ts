import {OdradekError} from '../../engine/errors.ts'
import type {LogView} from '../../engine/view/log-view.ts'
import type {Position} from '../arguments.ts'

/** The offset a position means in a log that ends at `end` now. Throws OFFSET_OUT_OF_RANGE for an offset outside the log. */
export function resolvePosition(view: LogView, position: Position, end: number): number {
  const start = Math.min(view.logStartOffset(), end)
  if (position === 'earliest') return start
  if (position === 'latest') return end
  if ('last' in position) return Math.max(start, end - position.last)
  if ('timestamp' in position) return view.offsetForTimestamp(position.timestamp, end) ?? end
  const {offset} = position
  if (offset < start || offset > end)
    throw new OdradekError('OFFSET_OUT_OF_RANGE', `asked for offset ${offset}, the log is [${start}, ${end})`)
  return offset
}

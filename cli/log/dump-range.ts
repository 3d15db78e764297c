import type {LogView} from '../../engine/view/log-view.ts'
import {EXIT} from '../failure.ts'
import type {Terminal} from '../terminal.ts'

/** Offsets that a dump was asked for. */
export interface DumpRange {
  readonly from?: number
  readonly to?: number
}

export function isRange({from, to}: DumpRange): boolean {
  return from !== undefined || to !== undefined
}

/** What was asked for is not there: says so, and returns the exit code. */
export function tellNothing(view: LogView, {from = 0, to}: DumpRange, terminal: Terminal): number {
  const asked = to === undefined ? `from offset ${from} on` : `at offsets [${from}, ${to})`
  const log = `[${view.logStartOffset()}, ${view.end().offset})`
  terminal.stderr.write(`odradek: there is nothing ${asked}; the log is ${log}\n`)
  return EXIT.failed
}

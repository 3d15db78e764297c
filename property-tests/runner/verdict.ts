/**
 * What one test file's process did, judged from its output and the way it ended. uvu closes with a summary; a file
 * without one, with no test in it, or with an exit code that contradicts its summary counts as one failed test,
 * so that nothing can go green by not running.
 */
import {SKIP_MARK} from './skip.ts'

export interface Ending {
  readonly code: number | null
  readonly signal: string | null
  readonly timedOut: boolean
}

export interface Verdict {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  /** Why tests were skipped: `name: reason`. */
  readonly reasons: readonly string[]
  /** What went wrong besides failed assertions. */
  readonly trouble: string | undefined
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes begin with one
const COLOURS = /\u001b\[[0-9;]*m/g
const SUMMARY = /^ *Total: +(\d+)\r?\n *Passed: +(\d+)\r?\n *Skipped: +(\d+)/gm

export function judge(rawOutput: string, ending: Ending): Verdict {
  const output = rawOutput.replace(COLOURS, '')
  const reasons = output.split('\n').flatMap(line => (line.startsWith(SKIP_MARK) ? [line.slice(SKIP_MARK.length)] : []))
  const summary = [...output.matchAll(SUMMARY)].at(-1)
  if (summary === undefined) {
    return {passed: 0, failed: 1, skipped: 0, reasons, trouble: `${howItEnded(ending)}, without a summary`}
  }
  const [total, passed, skipped] = summary.slice(1).map(Number) as [number, number, number]
  const failed = total - passed
  const trouble = troubleDespiteSummary({total, failed, reasons: reasons.length}, ending)
  return {passed, failed: trouble === undefined ? failed : Math.max(1, failed), skipped, reasons, trouble}
}

function troubleDespiteSummary(
  counts: {total: number; failed: number; reasons: number},
  ending: Ending,
): string | undefined {
  if (ending.timedOut) return 'its tests ended, but something kept the process alive until the time limit'
  if (counts.total === 0 && counts.reasons === 0) return 'ran no test'
  if (counts.failed === 0 && ending.code !== 0) return `${howItEnded(ending)}, though its summary shows no failure`
  return undefined
}

function howItEnded({code, signal, timedOut}: Ending): string {
  if (timedOut) return 'timed out'
  return signal === null ? `exit code ${code}` : `killed by ${signal}`
}
